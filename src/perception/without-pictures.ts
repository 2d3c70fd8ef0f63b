import { registerHooks } from 'node:module'

/**
 * Spares this thread what the models' library reads pictures with, a native library of its own: no picture comes here. To be
 * called before that library is loaded, which needs something in its place.
 */
export const withoutPictures = (): void => {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'sharp' ? { url: standIn, shortCircuit: true } : next(specifier, context),
  })
}

const standIn = 'data:text/javascript,export default () => { throw new Error("Pictures are not read here.") }'

import { inspect } from 'node:util'
import type { SecretText } from '../contract/provider.ts'

const mask = '[secret]'

/** A secret that only `reveal` shows: printed, inspected, spread or written as JSON it is `[secret]`. */
export const createSecret = (value: string): SecretText =>
  Object.defineProperties(
    { reveal: () => value },
    {
      toString: { value: () => mask },
      toJSON: { value: () => mask },
      [inspect.custom]: { value: () => mask },
    },
  )

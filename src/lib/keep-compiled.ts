import { enableCompileCache } from 'node:module'
import path from 'node:path'

/**
 * Keeps what Node makes of the sources from one start to the next: making it is a good part of a start. It holds for modules
 * that are loaded later, and for the thread that calls it. A folder that cannot be written to costs that time only.
 */
export const keepCompiled = (): void => {
  enableCompileCache(path.join(import.meta.dirname, '../../node_modules/.cache/compiled'))
}

import { enableCompileCache } from 'node:module'
import path from 'node:path'

// What Node makes of the sources is kept from one start to the next: making it is a good part of a start. Imported
// only then, because it holds for modules that are loaded later. A folder that cannot be written to costs that time only.
enableCompileCache(path.join(import.meta.dirname, '../node_modules/.cache/compiled'))
const [{ createProgram }, { printFailure }] = await Promise.all([
  import('./cli/program.ts'),
  import('./cli/print-failure.ts'),
])

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = printFailure(error)
}

import { keepCompiled } from './lib/keep-compiled.ts'

// Before anything else is loaded.
keepCompiled()
const [{ createProgram }, { printFailure }] = await Promise.all([
  import('./cli/program.ts'),
  import('./cli/print-failure.ts'),
])

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = printFailure(error)
}

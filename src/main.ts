import { createProgram } from './cli/program.ts'
import { printFailure } from './cli/print-failure.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = printFailure(error)
}

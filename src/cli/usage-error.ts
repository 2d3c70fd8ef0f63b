/** The command was called in a way that it cannot run. Its message never repeats an argument: one may be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

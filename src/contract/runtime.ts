/** What tests replace: time, chance and the log. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number
}

/** A number in [0, 1). */
export type Random = () => number

type LogMethod = (fields: object, message: string) => void

/** Structured log. Fields never hold prompts, answers or secrets. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

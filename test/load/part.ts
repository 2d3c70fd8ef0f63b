/** How much a part does. What a part has no use for it ignores. */
export interface Size {
  /** Streams at a time. */
  streams: number
  /** Pieces of each stream. */
  frames: number
  requests: number
  /** Requests at a time. */
  callers: number
  seconds: number
  /** Requests a second. */
  rate: number
  /** Times that the gateway is killed. */
  rounds: number
  /** Streams that go on for longer than a stopping gateway lets them. */
  outlasting: number
  /** How long a stopping gateway lets running requests go on. */
  drainMs: number
}

/** `smoke` is for the test suite, `long` for `--long`. */
export type Form = 'smoke' | 'short' | 'long'

export interface Verdict {
  /** What was wrong, a sentence each; empty: ok. */
  faults: readonly string[]
  figures: Readonly<Record<string, number | string>>
}

/** One thing that load may break, and the proof that it does not. */
export interface Part {
  name: string
  /** What an empty list of faults means. */
  proves: string
  /** What it takes from the command line, and how much of it without a word. */
  forms: Readonly<Record<Form, Partial<Size>>>
  run(size: Size): Promise<Verdict>
}

import type { Door } from './ask.ts'

/** A gateway that is put to the test, with two deployments of one model behind it. */
export interface Contender extends AsyncDisposable {
  name: string
  version: string
  /** Rows of the sandbox that are its two deployments, in the order in which it should use them. */
  rows: readonly [string, string]
  /** Opens a door of a gateway that remembers nothing of earlier faults. */
  open(): Promise<Door & AsyncDisposable>
}

/** How its two deployments are told apart in the sandbox. */
export const rowsOf = (name: string): [string, string] => [`${name}-first`, `${name}-second`]

/** What can be asked of a contender. `hit` is an answer that a cache already has. */
export const deeds = ['plain', 'stream', 'hit'] as const
export type Deed = (typeof deeds)[number]

/** Where and how a deed is asked for, in whole HTTP/1.1 requests. */
export interface Door {
  url: string
  /** The next request's bytes: never the same question twice, but for `hit`. */
  request(): string
  /** A reply without it is none. */
  mustHold: string
}

/** One way from a caller to the upstream. */
export interface Contender extends AsyncDisposable {
  name: string
  /** Null where nothing stands between. */
  pid: number | null
  doors: Partial<Record<Deed, Door>>
}

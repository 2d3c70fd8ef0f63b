import { z } from 'zod'

/** What the instances of one gateway tell each other. Each hears what the others say, in one order, and nothing of its own. */
export interface News<Message> {
  /** Never waits, and never throws: what cannot be sent now is sent later, as far as there is room for it. */
  tell(message: Message): void
  /** Hears what was told before, as far as it is still there, and then each message as it comes. Once. */
  follow(listener: NewsListener<Message>): void
  facts(): NewsFacts
}

export interface NewsListener<Message> {
  /** The next message waits for this one. What it throws is counted, and its message passed over. */
  heard(message: Message): void | Promise<void>
  /** Messages went before they could be heard; what is still there follows. */
  missed?(): void | Promise<void>
}

/** Since the start, but for what holds now. */
export interface NewsFacts {
  told: number
  heard: number
  /** Not told: there was no room while the others were out of reach, or it was too large. */
  dropped: number
  /** Not understood: from another version, under another key, or from nobody of ours. */
  skipped: number
  /** Wait to be told. */
  waiting: number
  /** Everything that is there has been heard. */
  isCaughtUp: boolean
  /** How old the oldest message may be that was not heard. */
  lagMs: number
}

const deployment = z.string().min(1).max(300)

/** What one instance learnt about a provider for all. */
export const healthNews = z.discriminatedUnion('kind', [
  /** It failed: nobody calls it until then. */
  z.object({
    kind: z.literal('failed'),
    deployment,
    untilMs: z.int().nonnegative(),
    reason: z.string().max(300),
  }),
  /** It answers again. */
  z.object({ kind: z.literal('recovered'), deployment }),
])
export type HealthNews = z.infer<typeof healthNews>

/** What one instance does for all of them. */
export interface Turns {
  /** Takes it, unless another has it: then `theirsForMs` says how long he keeps it unless he is heard of. Never throws. */
  take(name: string): Promise<Turn | { theirsForMs: number }>
}

/** Kept as long as this process lives, and until it is over. */
export interface Turn {
  over(): void
}

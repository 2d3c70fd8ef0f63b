import type { Clock } from '../contract/runtime.ts'
import type { Segment } from './count-input.ts'
import { hashText } from './hash.ts'

/** Input tokens that a provider's prompt cache spared or took up. */
export interface CachedInput {
  read: number
  write5m: number
  write1h: number
}

const lifeMs = { '5m': 5 * 60_000, '1h': 60 * 60_000 }
/** Anthropic caches nothing shorter than this (its larger models; some small ones ask for more). */
const minTokens = 1024
const maxPrefixes = 10_000

/**
 * A provider's prompt cache: remembers prefixes of prompts up to the breakpoints that callers set, by content and model.
 * A later prompt reads the longest prefix that it shares with an earlier one, which also renews its life.
 */
export const createPrefixCache = (clock: Clock): { use(model: string, segments: readonly Segment[]): CachedInput } => {
  const prefixes = new Map<string, { life: '5m' | '1h'; untilMs: number }>()

  const remember = (key: string, life: '5m' | '1h', nowMs: number): void => {
    prefixes.delete(key)
    prefixes.set(key, { life, untilMs: nowMs + lifeMs[life] })
    const oldest = prefixes.keys().next()
    if (prefixes.size > maxPrefixes && oldest.done !== true) prefixes.delete(oldest.value)
  }

  return {
    use(model, segments) {
      const used: CachedInput = { read: 0, write5m: 0, write1h: 0 }
      const end = segments.findLastIndex(({ breakpoint }) => breakpoint !== null)
      if (end < 0) return used

      const nowMs = clock.now()
      const marks: { key: string; tokens: number; life: '5m' | '1h' }[] = []
      let key = model
      let tokens = 0
      for (const segment of segments.slice(0, end + 1)) {
        key = hashText(key, segment.text)
        tokens += segment.tokens
        const known = prefixes.get(key)
        if (known !== undefined && known.untilMs > nowMs) {
          used.read = tokens
          remember(key, known.life, nowMs)
        }
        if (segment.breakpoint !== null) marks.push({ key, tokens, life: segment.breakpoint })
      }

      let from = used.read
      for (const mark of marks) {
        if (mark.tokens < minTokens || mark.tokens <= used.read) continue
        if (mark.life === '1h') used.write1h += mark.tokens - from
        else used.write5m += mark.tokens - from
        from = mark.tokens
        remember(mark.key, mark.life, nowMs)
      }
      return used
    },
  }
}

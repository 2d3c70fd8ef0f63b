import type { Quota } from '../../contract/provider.ts'

/**
 * What a reply's headers say is left of the provider's limits. They name limits in several orders of words:
 * `x-ratelimit-remaining-requests` (OpenAI, Groq, xAI), `anthropic-ratelimit-input-tokens-remaining`,
 * `x-ratelimit-remaining-tokens-minute` (Cerebras), or plain `x-ratelimit-remaining` (OpenRouter, of requests). A limit
 * that does not say when there is more of it says nothing that could be waited for.
 */
export const readQuotas = (headers: Readonly<Record<string, string>>, nowMs: number): Quota[] => {
  const said = new Map<string, { limit?: number; remaining?: number; resetsAtMs?: number }>()
  for (const [header, text] of Object.entries(headers)) {
    const words = /^(?:x|anthropic)-ratelimit-(?<words>[\w-]+)$/.exec(header)?.groups?.['words']?.split('-') ?? []
    const fact = facts.find((word) => words.includes(word))
    if (fact === undefined) continue
    const name = words.filter((word) => word !== fact).join('-')
    const known = said.get(name) ?? {}
    said.set(name, known)
    if (fact !== 'reset' && /^\d+(\.\d+)?$/.test(text)) known[fact] = Number(text)
    const resetsAtMs = fact === 'reset' ? momentOf(text, nowMs) : undefined
    if (resetsAtMs !== undefined) known.resetsAtMs = resetsAtMs
  }
  return [...said].flatMap(([name, { limit = null, remaining, resetsAtMs }]) =>
    remaining === undefined || resetsAtMs === undefined
      ? []
      : [{ unit: name.includes('token') ? 'tokens' : 'requests', remaining, limit, resetsAtMs } as const],
  )
}

const facts = ['remaining', 'limit', 'reset'] as const

/** What is further ahead is no limit that anybody waits for, but a mistake. */
const longestMs = 86_400_000
/** Numbers above it are seconds since 1970, not seconds from now: nobody's limit begins anew in thirty years. */
const secondsFrom1970 = 1e9
const millisecondsFrom1970 = 1e12

/** `1s`, `6m0s`, `120ms` from now; a number of seconds from now, or of seconds or milliseconds since 1970; RFC 3339. */
const momentOf = (text: string, nowMs: number): number | undefined => {
  const atMs = durationMs(text, nowMs) ?? numberMs(text, nowMs) ?? dateMs(text)
  return atMs === undefined || atMs > nowMs + longestMs ? undefined : atMs
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

const durationMs = (text: string, nowMs: number): number | undefined => {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)) return undefined
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)
  return (
    nowMs + Math.ceil([...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0))
  )
}

const numberMs = (text: string, nowMs: number): number | undefined => {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined
  const number = Number(text)
  if (number >= millisecondsFrom1970) return number
  return number >= secondsFrom1970 ? number * 1000 : nowMs + Math.ceil(number * 1000)
}

const dateMs = (text: string): number | undefined => {
  const atMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

import type { Json } from '../../contract/json.ts'
import { listOf, objectOf, textOf } from '../shape.ts'

const dayMs = 24 * 60 * 60 * 1000

/**
 * How long a provider asks to be left alone, in milliseconds, at most a day: `retry-after-ms` (OpenAI, Azure), then
 * `retry-after` in seconds or as an HTTP date (RFC 9110 §10.2.3), then Google's `RetryInfo` in the error's details, whose
 * delay of seconds holds for a minute's quota and not for a day's. Undefined where it says nothing that can be understood.
 */
export const readRetryAfterMs = (
  headers: Readonly<Record<string, string>>,
  error: Json | undefined,
  nowMs: number,
): number | undefined => {
  const waitMs =
    decimal(headers['retry-after-ms'], 1) ??
    decimal(headers['retry-after'], 1000) ??
    untilDate(headers['retry-after'], nowMs) ??
    dailyQuotaMs(error, nowMs) ??
    retryInfoMs(error)
  return waitMs === undefined ? undefined : Math.min(Math.max(0, Math.ceil(waitMs)), dayMs)
}

const decimal = (text: string | undefined, unitMs: number): number | undefined =>
  text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * unitMs : undefined

const untilDate = (text: string | undefined, nowMs: number): number | undefined => {
  // Date.parse is generous: only what carries a month's name is an HTTP date, in any of its three forms.
  if (text === undefined || !/[A-Z][a-z]{2}/.test(text)) return undefined
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : atMs - nowMs
}

const retryInfoMs = (error: Json | undefined): number | undefined => {
  for (const detail of listOf(objectOf(error)?.details)) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(textOf(objectOf(detail)?.retryDelay))?.[1]
    if (seconds !== undefined) return Number(seconds) * 1000
  }
  return undefined
}

/** A day's quota at Google begins anew at midnight Pacific time (on the two days that the clocks change, an hour off). */
const dailyQuotaMs = (error: Json | undefined, nowMs: number): number | undefined => {
  const violations = listOf(objectOf(error)?.details).flatMap((detail) => listOf(objectOf(detail)?.violations))
  if (!violations.some((violation) => textOf(objectOf(violation)?.quotaId).includes('PerDay'))) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = pacificTime.format(nowMs).split(':').map(Number)
  return dayMs - ((hours * 60 + minutes) * 60 + seconds) * 1000
}

const pacificTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/Los_Angeles',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

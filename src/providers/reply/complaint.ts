import type { Json, JsonObject } from '../../contract/json.ts'
import { listOf, objectOf, parseJson, textOf } from '../shape.ts'

/** What a provider says is wrong, whatever shape it says it in. Empty where it says nothing. */
export interface Complaint {
  message: string
  /** Its own words for the kind of error: type and code, in lower case, for matching only. */
  kind: string
  param: string | undefined
  /** A status that the body names: OpenRouter's and Google's `code`, Mistral's `raw_status_code`. */
  status: number | undefined
  /** OpenRouter names the input that its moderation refused. */
  isModeration: boolean
  /** The object that was read, for what only one provider says. */
  source: Json | undefined
}

const longestMessage = 500

/** Reads the body of an error reply: JSON of any known shape, or plain text. A web page says nothing to a caller. */
export const readComplaintText = (body: string): Complaint => {
  const value = parseJson(body)
  if (value !== undefined) return readComplaint(value)
  const isPage = /^\s*<|<html|<!doctype/i.test(body)
  return { ...silent, message: isPage ? '' : tidy(body) }
}

/**
 * Reads an error's JSON. Known shapes: `{error: {message, type, code, param}}` (OpenAI and most), `{type: "error",
 * error: {type, message}}` (Anthropic), `{error: {code, status, details}}` or that in a list (Google), `{object:
 * "error", message, type, code}` (Mistral), `{code, error: text}` (xAI), `{detail: text | [{loc, msg}]}` (FastAPI).
 */
export const readComplaint = (value: Json): Complaint => {
  const outer = objectOf(Array.isArray(value) ? value[0] : value)
  if (!outer) return { ...silent, message: typeof value === 'string' ? tidy(value) : '' }
  const inner = objectOf(outer.error) ?? outer
  const metadata = objectOf(inner.metadata)
  const first = objectOf(listOf(outer.detail)[0])
  const message =
    textOf(inner.message) || textOf(outer.error) || textOf(outer.message) || textOf(outer.detail) || textOf(first?.msg)
  return {
    message: tidy(message),
    kind: [inner.type, inner.code, inner.status, metadata?.error_type, outer.code, ...reasonsOf(inner)]
      .map(word)
      .join(' ')
      .toLowerCase(),
    param: textOf(inner.param) || listOf(first?.loc).map(word).join('.') || undefined,
    status: statusOf(inner.code) ?? statusOf(inner.raw_status_code) ?? statusOf(inner.status_code),
    isModeration: metadata?.flagged_input !== undefined || listOf(metadata?.reasons).length > 0,
    source: inner,
  }
}

/** Google's `ErrorInfo`, such as API_KEY_INVALID. */
const reasonsOf = ({ details }: JsonObject): Json[] =>
  listOf(details).flatMap((detail) => objectOf(detail)?.reason ?? [])

const silent: Complaint = {
  message: '',
  kind: '',
  param: undefined,
  status: undefined,
  isModeration: false,
  source: undefined,
}

const word = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

const statusOf = (value: Json | undefined): number | undefined => {
  const status = Number(typeof value === 'string' || typeof value === 'number' ? value : Number.NaN)
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined
}

const tidy = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line
}

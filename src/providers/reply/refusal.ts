import { GatewayError } from '../../contract/errors.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import type { Json } from '../../contract/json.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import type { Redact } from '../http/redact.ts'
import { readComplaint, readComplaintText } from './complaint.ts'
import type { Complaint } from './complaint.ts'
import { readRetryAfterMs } from './retry-after.ts'

interface RefusalOptions {
  row: ProviderRow
  redact: Redact
  headers: Readonly<Record<string, string>>
  nowMs: number
  /** Fields whose names differ on this wire, in the words of a chat request. */
  fields?: ReadonlyMap<string, string> | undefined
}

/** A reply that is no answer, by its status and whatever its body says. */
export const refusalOf = (status: number, body: string, options: RefusalOptions): GatewayError =>
  toError(status, readComplaintText(body), options)

/** An error inside a reply that began as an answer: `{error}` with status 200, or an `error` event. */
export const refusalInside = (value: Json, options: RefusalOptions): GatewayError => {
  const complaint = readComplaint(value)
  return toError(complaint.status ?? statusOfKind(complaint.kind), complaint, options)
}

/** Messages that say more than the status does; the first that fits decides. Words of 2024 to 2026, all vendors. */
const tellingWords: readonly { code: ErrorCode; statuses: (status: number) => boolean; words: RegExp }[] = [
  {
    code: 'provider_out_of_credit',
    statuses: (status) => status === 400 || status === 403 || status === 429,
    words:
      /insufficient[_ ](quota|balance|funds|credit)|billing|credit balance|(out of|no|any) credits|credits are depleted|spending limit/i,
  },
  {
    code: 'content_filtered',
    statuses: (status) => status === 400 || status === 403 || status === 422,
    words:
      /content[_ ](filter|policy|management)|(bio|misalignment)_policy|responsibleai|usage guidelines|moderation|safety[_ ]check|data_inspection/i,
  },
  {
    code: 'context_length_exceeded',
    statuses: (status) => status === 400 || status === 413 || status === 422,
    words:
      /context[_ ](length|window|size|limit)|prompt is too long|too (long|large) for model|maximum (context|prompt)|max(imum)? input (length|tokens)|input token count.{0,40}exceeds|reduce the length of/i,
  },
  {
    code: 'provider_auth',
    statuses: (status) => status === 400,
    words:
      /(incorrect|invalid|not a valid|missing)[_ ]api[_ ]key|api[_ ]key[_ ](is )?(not valid|invalid|expired)|pass a valid api key|user location is not supported/i,
  },
  {
    code: 'provider_model_missing',
    // OpenAI's 403 for a model that the account may not use is about the model: the key is good for others.
    statuses: (status) => status === 400 || status === 403 || status === 404,
    words:
      /model[_ ]not[_ ](found|exist)|(not|n't) have access to (the )?model|model_decommissioned|(in|un)(valid|known)[_ ]model|model\b.{0,120}?\b(does not exist|not found|not exist|decommissioned|deprecated|retired)/i,
  },
  // OpenRouter answers 404 where no host of a model can do what the request asks.
  { code: 'provider_rejected', statuses: (status) => status === 404, words: /no endpoints found that/i },
]

/** What a status means for the caller. A refused key is ours, never the caller's. */
const codeOfStatus = (status: number): ErrorCode => {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return 'provider_auth'
    case 402:
      return 'provider_out_of_credit'
    case 404:
      return 'provider_model_missing'
    case 408:
    case 504:
    case 524:
      return 'provider_timeout'
    case 429:
      return 'provider_rate_limited'
    case 503:
    case 529:
      return 'provider_overloaded'
    case 508:
      return 'loop_detected'
    // Google's CANCELLED, which the caller had no part in.
    case 499:
      return 'provider_failed'
    default:
      if (status < 400) return 'provider_bad_reply'
      return status < 500 && status !== 409 && status !== 425 ? 'provider_rejected' : 'provider_failed'
  }
}

/** The status that an error inside a stream would have had, by its kind (Anthropic's and OpenAI's types). */
const statusOfKind = (kind: string): number => {
  if (/overloaded|unavailable|server_busy/.test(kind)) return 529
  if (/rate_limit|too_many|resource_exhausted/.test(kind)) return 429
  // What the Responses wire finds wrong with a prompt or its images.
  if (/invalid_prompt|(bio|misalignment)_policy|image(?!_generation_server)/.test(kind)) return 400
  if (/insufficient_quota|billing|payment/.test(kind)) return 402
  if (/authentication|permission|unauthorized|invalid_api_key/.test(kind)) return 403
  if (/not_found/.test(kind)) return 404
  if (/timeout/.test(kind)) return 504
  if (/invalid_request|badrequest|bad_request|too_large|content_filter|context_length/.test(kind)) return 400
  return 500
}

const toError = (
  status: number,
  complaint: Complaint,
  { row, redact, headers, nowMs, fields }: RefusalOptions,
): GatewayError => {
  const said = redact(complaint.message)
  const told = `${complaint.kind} ${withoutGenericAdvice(complaint)}`
  const telling = tellingWords.find(({ statuses, words }) => statuses(status) && words.test(told))
  const code = complaint.isModeration ? 'content_filtered' : (telling?.code ?? codeOfStatus(status))
  return new GatewayError(code, messageOf(code, status, said, row), {
    provider: row.id,
    upstreamStatus: status,
    param: code === 'provider_rejected' ? paramOf(complaint, fields) : undefined,
    retryAfterMs: readRetryAfterMs(headers, complaint.source, nowMs),
    cause: new Error(`${row.id} answered ${status}: ${said || 'without a message'}`),
  })
}

/** What the caller wrote: the wire's own path (`input[2].content`) says nothing to who sent `messages`. */
const paramOf = ({ param }: Complaint, fields: RefusalOptions['fields']): string | undefined => {
  const [name = ''] = /^\w+(?:\.\w+)*/.exec(param ?? '') ?? []
  return fields?.get(name) ?? fields?.get(name.split('.')[0] ?? '') ?? param
}

/** Whatever limit is reached, a minute's as well, Google says that one should look at one's billing details. */
const withoutGenericAdvice = ({ kind, message }: Complaint): string =>
  kind.includes('resource_exhausted') ? message.replace(/check your plan and billing details/i, '') : message

/** The provider's own words are for the caller only where the caller can act on them. */
const messageOf = (code: ErrorCode, status: number, said: string, { title }: ProviderRow): string => {
  switch (code) {
    case 'provider_rejected':
    case 'context_length_exceeded':
    case 'content_filtered':
      return said ? `${title} refused the request: ${said}` : `${title} refused the request with status ${status}.`
    case 'provider_model_missing':
      return `${title} has no such model, or its base URL is wrong: ${said || `it answered ${status}.`}`
    case 'provider_auth':
      return `${title} refused the gateway's key.`
    case 'provider_out_of_credit':
      return `The gateway's account at ${title} has no credit left.`
    case 'provider_rate_limited':
      return `${title} limits how much this account may send.`
    case 'provider_overloaded':
      return `${title} is overloaded.`
    case 'provider_timeout':
      return `${title} gave up on the request after too long a time (status ${status}).`
    case 'provider_bad_reply':
      return `${title} answered with a redirect (status ${status}): its base URL should be the address itself.`
    case 'loop_detected':
      return `The request came back to a gateway that it had passed already, behind ${title}.`
    default:
      return `${title} failed with status ${status}.`
  }
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { Json } from '../../src/contract/json.ts'
import { createRedact } from '../../src/providers/http/redact.ts'
import { refusalOf } from '../../src/providers/reply/refusal.ts'
import { makeRow, secret, testKey } from './calls.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)

const refusal = (status: number, body: Json | string, headers: Record<string, string> = {}) =>
  refusalOf(status, typeof body === 'string' ? body : JSON.stringify(body), {
    row: makeRow(),
    redact: createRedact(secret(testKey)),
    headers,
    nowMs,
  })

/** Google's answer to whoever is over a quota, whichever it is: the advice and the delay do not tell. */
const googleQuota = (quotaId: string): Json => ({
  error: {
    code: 429,
    message: 'You exceeded your current quota, please check your plan and billing details. Please retry in 34s.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue: '250' }] },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
    ],
  },
})

describe('what a vendor says tells more than the status', () => {
  test.each<[string, number, Json | string, ErrorCode]>([
    [
      'OpenAI, quota',
      429,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'provider_out_of_credit',
    ],
    [
      'OpenAI, limit',
      429,
      { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
      'provider_rate_limited',
    ],
    [
      'OpenAI, window',
      400,
      { error: { message: 'Too long.', type: 'invalid_request_error', code: 'context_length_exceeded' } },
      'context_length_exceeded',
    ],
    [
      'OpenAI, key',
      401,
      { error: { message: 'Incorrect API key provided: sk-abc***xyz.', code: 'invalid_api_key' } },
      'provider_auth',
    ],
    [
      'OpenAI, model',
      404,
      { error: { message: 'The model `x` does not exist', code: 'model_not_found' } },
      'provider_model_missing',
    ],
    [
      'Azure, filter',
      400,
      {
        error: {
          message: 'The response was filtered',
          code: 'content_filter',
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
      'content_filtered',
    ],
    [
      'Anthropic, window',
      400,
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      },
      'context_length_exceeded',
    ],
    [
      'Anthropic, credit',
      400,
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
      },
      'provider_out_of_credit',
    ],
    [
      'Anthropic, overload',
      529,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'provider_overloaded',
    ],
    [
      'Mistral, model',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'provider_model_missing',
    ],
    [
      'Mistral, field',
      422,
      { detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }] },
      'provider_rejected',
    ],
    [
      'Google, key',
      400,
      [{ error: { code: 400, message: 'Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }],
      'provider_auth',
    ],
    [
      'OpenAI, a model that the account may not use',
      403,
      { error: { message: 'Project `p` does not have access to model `m`', code: 'model_not_found', type: 'x' } },
      'provider_model_missing',
    ],
    [
      'OpenAI, a country',
      403,
      { error: { message: 'Country not supported', code: 'unsupported_country' } },
      'provider_auth',
    ],
    ['xAI, key', 400, { code: 'invalid-argument', error: 'Incorrect API key provided: xa***bc.' }, 'provider_auth'],
    [
      'xAI, filter',
      403,
      { code: 'permission-denied', error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_X' },
      'content_filtered',
    ],
    [
      'Groq, retired',
      400,
      { error: { message: 'The model `x` has been decommissioned', code: 'model_decommissioned' } },
      'provider_model_missing',
    ],
    [
      'Groq, size',
      413,
      { error: { message: 'Request too large for model `x`', type: 'tokens', code: 'rate_limit_exceeded' } },
      'context_length_exceeded',
    ],
    ['DeepSeek, balance', 402, { error: { message: 'Insufficient Balance' } }, 'provider_out_of_credit'],
    [
      'OpenRouter, moderation',
      403,
      { error: { code: 403, message: 'Flagged', metadata: { reasons: ['violence'], flagged_input: '…' } } },
      'content_filtered',
    ],
    [
      'OpenRouter, no host',
      404,
      { error: { code: 404, message: 'No endpoints found that support image input' } },
      'provider_rejected',
    ],
    [
      'llama.cpp, window',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
        },
      },
      'context_length_exceeded',
    ],
    [
      'Google, in a list',
      400,
      [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
      'provider_auth',
    ],
    [
      'Google, a minute’s quota',
      429,
      googleQuota('GenerateRequestsPerMinutePerProjectPerModel'),
      'provider_rate_limited',
    ],
    [
      'Google, prepaid credit',
      429,
      { error: { code: 429, message: 'Your prepayment credits are depleted.', status: 'RESOURCE_EXHAUSTED' } },
      'provider_out_of_credit',
    ],
    [
      'Google, window',
      400,
      {
        error: {
          code: 400,
          message: 'The input token count (1234567) exceeds the maximum number of tokens allowed (1048576).',
          status: 'INVALID_ARGUMENT',
        },
      },
      'context_length_exceeded',
    ],
    [
      'Google, key, in its details alone',
      400,
      {
        error: {
          code: 400,
          message: 'Bad request',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
      'provider_auth',
    ],
    [
      'Google, a country',
      400,
      {
        error: {
          code: 400,
          message: 'User location is not supported for the API use.',
          status: 'FAILED_PRECONDITION',
        },
      },
      'provider_auth',
    ],
    [
      'Google, a model',
      404,
      { error: { code: 404, message: 'models/x is not found for API version v1beta', status: 'NOT_FOUND' } },
      'provider_model_missing',
    ],
    [
      'Google, cancelled',
      499,
      { error: { code: 499, message: 'The operation was cancelled.', status: 'CANCELLED' } },
      'provider_failed',
    ],
    ['FastAPI', 404, { detail: 'Not Found' }, 'provider_model_missing'],
    ['plain text', 400, 'field x is wrong', 'provider_rejected'],
    ['a web page of a CDN', 502, '<html><head><title>502 Bad Gateway</title></head></html>', 'provider_failed'],
    ['a web page of a CDN, timeout', 524, '<!DOCTYPE html><title>A timeout occurred</title>', 'provider_timeout'],
    ['nothing', 500, '', 'provider_failed'],
  ])('%s', (_who, status, body, code) => {
    const error = refusal(status, body)
    expect(error).toMatchObject({ code, detail: { upstreamStatus: status, provider: 'acme' } })
    expect(error.message).not.toMatch(/<[a-z!]|sk-abc/i)
  })

  test('the field at fault is named where the vendor names it', () => {
    const byOpenAi = refusal(400, { error: { message: 'Unsupported parameter', param: 'max_tokens' } })
    expect(byOpenAi.detail.param).toBe('max_tokens')
    const byFastApi = refusal(422, { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required' }] })
    expect(byFastApi.detail.param).toBe('body.messages.0')
    expect(byFastApi.message).toContain('Field required')
  })

  test('a long message is cut and stands on one line', () => {
    const { message } = refusal(400, { error: { message: `first\nsecond ${'x'.repeat(5_000)}` } })
    expect(message).toContain('first second')
    expect(message.length).toBeLessThan(600)
  })

  test('words about parameters are left alone', () => {
    const { message } = refusal(400, {
      error: { message: 'Unknown parameter: user_location in org_settings, key-value' },
    })
    expect(message).toContain('user_location in org_settings, key-value')
  })
})

describe('18: how long to wait', () => {
  test.each<[Record<string, string>, Json, number | undefined]>([
    [{ 'retry-after': '20' }, {}, 20_000],
    [{ 'retry-after': '0.5' }, {}, 500],
    [{ 'retry-after-ms': '1200', 'retry-after': '20' }, {}, 1_200],
    [{ 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, {}, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, {}, 0],
    [{ 'retry-after': '999999999' }, {}, 86_400_000],
    [{ 'retry-after': 'soon' }, {}, undefined],
    [{ 'retry-after': '-5' }, {}, undefined],
    [{ 'retry-after': '' }, {}, undefined],
    [{}, {}, undefined],
    [{}, { error: { code: 429, details: [{}, { '@type': 'RetryInfo', retryDelay: '12.5s' }] } }, 12_500],
    [{}, googleQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier'), 34_000],
    // The day ends at midnight in California, where it is four in the morning.
    [{}, googleQuota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'), 20 * 3_600_000],
  ])('%j with %j is %s ms', (headers, body, expected) => {
    expect(refusal(429, body, headers).detail.retryAfterMs).toBe(expected)
  })
})

test('no key is ever shown, wherever in a message it stands', () => {
  const redact = createRedact(secret(testKey))
  const around = fc.string({ maxLength: 20 })
  fc.assert(
    fc.property(around, around, (before, after) => {
      expect(redact(before + testKey + after)).not.toContain(testKey)
    }),
  )
  expect(createRedact(null)('Bearer abcdefghijkl, AIzaSyA1234567890, eyJhbGciOiJIUzI1.eyJzdWIiOiIx.sig')).not.toMatch(
    /abcdef|AIza|eyJ/,
  )
})

test('whatever a body holds, it becomes an error of ours', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 599 }), fc.oneof(fc.json(), fc.string()), (status, body) => {
      const error = refusal(status, body)
      expect(error.message.length).toBeLessThan(700)
      expect(error.detail.upstreamStatus).toBe(status)
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { GatewayError, errorTable } from '../../../src/contract/errors.ts'
import type { ErrorCode } from '../../../src/contract/errors.ts'
import { apiKey, fails, startHttp } from '../start-http.ts'
import type { StartOptions } from '../start-http.ts'

// The shape of every error is looked at besides: test/support/every-reply.ts.

const hi = { model: 'gpt-6-luna', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

const knock = async (init: RequestInit & { path?: string } = {}, options: StartOptions = {}) => {
  await using http = await startHttp(options)
  const { path = '/v1/messages', ...rest } = init
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${http.url}${path}`, { method: 'POST', headers, body: JSON.stringify(hi), ...rest })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, body: text === '' ? null : (JSON.parse(text) as unknown) }
}
const error = (type: string, code: string) => ({ type: 'error', error: { type, details: { error_code: code } } })
const json = { 'content-type': 'application/json' }

describe('at the door an error has the shape of the path', () => {
  test.each(['/v1/messages', '/v1/messages/count_tokens'])('%s', async (path) => {
    const locked: StartOptions = { mode: 'api-key' }
    const missing = await knock({ path }, locked)
    expect(missing).toMatchObject({ status: 401, body: error('authentication_error', 'missing_api_key') })
    expect(missing.headers.get('request-id')).toBe(missing.headers.get('x-request-id'))
    const wrong = await knock({ path, headers: { ...json, 'x-api-key': 'gw_wrong' } }, locked)
    expect(wrong).toMatchObject({ status: 401, body: error('authentication_error', 'invalid_api_key') })
    const byKey = await knock({ path, headers: { ...json, 'x-api-key': apiKey } }, locked)
    const byToken = await knock({ path, headers: { ...json, authorization: `Bearer ${apiKey}` } }, locked)
    expect([byKey.status, byToken.status]).toEqual([200, 200])

    expect(await knock({ path, body: '{' })).toMatchObject({
      status: 400,
      body: error('invalid_request_error', 'invalid_json'),
    })
    expect(await knock({ path, headers: { 'content-type': 'text/plain' } })).toMatchObject({
      status: 415,
      body: error('invalid_request_error', 'unsupported_media_type'),
    })
    expect(await knock({ path, body: `"${'x'.repeat(200_000)}"` })).toMatchObject({
      status: 413,
      body: error('request_too_large', 'body_too_large'),
    })
    expect(await knock({ path, headers: { ...json, origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
      body: error('permission_error', 'forbidden_origin'),
    })
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const refused = await knock({ path, method, body: null })
      expect(refused.status).toBe(405)
      expect(refused.headers.get('allow')).toBe('POST')
      expect(refused.headers.get('content-type')).toContain('application/json')
      if (method !== 'HEAD') expect(refused.body).toMatchObject(error('invalid_request_error', 'method_not_allowed'))
    }
  })

  test('a path below it that there is not', async () => {
    expect(await knock({ path: '/v1/messages/batches' })).toMatchObject({
      status: 404,
      body: error('not_found_error', 'not_found'),
    })
  })

  test('other paths keep theirs', async () => {
    expect(await knock({ path: '/v1/messagesx' })).toMatchObject({
      body: { error: { code: 'not_found', param: null } },
    })
  })
})

const codes = Object.keys(errorTable).filter((code): code is ErrorCode => code !== 'caller_left')

test.each(codes)('%s has a type that Anthropic knows, and its status', async (code) => {
  const { status, body, headers } = await knock({}, { script: fails(new GatewayError(code, 'It went wrong.')) })
  const overloads = ['provider_overloaded', 'provider_circuit_open', 'provider_busy', 'gateway_overloaded']
  const isOverload = overloads.includes(code)
  expect(status).toBe(isOverload ? 529 : errorTable[code].status)
  expect(headers.get('x-should-retry')).toBe(String(errorTable[code].retryable))
  expect(body).toMatchObject({
    request_id: headers.get('request-id'),
    error: { message: 'It went wrong.', details: { error_code: code }, gateway: { advice: errorTable[code].advice } },
  })
  if (isOverload) expect(body).toMatchObject({ error: { type: 'overloaded_error' } })
})

test('the field at fault is named as this wire has it', async () => {
  const script = fails(new GatewayError('provider_rejected', 'No.', { param: 'tools[0].function.name' }))
  expect(await knock({}, { script })).toMatchObject({ body: { error: { details: { param: 'tools[0].name' } } } })
})

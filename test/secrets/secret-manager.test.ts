import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SecretError } from '../../src/contract/secrets.ts'
import { createSecretManager } from '../../src/secrets/secret-manager.ts'
import type { SecretManager } from '../../src/secrets/secret-manager.ts'
import { runOnGoogle, startGoogle } from '../support/google.ts'
import type { Google } from '../support/google.ts'

let google: Google
let manager: SecretManager
let leave: () => void

beforeEach(async () => {
  google = await startGoogle()
  leave = runOnGoogle(google)
  manager = createSecretManager(google.url)
})
afterEach(async () => {
  await manager[Symbol.asyncDispose]()
  await google[Symbol.asyncDispose]()
  leave()
})

const reference = (name: string, version = 'latest', project: string | null = null) =>
  ({ kind: 'secret-manager', project, name, version }) as const
const fetch = (name: string, version?: string): Promise<string> => manager.fetch(reference(name, version), 2_000)
const faultOf = async (work: Promise<string>): Promise<unknown> =>
  work.then(
    (text) => `no fault: ${text}`,
    (error: unknown) => (error instanceof SecretError ? error.fault : error),
  )

test('the real client reads a version with the credentials that the machine lends, in the project that it runs in', async () => {
  google.secrets.set('openai@latest', { kind: 'text', text: 'sk-first\n' })
  google.secrets.set('openai@previous', { kind: 'text', text: 'sk-before' })
  expect(await fetch('openai')).toBe('sk-first')
  expect(await fetch('openai', 'previous')).toBe('sk-before')
  expect(await manager.fetch(reference('openai', 'latest', 'other-project'), 2_000)).toBe('sk-first')
  expect(google.asked).toEqual([
    '/v1/projects/own-project/secrets/openai/versions/latest:access',
    '/v1/projects/own-project/secrets/openai/versions/previous:access',
    '/v1/projects/other-project/secrets/openai/versions/latest:access',
  ])
})

test('what was damaged on its way is not taken for a key', async () => {
  google.secrets.set('openai@latest', { kind: 'text', text: 'sk-first', checksum: '12345' })
  await expect(fetch('openai')).rejects.toThrow(/checksum/)
  expect(await faultOf(fetch('openai'))).toBe('unavailable')
})

test('an empty secret is no key', async () => {
  google.secrets.set('openai@latest', { kind: 'text', text: ' \n' })
  expect(await faultOf(fetch('openai'))).toBe('unavailable')
})

describe('what Google refuses', () => {
  test.each([
    ['a version that is not there', null, 'withdrawn'],
    ['one that this machine may not read', { code: 7, status: 'PERMISSION_DENIED', httpStatus: 403 }, 'withdrawn'],
    ['one that is disabled or destroyed', { code: 9, status: 'FAILED_PRECONDITION', httpStatus: 400 }, 'withdrawn'],
    ['a service that is away', { code: 14, status: 'UNAVAILABLE', httpStatus: 503 }, 'unavailable'],
    ['too many questions', { code: 8, status: 'RESOURCE_EXHAUSTED', httpStatus: 429 }, 'unavailable'],
  ] as const)('%s', async (_name, error, fault) => {
    if (error) google.secrets.set('openai@latest', { kind: 'error', ...error })
    expect(await faultOf(fetch('openai'))).toBe(fault)
    // The client's own retries would go on for minutes.
    expect(google.asked).toHaveLength(1)
  })
})

test('a service that does not answer is given up after its time', async () => {
  google.secrets.set('openai@latest', { kind: 'silence' })
  expect(await faultOf(manager.fetch(reference('openai'), 200))).toBe('unavailable')
})

test('a machine without credentials says so, and does not end the process', async () => {
  process.env['METADATA_SERVER_DETECTION'] = 'none'
  await using alone = createSecretManager(google.url)
  const failed = alone.fetch(reference('openai'), 1_000)
  await expect(failed).rejects.toThrow(/lends no Google credentials/)
  expect(google.asked).toEqual([])
})

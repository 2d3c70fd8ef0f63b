import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lacksPostgres, query, startPostgres } from '../../support/postgres.ts'
import type { TestPostgres } from '../../support/postgres.ts'
import { receiptOf } from '../receipt-of.ts'
import { openAt } from './open.ts'

const folder = path.resolve(import.meta.dirname, '../../providers/tls')
const [cert, key] = [path.join(folder, 'loopback-cert.pem'), path.join(folder, 'loopback-key.pem')]

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres({ tls: { cert, key } })
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const at = async (host: string, words: string): Promise<string> =>
    (await server.newDatabase()).replace('127.0.0.1', host) + words

  test.each([
    ['127.0.0.1', '?sslmode=require'],
    ['127.0.0.1', `?sslmode=verify-ca&sslrootcert=${cert}`],
    ['localhost', `?sslmode=verify-full&sslrootcert=${cert}`],
    ['127.0.0.1', `?sslmode=verify-full&sslrootcert=${cert}`],
  ])('the server is spoken to over TLS: %s %s', async (host, words) => {
    const url = await at(host, words)
    await using stores = await openAt({ url })
    await stores.receipts.append(receiptOf({ id: 'r1' }))
    const encrypted = await query(
      server.url,
      `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'ai-gateway-mcp'`,
    )
    expect(encrypted).toEqual([{ ssl: true }])
  })

  test.each([
    ['a certificate that nobody vouches for', 'localhost', '?sslmode=verify-full'],
    ['the same, whatever its name', 'localhost', '?sslmode=verify-ca'],
    ['a name that is not in the certificate', '127.0.0.2', `?sslmode=verify-full&sslrootcert=${cert}`],
  ])('%s ends the start with what to correct', async (_what, host, words) => {
    const refused: unknown = await openAt({ url: await at(host, words) }).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Correct sslmode or sslrootcert in DATABASE_URL.'),
    })
  })

  test('verify-ca asks no name', async () => {
    await using stores = await openAt({ url: await at('127.0.0.2', `?sslmode=verify-ca&sslrootcert=${cert}`) })
    expect(stores.ledger.faults()).toEqual([])
  })
})

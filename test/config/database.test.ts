import path from 'node:path'
import { expect, test } from 'vitest'
import { isOpenWire, readDatabase } from '../../src/config/database.ts'

const root = path.resolve(import.meta.dirname, '../..')
const certificate = 'test/providers/tls/loopback-cert.pem'

const read = (url: string) => readDatabase({ DATABASE_URL: url, DATABASE_POOL_MAX: 10 }, root)

test('no address means no database', () => {
  expect(readDatabase({ DATABASE_URL: undefined, DATABASE_POOL_MAX: 10 }, root)).toEqual({
    database: null,
    problems: [],
  })
})

test('an address is read into its parts, and its password is nobody else’s', () => {
  const { database } = read(
    'postgresql://ada%40home:p%23ss%2Fw0rd@db.example:6543/gate%20way?application_name=gw&connect_timeout=9',
  )
  expect(database).toMatchObject({
    host: 'db.example',
    port: 6543,
    database: 'gate way',
    user: 'ada@home',
    tls: null,
    applicationName: 'gw',
    connectTimeoutMs: 9_000,
    poolMax: 10,
  })
  expect(database?.password?.reveal()).toBe('p#ss/w0rd')
  expect(JSON.stringify(database)).not.toContain('w0rd')
})

test.each([
  'postgres://user:secret@/gateway?host=/cloudsql/project:region:instance',
  'postgres://user:secret@localhost/gateway?host=/cloudsql/project:region:instance',
  'postgres:///gateway?host=/cloudsql/project:region:instance&sslmode=verify-full',
])('Cloud SQL’s socket needs no TLS: %s', (url) => {
  expect(read(url).database).toMatchObject({
    host: '/cloudsql/project:region:instance',
    port: 5432,
    database: 'gateway',
    tls: null,
  })
})

test('an IPv6 address is the host without its brackets', () => {
  expect(read('postgres://[::1]/gateway').database).toMatchObject({ host: '::1', port: 5432, user: undefined })
})

test.each([
  ['', null],
  ['?sslmode=disable', null],
  ['?sslmode=require', { check: 'nothing' }],
  [`?sslmode=require&sslrootcert=${certificate}`, { check: 'authority', ca: expect.stringContaining('BEGIN CERT') }],
  ['?sslmode=verify-ca', { check: 'authority', ca: undefined }],
  ['?sslmode=verify-full&sslrootcert=system', { check: 'authority and name', ca: undefined }],
  [
    `?sslmode=verify-full&sslrootcert=${certificate}&sslcert=${certificate}&sslkey=test/providers/tls/loopback-key.pem`,
    { check: 'authority and name', ca: expect.stringContaining('BEGIN'), cert: expect.stringContaining('BEGIN') },
  ],
])('sslmode means what libpq means by it: %s', (query, tls) => {
  const { database, problems } = read(`postgres://u@db.example/gateway${query}`)
  expect(problems).toEqual([])
  if (tls === null) expect(database?.tls).toBeNull()
  else expect(database?.tls).toMatchObject(tls)
  expect(JSON.stringify(database)).not.toContain('PRIVATE KEY')
})

test.each([
  ['mysql://u:p4ss@h/db', 'is no address of a PostgreSQL server'],
  ['postgres://u:p4ss@h', 'names no database'],
  ['postgres://u:p4ss@/db', 'names no host'],
  ['postgres://u:p4ss@h:0/db', 'port that is no whole number'],
  ['postgres://u:p4ss@h:port/db', 'cannot be read as an address'],
  ['postgres://u:p4ss%zz@h/db', 'a % that is no escape'],
  ['postgres://u:p4ss@h/db?sslmode=prefer', 'would go on in plain text without a word'],
  ['postgres://u:p4ss@h/db?sslmode=verify_full', 'unknown sslmode'],
  ['postgres://u:p4ss@h/db?sslmod=require', 'unknown parameter "sslmod"'],
  ['postgres://u:p4ss@h/db?sslmode=verify-full&sslrootcert=not/there.pem', 'not/there.pem, which cannot be read'],
])('%s is a problem that says what is wrong, and no password', (url, problem) => {
  const { database, problems } = read(url)
  expect(database).toBeNull()
  expect(problems).toMatchObject([{ key: 'DATABASE_URL', problem: expect.stringContaining(problem) }])
  expect(JSON.stringify(problems)).not.toContain('p4ss')
})

test.each([
  ['postgres://u@db.example/gateway', true],
  ['postgres://u@10.1.2.3/gateway', true],
  ['postgres://u@db.example/gateway?sslmode=require', false],
  ['postgres://u@127.0.0.1/gateway', false],
  ['postgres://u@/gateway?host=/run/postgresql', false],
])('%s: others could listen in: %s', (url, isOpen) => {
  const { database } = read(url)
  expect(database && isOpenWire(database)).toBe(isOpen)
})

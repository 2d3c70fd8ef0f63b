import path from 'node:path'
import { expect, test } from 'vitest'
import { openWireOf, readRedis } from '../../src/config/redis.ts'

const root = path.resolve(import.meta.dirname, '../..')
const certificate = 'test/providers/tls/loopback-cert.pem'

const read = (url: string) => readRedis({ REDIS_URL: url }, root)

test('no address means no Redis', () => {
  expect(readRedis({ REDIS_URL: undefined }, root)).toEqual({ redis: null, problems: [] })
})

test('an address is read into its parts, and its password is nobody else’s', () => {
  const { redis } = read('redis://ada%40home:p%23ss%2Fw0rd@cache.example:6380/3?prefix=team:')
  expect(redis).toMatchObject({
    nodes: [{ host: 'cache.example', port: 6380 }],
    isCluster: false,
    database: 3,
    user: 'ada@home',
    tls: null,
    prefix: 'team:',
  })
  expect(redis?.password?.reveal()).toBe('p#ss/w0rd')
  expect(JSON.stringify(redis)).not.toContain('w0rd')
})

test('a request waits 100 ms for it, or as long as the address says', () => {
  expect(read('redis://h').redis?.answerMs).toBe(100)
  expect(read('redis://h?timeout=250').redis?.answerMs).toBe(250)
  for (const timeout of ['0', '10001', 'x', '1.5', ''])
    expect(read(`redis://h?timeout=${timeout}`).problems).toMatchObject([
      { problem: expect.stringContaining('timeout') },
    ])
})

test('a host alone is enough, and a password needs no user', () => {
  expect(read('redis://redis').redis).toMatchObject({ nodes: [{ host: 'redis', port: 6379 }], database: 0 })
  const { redis } = read('redis://:auth-string@10.0.0.3:6379')
  expect(redis?.user).toBeUndefined()
  expect(redis?.password?.reveal()).toBe('auth-string')
})

test.each(['redis://one:7000,two:7001,[::1]', 'redis://one:7000?cluster=true'])(
  'a cluster is told by its hosts or in words: %s',
  (url) => {
    expect(read(url).redis).toMatchObject({ isCluster: true, database: 0 })
  },
)

test.each([
  ['rediss://h', { check: 'authority and name', ca: undefined }],
  ['rediss://h?check=authority', { check: 'authority' }],
  ['rediss://h?check=none', { check: 'nothing' }],
  [
    `rediss://h?cacert=${certificate}&cert=${certificate}&key=test/providers/tls/loopback-key.pem`,
    { ca: expect.stringContaining('BEGIN'), cert: expect.stringContaining('BEGIN') },
  ],
])('rediss is encrypted, and sure of the server unless told otherwise: %s', (url, tls) => {
  const { redis, problems } = read(url)
  expect(problems).toEqual([])
  expect(redis?.tls).toMatchObject(tls)
  expect(JSON.stringify(redis)).not.toContain('PRIVATE KEY')
})

test.each([
  ['http://u:p4ss@h', 'is no address of Redis'],
  ['redis://u:p4ss/w@h', 'is no address of Redis'],
  ['redis://u:p4ss@', 'names no host'],
  ['redis://u:p4ss@h:0', 'has a port that is no number'],
  ['redis://u:p4ss@h/name', 'is no address of Redis'],
  ['redis://u:p4ss%zz@h', 'a % that is no escape'],
  ['redis://u:p4ss@h?tls=true', 'unknown parameter "tls"'],
  ['redis://u:p4ss@h?cacert=x.pem', 'has no effect without TLS'],
  ['rediss://u:p4ss@h?check=off', 'unknown check'],
  ['rediss://u:p4ss@h?cacert=no-such.pem', 'which cannot be read'],
  ['redis://u:p4ss@a,b/1', 'names a database, which clusters do not have'],
  ['redis://u:p4ss@a,b?cluster=false', 'names several hosts'],
  ['redis://u:p4ss@a?cluster=yes', 'neither true nor false'],
])('what is wrong is told without what it holds: %s', (url, problem) => {
  const { redis, problems } = read(url)
  expect(redis).toBeNull()
  expect(problems).toMatchObject([{ file: 'environment', key: 'REDIS_URL', problem: expect.stringContaining(problem) }])
  expect(JSON.stringify(problems)).not.toContain('p4ss')
})

test.each([
  ['redis://cache.example', true],
  ['redis://127.0.0.1,cache.example', true],
  ['redis://localhost:7000', false],
  ['rediss://cache.example', false],
])('a wire that others could listen to is told apart: %s', (url, isOpen) => {
  const { redis } = read(url)
  expect(redis && openWireOf(redis) !== undefined).toBe(isOpen)
})

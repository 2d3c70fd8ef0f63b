import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { parseConfigFile, readConfigFile } from '../../src/config/files.ts'
import { schemas } from '../../src/config/schema/files.ts'

const problemsOf = (name: keyof typeof schemas, text: string) => {
  const schema: z.ZodType = schemas[name]
  return parseConfigFile({ text, shownAs: `config/${name}`, schema }).problems
}

test('an unknown key is told with its line and the word that was meant', () => {
  expect(problemsOf('limits.yaml', 'http:\n  ping_interval_ms: 10\n  max_body_byte: 3\n')).toEqual([
    {
      file: 'config/limits.yaml',
      line: 3,
      key: 'http.max_body_byte',
      problem: 'unknown key',
      advice: 'did you mean "max_body_bytes"?',
    },
  ])
})

test('an unknown key that is near to nothing is told with all that may stand there', () => {
  expect(problemsOf('limits.yaml', 'ledger:\n  colour: blue\n')[0]?.advice).toBe(
    'known here: retention_days, when_away, journal_max_bytes',
  )
})

test('a wrong value is told with what belongs there, and every fault of the file at once', () => {
  const text = 'enabled: maybe\nmax_bytes: -1\n\nchat_ttl_seconds: soon\n'
  expect(problemsOf('cache.yaml', text).map(({ line, key, advice }) => [line, key, advice])).toEqual([
    [1, 'enabled', 'here belongs: whether answers are remembered'],
    [
      4,
      'chat_ttl_seconds',
      'here belongs: life of a remembered answer whose task has no life of its own, in seconds; 0: not kept',
    ],
    [2, 'max_bytes', 'here belongs: bound of all entries in memory together, in bytes'],
  ])
})

test('a missing key is told at the line of the item that lacks it', () => {
  const text = 'providers:\n  - id: one\n    title: One\n    dialect: anthropic\n  - id: two\n    dialect: anthropic\n'
  expect(problemsOf('providers.yaml', text)).toMatchObject([
    { line: 5, key: 'providers[1].title', problem: 'is missing', advice: 'here belongs: what people call it' },
  ])
})

test.each([
  ['a tab', 'http:\n\tping_interval_ms: 1\n', 2],
  ['a key twice', 'ledger: {}\nrate: {}\nledger: {}\n', 3],
  ['an open bracket', 'http:\n  allowed_hosts: [a\n', 3],
])('broken YAML (%s) is told with its line', (_, text, line) => {
  const [problem] = problemsOf('limits.yaml', text)
  expect(problem).toMatchObject({ line, key: 'YAML', advice: 'correct the syntax' })
})

test('an empty file means the defaults', () => {
  expect(parseConfigFile({ text: '# nothing\n', shownAs: 'x', schema: schemas['cache.yaml'] }).value).toMatchObject({
    chat_ttl_seconds: 300,
  })
})

test.each([
  [
    'profiles whose weights do not add up',
    'routing.yaml',
    'profiles:\n  balanced: { cost: 1, quality: 1, latency: 0, health: 0 }\n',
  ],
  [
    'a price of seven decimals',
    'pricing.yaml',
    'lists: [{ provider: a, source: s, as_of: 2026-01-01, prices: [{ model: m, input: 0.0000001, output: 1 }] }]\n',
  ],
  [
    'a price with tiers and windows',
    'pricing.yaml',
    `lists:
  - provider: a
    source: s
    as_of: 2026-01-01
    prices:
      - model: m
        input: 1
        output: 1
        tiers: [{ above: 1, input: 1, output: 1 }]
        windows: [{ utc: '01:00-02:00', input: 1, output: 1 }]
`,
  ],
  [
    'a tier without a boundary',
    'pricing.yaml',
    'lists: [{ provider: a, source: s, as_of: 2026-01-01, prices: [{ model: m, input: 1, output: 1, tiers: [{ input: 1, output: 1 }] }] }]\n',
  ],
] as const)('%s is refused', (_, name, text) => {
  expect(problemsOf(name, text)).not.toEqual([])
})

describe('a directory of one’s own', () => {
  let home: string
  const read = (name: 'cache.yaml') =>
    readConfigFile({
      name,
      configDir: path.join(home, 'own'),
      shippedDir: path.join(home, 'config'),
      keptDir: path.join(home, 'kept'),
      schema: schemas[name],
    })

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'gateway-config-'))
    for (const directory of ['own', 'config']) mkdirSync(path.join(home, directory))
    writeFileSync(path.join(home, 'config/cache.yaml'), 'chat_ttl_seconds: 1\n')
  })
  afterEach(() => rmSync(home, { recursive: true }))

  test('needs only the files that differ', () => {
    expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(1)
    writeFileSync(path.join(home, 'own/cache.yaml'), 'chat_ttl_seconds: 2\n')
    expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(2)
  })

  test('is named in its problems', () => {
    writeFileSync(path.join(home, 'own/cache.yaml'), 'enabld: true\n')
    expect(read('cache.yaml').problems[0]?.file).toBe('own/cache.yaml')
  })

  test('is not copied', () => {
    writeFileSync(path.join(home, 'own/cache.yaml'), 'chat_ttl_seconds: 2\n')
    read('cache.yaml')
    expect(existsSync(path.join(home, 'kept'))).toBe(false)
  })

  describe('the shipped one', () => {
    const kept = (): string => readFileSync(path.join(home, 'kept/cache.yaml.json'), 'utf8')
    const ship = (text: string): void => writeFileSync(path.join(home, 'config/cache.yaml'), text)

    test('is read from what was kept of it, as long as it is the same', () => {
      read('cache.yaml')
      writeFileSync(
        path.join(home, 'kept/cache.yaml.json'),
        kept().replace('"chat_ttl_seconds":1', '"chat_ttl_seconds":7'),
      )
      expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(7)
      ship('chat_ttl_seconds: 3\n')
      expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(3)
      expect(kept()).toContain('"chat_ttl_seconds":3')
    })

    test.each(['', '{', 'null', '{"sha256":1}'])('is read from its text where %j was kept', (text) => {
      read('cache.yaml')
      writeFileSync(path.join(home, 'kept/cache.yaml.json'), text)
      expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(1)
    })

    test.skipIf(process.platform === 'win32')('is kept for its owner only, as it may be itself', () => {
      read('cache.yaml')
      expect(statSync(path.join(home, 'kept/cache.yaml.json')).mode & 0o777).toBe(0o600)
      expect(readdirSync(path.join(home, 'kept'))).toEqual(['cache.yaml.json'])
    })

    test('is read where nothing can be kept', () => {
      writeFileSync(path.join(home, 'kept'), 'a file, not a folder')
      expect(read('cache.yaml').value?.chat_ttl_seconds).toBe(1)
    })

    test('is not kept where it says what JSON cannot', () => {
      ship('chat_ttl_seconds: .inf\n')
      expect(read('cache.yaml').problems).not.toEqual([])
      expect(existsSync(path.join(home, 'kept'))).toBe(false)
    })

    test('has the line of a problem, read or known', () => {
      ship('# one\nenabld: true\n')
      const [first] = read('cache.yaml').problems
      expect(kept()).toContain('enabld')
      expect(read('cache.yaml').problems).toEqual([first])
      expect(first).toMatchObject({ line: 2, key: 'enabld' })
    })
  })
})

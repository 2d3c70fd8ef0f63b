import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { unchartedCard } from '../../src/config/cards.ts'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { sandboxRows } from '../../src/config/sandbox.ts'
import { createPriceBook } from '../../src/ledger/book.ts'

const root = path.resolve(import.meta.dirname, '../..')
const load = (env: Record<string, string>) => loadConfig({ root, env })

/** Lines of the one error that a broken configuration ends in. */
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1)
    throw error
  }
  return []
}

const directories: string[] = []
const configDir = (files: Record<string, string>): string => {
  const directory = mkdtempSync(path.join(tmpdir(), 'gateway-config-'))
  directories.push(directory)
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text)
  return directory
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

test('every problem of the environment and of all files is told at once', () => {
  const CONFIG_DIR = configDir({ 'limits.yaml': 'http:\n  drain: 1\n', 'cache.yaml': 'enabled: 1\n' })
  const problems = problemsOf({ PORT: 'x', HOST: '0.0.0.0', XAI_BASE_URL: 'nonsense', PROVIDERS: 'gork', CONFIG_DIR })
  expect(problems).toHaveLength(6)
  expect(problems.join('\n')).toMatch(
    /PORT: .*\n.*AUTH_MODE: .*\n.*limits\.yaml:2: http\.drain: .*drain_ms.*\n.*cache\.yaml:1: enabled: .*\n.*XAI_BASE_URL: .*\n.*PROVIDERS: "gork"/,
  )
})

describe('directories', () => {
  test('are the project’s, wherever the caller stands', () => {
    expect(load({})).toMatchObject({ dataDir: path.join(root, 'data'), configDir: path.join(root, 'config') })
    expect(load({ DATA_DIR: '/var/lib/gateway' }).dataDir).toBe('/var/lib/gateway')
  })

  test('that do not exist are told', () => {
    expect(problemsOf({ CONFIG_DIR: './nowhere' })[0]).toContain('CONFIG_DIR: ')
    expect(problemsOf({ NODE_EXTRA_CA_CERTS: './nowhere.pem' })[0]).toContain('NODE_EXTRA_CA_CERTS: ')
  })

  test('that are no directories are told', () => {
    const file = path.join(configDir({ 'some-file': '' }), 'some-file')
    expect(problemsOf({ CONFIG_DIR: file })).toEqual([expect.stringMatching(/CONFIG_DIR: .* is no directory/)])
  })

  test.each([
    ['cachee.yaml', 'did you mean "cache.yaml"?'],
    ['cache.yml', 'did you mean "cache.yaml"?'],
    ['Cache.yaml', 'did you mean "cache.yaml"?'],
    ['cache.json', 'did you mean "cache.yaml"?'],
    ['prompts-of-ours.yaml', 'providers.yaml, models.yaml, pricing.yaml, routing.yaml, limits.yaml, cache.yaml'],
  ])('a file %s, which nobody would read, is told', (name, advice) => {
    const [problem, ...others] = problemsOf({ CONFIG_DIR: configDir({ [name]: 'enabled: false\n' }) })
    expect(problem).toContain(`${name}: `)
    expect(problem).toContain(advice)
    expect(others).toEqual([])
  })

  test('may hold what is no setting: hidden files, folders, notes and what editors leave', () => {
    const left = ['.cache.yaml.swp', '.hidden.yaml', 'cache.yaml~', 'cache.yaml.bak', '#cache.yaml#', 'README.md']
    const CONFIG_DIR = configDir(Object.fromEntries(left.map((name) => [name, 'enabled: false\n'])))
    mkdirSync(path.join(CONFIG_DIR, 'schema'))
    mkdirSync(path.join(CONFIG_DIR, 'older.yaml'))
    expect(load({ CONFIG_DIR }).cache.enabled).toBe(true)
  })

  test('a folder where a file should be is told', () => {
    const CONFIG_DIR = configDir({})
    mkdirSync(path.join(CONFIG_DIR, 'cache.yaml'))
    expect(problemsOf({ CONFIG_DIR })).toEqual([expect.stringMatching(/cache\.yaml: .* cannot be read \(EISDIR/)])
  })

  test('DATA_DIR=:memory: keeps nothing, and says so', () => {
    const { dataDir, notices } = load({ DATA_DIR: ':memory:' })
    expect(dataDir).toBe(':memory:')
    expect(notices).toEqual([expect.stringContaining('DATA_DIR=:memory:')])
  })

  test('without a disk no key can be made, so some must be given', () => {
    const env = { DATA_DIR: ':memory:', AUTH_MODE: 'api-key' }
    expect(problemsOf(env)).toEqual([expect.stringMatching(/DATA_DIR: .*API_KEY_HASHES/)])
    expect(load({ ...env, API_KEY_HASHES: 'a'.repeat(64) }).dataDir).toBe(':memory:')
  })
})

describe('who may call', () => {
  const hash = 'a'.repeat(64)

  test('nobody is asked for a key on loopback unless it is said', () => {
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) expect(load({ HOST }).auth).toEqual({ mode: 'none' })
    expect(load({ AUTH_MODE: 'api-key' }).auth).toEqual({ mode: 'api-key', keyHashes: [] })
  })

  test('any other bind asks for keys', () => {
    for (const AUTH_MODE of ['', 'none'])
      expect(problemsOf({ HOST: '0.0.0.0', AUTH_MODE })).toEqual([expect.stringContaining('AUTH_MODE: ')])
    expect(load({ HOST: '0.0.0.0', AUTH_MODE: 'api-key' }).auth.mode).toBe('api-key')
  })

  test('a mode that there is not is told once, wherever the gateway listens', () => {
    for (const HOST of ['127.0.0.1', '0.0.0.0'])
      expect(problemsOf({ HOST, AUTH_MODE: 'oauth2', API_KEY_HASHES: hash })).toEqual([
        expect.stringMatching(/AUTH_MODE: must be one of none, api-key, oauth: /),
      ])
  })

  test('key hashes are read bare or with id and scope', () => {
    const { auth } = load({ AUTH_MODE: 'api-key', API_KEY_HASHES: `${hash}, ops:admin:${'B'.repeat(64)}` })
    expect(auth).toMatchObject({
      keyHashes: [
        { id: 'env-aaaaaaaa', scope: 'use', sha256: hash },
        { id: 'ops', scope: 'admin', sha256: 'b'.repeat(64) },
      ],
    })
  })

  test.each(['short', `ops:root:${hash}`, `ops:${hash}`, `${hash},${hash}`, `:use:${hash}`])(
    'key hashes %s are refused without being shown',
    (API_KEY_HASHES) => {
      const [problem] = problemsOf({ AUTH_MODE: 'api-key', API_KEY_HASHES })
      expect(problem).toContain('API_KEY_HASHES: entry ')
      expect(problem).not.toContain(hash)
    },
  )

  test('rates are counted only where callers can be told apart', () => {
    expect(load({}).limits.callers).toEqual([])
    const limited = load({ AUTH_MODE: 'api-key', RATE_LIMIT_MAX_REQUESTS: '5' })
    expect(limited.limits.callers).toEqual([{ unit: 'requests', windowMs: 60_000, max: 5 }])
    expect(load({ RATE_LIMIT_MAX_REQUESTS: '5' }).notices).toEqual([expect.stringContaining('RATE_LIMIT_')])
  })
})

/** A key that the configuration holds itself. */
const textOf = (key: object): unknown => ('reveal' in key && typeof key.reveal === 'function' ? key.reveal() : key)

describe('provider rows', () => {
  test('a key switches a row on; further keys are backups', () => {
    const { providers } = load({ OPENAI_API_KEY: 'sk-1, sk-2,sk-1' })
    expect(providers.map(({ id, keys }) => [id, keys.map(textOf)])).toEqual([['openai', ['sk-1', 'sk-2']]])
    expect(providers[0]).toMatchObject({ baseUrl: 'https://api.openai.com/v1', auth: 'bearer', simulated: false })
  })

  test('a key may be where it lies, and backups are a list of such', () => {
    const { providers } = load({
      OPENAI_API_KEY: 'secret-manager:openai@latest,secret-manager:my-project/old_key@7,file:/run/k',
    })
    expect(providers[0]?.keys).toEqual([
      { kind: 'secret-manager', project: null, name: 'openai', version: 'latest' },
      { kind: 'secret-manager', project: 'my-project', name: 'old_key', version: '7' },
      { kind: 'file', path: '/run/k' },
    ])
  })

  test.each([
    ['secret-manager:openai', 'names no version of a secret'],
    ['secret-manager:a/b/c@1', 'names no version of a secret'],
    ['secret-manager:@latest', 'names no version of a secret'],
    ['file:keys/openai', 'names a file by a relative path'],
  ])('a reference that leads nowhere is told: %s', (reference, problem) => {
    expect(problemsOf({ OPENAI_API_KEY: reference }).join('\n')).toContain(problem)
  })

  test.each([
    [{ GOOGLE_API_KEY: 'google' }, ['google']],
    [{ GEMINI_API_KEY: 'gemini-1,gemini-2' }, ['gemini-1', 'gemini-2']],
    [{ GOOGLE_API_KEY: '  ', GEMINI_API_KEY: 'gemini' }, ['gemini']],
    [{ GOOGLE_API_KEY: 'google', GEMINI_API_KEY: 'gemini' }, ['google']],
  ])('of a row’s key variables the first that is set is read: %o', (env, expected) => {
    const { providers } = load(env)
    expect(providers.map(({ id, keys }) => [id, keys.map(textOf)])).toEqual([['google', expected]])
    expect(providers[0]).toMatchObject({
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
      dialect: 'gemini',
      auth: 'x-goog-api-key',
    })
  })

  test('a row with several key variables names them all, and blames the one that is wrong', () => {
    const known = load({}).knownProviders.find(({ id }) => id === 'google')
    expect(known).toMatchObject({
      keyEnv: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'],
      baseUrlEnv: 'GOOGLE_BASE_URL',
      reason: 'Set GOOGLE_API_KEY or GEMINI_API_KEY.',
    })
    expect(problemsOf({ GEMINI_API_KEY: 'one two' })).toEqual([expect.stringContaining('GEMINI_API_KEY: ')])
  })

  test('a second deployment may read the key of the first', () => {
    const CONFIG_DIR = configDir({
      'providers.yaml': `${readFileSync(path.join(root, 'config/providers.yaml'), 'utf8')}
  - { id: near, title: Near, dialect: openai-chat, base_url: https://near.example/v1, key_env: [OPENAI_API_KEY] }
`,
    })
    const { providers } = load({ CONFIG_DIR, OPENAI_API_KEY: 'k' })
    expect(providers.map(({ id, keys }) => [id, keys[0] && textOf(keys[0])])).toEqual([
      ['openai', 'k'],
      ['near', 'k'],
    ])
  })

  test('a row may have a second wire for tools, and needs none where it speaks nothing but Responses', () => {
    const CONFIG_DIR = configDir({
      'providers.yaml': `providers:
  - { id: plain, title: A, dialect: openai-chat, base_url: https://a.example }
  - { id: two, title: B, dialect: openai-chat, tools_dialect: openai-responses, base_url: https://b.example }
  - { id: only, title: C, dialect: openai-responses, base_url: https://c.example }
`,
      'models.yaml': 'as_of: 2026-11-20\nfamilies: []\n',
      'pricing.yaml': 'lists: []\n',
      'routing.yaml': '{}\n',
    })
    const { providers } = load({ CONFIG_DIR, PLAIN_API_KEY: 'k', TWO_API_KEY: 'k', ONLY_API_KEY: 'k' })
    expect(providers.map(({ dialect, toolsDialect }) => [dialect, toolsDialect])).toEqual([
      ['openai-chat', undefined],
      ['openai-chat', 'openai-responses'],
      ['openai-responses', 'openai-responses'],
    ])
  })

  test('a key variable that is no variable’s name is refused', () => {
    const CONFIG_DIR = configDir({
      'providers.yaml': `providers:
  - { id: near, title: Near, dialect: openai-chat, base_url: https://near.example/v1, key_env: [near-key] }
`,
    })
    expect(problemsOf({ CONFIG_DIR })[0]).toMatch(/providers\.yaml:2: providers\[0\]\.key_env\[0\]: .*capitals/)
  })

  test('a base URL is taken as written, without its last slash', () => {
    const { providers } = load({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'https://proxy.example/claude/' })
    expect(providers[0]?.baseUrl).toBe('https://proxy.example/claude')
  })

  test("the gateway's own embedding model is a row that keeps no sandbox away and that nothing has to be set for", () => {
    const config = load({})
    expect(config.localRow).toMatchObject({ id: 'local', dialect: 'local-embedder', local: true, keys: [] })
    expect(config).toMatchObject({ providers: [], sandbox: 'start', embedder: { form: 'int8' } })
    expect(load({ PROVIDERS: 'openai', OPENAI_API_KEY: 'k' }).localRow).toBeNull()
  })

  test('EMBEDDER=none switches it off, and says so', () => {
    const config = load({ EMBEDDER: 'none' })
    expect(config).toMatchObject({ localRow: null, embedder: null })
    expect(config.knownProviders.find(({ id }) => id === 'local')?.reason).toBe('EMBEDDER=none switches it off.')
  })

  test('a local server is named by its address', () => {
    expect(load({ LLAMACPP_URL: 'http://localhost:9000' }).providers).toMatchObject([
      { id: 'llamacpp', baseUrl: 'http://localhost:9000/v1', keys: [], local: true, uncharted: true },
    ])
    expect(load({ LLAMACPP_URL: 'http://gpu:9000/api/' }).providers[0]?.baseUrl).toBe('http://gpu:9000/api')
  })

  test('every row is known, with what to set', () => {
    const { knownProviders } = load({ GROQ_API_KEY: 'k' })
    const reasons = Object.fromEntries(knownProviders.map(({ id, reason }) => [id, reason]))
    expect(reasons).toMatchObject({
      groq: null,
      openai: 'Set OPENAI_API_KEY.',
      litellm: 'Set LITELLM_BASE_URL.',
      llamacpp: 'Set LLAMACPP_URL.',
    })
    expect(knownProviders.find(({ id }) => id === 'openai-compatible')).toMatchObject({
      configured: false,
      keyEnv: ['OPENAI_COMPATIBLE_API_KEY'],
      baseUrlEnv: 'OPENAI_COMPATIBLE_BASE_URL',
    })
  })

  test('PROVIDERS leaves the others out, and says when one it names cannot be called', () => {
    const env = { OPENAI_API_KEY: 'k', GROQ_API_KEY: 'k' }
    expect(load({ ...env, PROVIDERS: 'groq' }).providers.map(({ id }) => id)).toEqual(['groq'])
    expect(problemsOf({ ...env, PROVIDERS: 'xai' })[0]).toContain('PROVIDERS: "xai" cannot be called: Set XAI_API_KEY.')
    expect(problemsOf({ PROVIDERS: 'sandbox,openai', ...env })[0]).toContain('stands in for every provider')
  })

  test.each([
    ['plain http to another network', 'http://api.example/v1'],
    ['a password', 'https://me:word@api.example/v1'],
    ['a query', 'https://api.example/v1?key=1'],
    ['another scheme', 'file:///etc/passwd'],
    ['this gateway', 'http://127.0.0.1:8080/v1'],
    ['this gateway by another name', 'http://localhost:8080'],
    ['this gateway by its public name', 'https://gateway.example/v1'],
  ])('a base URL with %s is refused', (_, OPENAI_BASE_URL) => {
    const problems = problemsOf({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL, PUBLIC_URL: 'https://gateway.example' })
    expect(problems).toEqual([expect.stringContaining('environment: OPENAI_BASE_URL: ')])
    expect(problems[0]).not.toContain('word@')
  })

  test.each([
    'http://localhost:4000',
    'http://litellm:4000/v1',
    'http://10.1.2.3:80',
    'http://[::1]:9',
    'http://box.local',
  ])('plain http to %s is fine', (LITELLM_BASE_URL) => {
    expect(load({ LITELLM_BASE_URL }).providers[0]?.baseUrl).toBe(LITELLM_BASE_URL)
  })

  test('a key with a blank or a line break in it is refused without being shown', () => {
    const problems = problemsOf({ OPENAI_API_KEY: 'sk-one\nsk-two' })
    expect(problems).toEqual([expect.stringMatching(/OPENAI_API_KEY: (?!.*sk-)/)])
  })

  test('a second deployment has the models and prices of the first, under its own name and key', () => {
    const CONFIG_DIR = configDir({
      'providers.yaml': `providers:
  - { id: openai, title: OpenAI, dialect: openai-chat, base_url: https://api.openai.com/v1 }
  - { id: openai-eu, title: OpenAI (Europe), dialect: openai-chat, base_url: https://eu.example/v1, models_of: openai }
`,
      'models.yaml': `as_of: 2026-11-20
families:
  - provider: openai
    models: [{ id: gpt-6-luna, context: 1000, max_output: 100 }]
`,
      'pricing.yaml': `lists:
  - { provider: openai, source: s, as_of: 2026-11-10, prices: [{ model: gpt-6-luna, input: 1, output: 2 }] }
`,
      'routing.yaml': '{}\n',
    })
    const config = load({ CONFIG_DIR, OPENAI_EU_API_KEY: 'k' })
    expect(config.providers.map(({ id }) => id)).toEqual(['openai-eu'])
    expect(config.models.map(({ key }) => key)).toEqual(['openai:gpt-6-luna', 'openai-eu:gpt-6-luna'])
    const query = { provider: 'openai-eu', model: 'gpt-6-luna', atMs: 0, inputTokens: 1, outputTokens: 1 }
    expect(createPriceBook(config.prices, config.models).estimate(query)).toEqual({
      priceId: 'openai-eu/gpt-6-luna@2026-11-10',
      costNanoUsd: 3000n,
    })
  })
})

describe('names that one file uses and another must know', () => {
  const providers = 'providers: [{ id: a, title: A, dialect: openai-chat, base_url: https://a.example }]\n'
  const files = {
    'providers.yaml': providers,
    'models.yaml':
      'as_of: 2026-11-20\nfamilies:\n  - provider: a\n    models: [{ id: one, context: 9, max_output: 9 }]\n',
    'pricing.yaml':
      'lists: [{ provider: a, source: s, as_of: 2026-11-10, prices: [{ model: one, input: 1, output: 2 }] }]\n',
    'routing.yaml': '{}\n',
    'limits.yaml': '{}\n',
  }
  const problem = (changed: Partial<typeof files>) => problemsOf({ CONFIG_DIR: configDir({ ...files, ...changed }) })

  test('are all right in the files that the cases below change', () => expect(problem({})).toEqual([]))

  test.each([
    [
      'an alias for nothing',
      { 'routing.yaml': 'aliases: { fast: onne }\n' },
      /routing\.yaml:1: aliases\.fast: .*did you mean "one"/,
    ],
    ['an alias that hides a model', { 'routing.yaml': 'aliases: { one: one }\n' }, /aliases\.one: .*meaning already/],
    ['a fallback to nothing', { 'routing.yaml': 'fallbacks: { one: [thr] }\n' }, /fallbacks\.one: "thr" is no model/],
    [
      'a limit for nothing',
      { 'limits.yaml': 'limits: { models: { onne: { requests_per_minute: 1 } } }\n' },
      /limits\.models\.onne: "onne" is no model's own name.*did you mean "one"/,
    ],
    [
      'a limit by a name that is not its own',
      { 'limits.yaml': 'limits: { models: { "a:one": { requests_per_minute: 1 } } }\n' },
      /"a:one" is no model's own name.*write one/,
    ],
    [
      'a limit at nobody',
      { 'limits.yaml': 'limits: { providers: { b: { requests_per_minute: 1 } } }\n' },
      /limits\.providers\.b: "b" is no provider row/,
    ],
    [
      'a burst of nothing',
      { 'limits.yaml': 'limits: { callers: { burst: { requests: 5 } } }\n' },
      /limits\.callers\.burst\.requests.* needs requests_per_minute/,
    ],
    [
      'a price for nothing',
      { 'pricing.yaml': files['pricing.yaml'].replace('model: one', 'model: two') },
      /prices\[0\]\.model: "two"/,
    ],
    [
      'a price at nobody',
      { 'pricing.yaml': files['pricing.yaml'].replace('provider: a', 'provider: b') },
      /lists\[0\]\.provider: "b"/,
    ],
    [
      'two prices at a time',
      {
        'pricing.yaml':
          'lists: [{ provider: a, source: s, as_of: 2026-11-10, prices: [{ model: one, input: 1, output: 2 }, { model: one, from: 2026-01-01, input: 1, output: 2 }] }]\n',
      },
      /two prices at the same time/,
    ],
    [
      'a model at nobody',
      { 'models.yaml': files['models.yaml'].replace('provider: a', 'provider: ab') },
      /families\[0\]\.provider: "ab"/,
    ],
    [
      'a model without a window',
      { 'models.yaml': files['models.yaml'].replace('context: 9, ', '') },
      /"one" has no context/,
    ],
    [
      'a replacement by nothing',
      { 'models.yaml': files['models.yaml'].replace('id: one', 'id: one, replacement: tow') },
      /models\.yaml:4: families\[0\]\.models\[0\]\.replacement: "tow"/,
    ],
    [
      'one word for two models',
      {
        'models.yaml': `${files['models.yaml'].trimEnd().slice(0, -1)}, { id: two, aliases: [one], context: 9, max_output: 9 }]\n`,
      },
      /"one" means both/,
    ],
    [
      'a row twice',
      { 'providers.yaml': providers.replace(']', ', { id: a, title: A, dialect: anthropic }]') },
      /"a" is there twice/,
    ],
    [
      'a reserved row',
      { 'providers.yaml': providers.replace('id: a', 'id: sandbox') },
      /"sandbox" has a meaning of its own/,
    ],
    ['the models of nobody', { 'providers.yaml': providers.replace('title', 'models_of: b, title') }, /models_of: "b"/],
  ])('%s is told', (_, changed, expected) => {
    expect(problem(changed).join('\n')).toMatch(expected)
  })
})

describe('the sandbox', () => {
  test.each([
    ['starts by itself where nothing else can be called', {}, 'start'],
    ['starts when it is asked for', { PROVIDERS: 'sandbox', OPENAI_API_KEY: 'k' }, 'start'],
    ['starts in production when it is asked for', { PROVIDERS: 'sandbox', NODE_ENV: 'production' }, 'start'],
    ['stays off beside a provider with a key', { OPENAI_API_KEY: 'k' }, 'off'],
    ['stays off beside a local provider', { LLAMACPP_URL: 'http://localhost:9000' }, 'off'],
    ['stays off on Cloud Run', { K_SERVICE: 'gateway' }, 'off'],
    ['stays off in production', { NODE_ENV: 'production' }, 'off'],
    ['stays off where others can reach it', { HOST: '0.0.0.0', AUTH_MODE: 'api-key' }, 'off'],
  ] as const)('%s', (_, env, expected) => {
    expect(load(env).sandbox).toBe(expected)
  })

  test('a gateway with nothing to call says what to set', () => {
    expect(load({ NODE_ENV: 'production' }).notices).toEqual([expect.stringContaining('OPENAI_API_KEY')])
    expect(load({}).notices).toEqual([])
  })

  test('stands behind every row, without the operator’s keys and headers', () => {
    const config = load({ OPENAI_API_KEY: 'sk-real', PROVIDERS: 'sandbox' })
    const rows = sandboxRows(config, 'http://127.0.0.1:9')
    const known = config.knownProviders.map(({ id }) => id)
    // The gateway's own embedding model is real wherever it is.
    expect(rows.map(({ id }) => id)).toEqual(known.filter((id) => id !== 'local'))
    expect(rows.find(({ id }) => id === 'groq')?.baseUrl).toBe('http://127.0.0.1:9/groq/v1')
    expect(rows.find(({ id }) => id === 'anthropic')?.baseUrl).toBe('http://127.0.0.1:9/anthropic')
    for (const row of rows) {
      expect(row).toMatchObject({ simulated: true, headers: {} })
      expect(row.keys.map(textOf)).toEqual(['sandbox'])
    }
  })
})

test('secrets print as [secret] however they are shown', () => {
  const config = load({ OPENAI_API_KEY: 'sk-hidden', HTTPS_PROXY: 'http://me:hidden@proxy.example:3128' })
  expect(config.proxy?.httpsProxy?.reveal()).toBe('http://me:hidden@proxy.example:3128')
  const key: unknown = config.providers[0]?.keys[0]
  const bigintSafe = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
  for (const shown of [
    inspect(config, { depth: null, showHidden: true }),
    JSON.stringify(config, bigintSafe),
    String(key),
  ]) {
    expect(shown).toContain('[secret]')
    expect(shown).not.toContain('hidden')
  }
})

test('variables replace what the files say', () => {
  const config = load({
    CACHE_ENABLED: 'false',
    CACHE_TTL_SECONDS: '0',
    CACHE_MAX_BYTES: '1000',
    RETENTION_DAYS: '0',
    ALLOWED_HOSTS: 'a.example',
    ALLOWED_ORIGINS: 'https://a.example',
    PUBLIC_URL: 'https://gateway.example',
  })
  expect(config.cache).toMatchObject({ enabled: false, chatTtlMs: 0, maxBytes: 1000, maxEntryBytes: 1000 })
  expect(config.ledger.retentionDays).toBe(0)
  expect(config.http.allowedHosts).toEqual(['a.example', 'gateway.example'])
  expect(config.http.allowedOrigins).toEqual(['https://a.example'])
})

test('an uncharted model claims little, and at a local server costs nothing', () => {
  const card = unchartedCard({ id: 'llamacpp' }, 'qwen/some-model.gguf')
  expect(card).toMatchObject({ key: 'llamacpp:qwen/some-model.gguf', uncharted: true, capabilities: { vision: false } })
  const config = load({ LLAMACPP_URL: 'http://localhost:9000' })
  const book = createPriceBook(config.prices, config.models)
  const query = { model: card.id, atMs: Date.now(), inputTokens: 1_000_000, outputTokens: 1_000_000 }
  expect(book.worstCase({ ...query, provider: 'llamacpp' })?.costNanoUsd).toBe(0n)
  expect(book.worstCase({ ...query, provider: 'litellm' })).toBeNull()
})

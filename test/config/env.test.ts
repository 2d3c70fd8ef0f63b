import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { describeVariables, readEnv } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/config.ts'

const root = path.resolve(import.meta.dirname, '../..')

test('an empty environment has the documented defaults', () => {
  const { env, problems } = readEnv({})
  expect(problems).toEqual([])
  expect(env).toEqual({
    HOST: '127.0.0.1',
    EMBEDDER: 'int8',
    MODEL_DIR: './.models/all-MiniLM-L6-v2',
    SECRET_TTL_SECONDS: 300,
    PORT: 8080,
    METRICS_HOST: '127.0.0.1',
    DATA_DIR: './data',
    DATABASE_POOL_MAX: 10,
    CONFIG_DIR: './config',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'auto',
    LOG_CONTENT: false,
    LOG_REQUESTS: 'failed',
    LOGGING_API: [],
    GCE_METADATA_HOST: 'metadata.google.internal',
    OTEL_SERVICE_NAME: 'ai-gateway-mcp',
    OTEL_TRACES_SAMPLER_ARG: 1,
  })
})

test('an empty or blank variable counts as unset', () => {
  const { env, problems } = readEnv({ PORT: '', LOG_LEVEL: '  ', PUBLIC_URL: '', PROVIDERS: '' })
  expect(problems).toEqual([])
  expect(env.PORT).toBe(8080)
  expect(env.LOG_LEVEL).toBe('info')
  expect(env.PROVIDERS).toBeUndefined()
})

test('values are read into their types', () => {
  const { env, problems } = readEnv({
    PORT: ' 0 ',
    LOG_CONTENT: 'yes',
    CACHE_TTL_SECONDS: '0',
    PROVIDERS: 'openai, groq,,',
    PUBLIC_URL: 'https://gateway.example/',
  })
  expect(problems).toEqual([])
  expect(env).toMatchObject({
    PORT: 0,
    LOG_CONTENT: true,
    CACHE_TTL_SECONDS: 0,
    PROVIDERS: ['openai', 'groq'],
    PUBLIC_URL: 'https://gateway.example',
  })
})

test.each([
  ['PORT', '80a', 'must be a whole number from 0 to 65535'],
  ['PORT', '65536', 'must be a whole number from 0 to 65535'],
  ['PORT', '1e3', 'must be a whole number from 0 to 65535'],
  ['RATE_LIMIT_MAX_REQUESTS', '-1', 'must be a whole number from 1 to 1000000000'],
  ['LOG_LEVEL', 'verbose', 'must be one of debug, info, warn, error'],
  ['LOG_CONTENT', 'perhaps', 'must be true or false'],
  ['AUTH_MODE', 'basic', 'must be one of none, api-key, oauth'],
  ['PUBLIC_URL', 'gateway.example', 'must be a URL that begins with https:// or http://'],
  ['PUBLIC_URL', 'ftp://gateway.example', 'must be a URL that begins with https:// or http://'],
  ['PUBLIC_URL', 'https://me:word@gateway.example', 'must not hold a user name or password'],
  ['PUBLIC_URL', 'https://gateway.example/?a=b', 'must not have a query or a fragment'],
  ['HTTPS_PROXY', 'proxy:3128', 'must be a URL such as http://proxy.example:3128'],
])('%s=%s is told, and the rest is still read', (name, text, problem) => {
  const { env, problems } = readEnv({ [name]: text, DATA_DIR: '/elsewhere' })
  expect(problems).toMatchObject([{ file: 'environment', line: null, key: name, problem }])
  expect(problems[0]?.advice).toMatch(/^here belongs: [^.]+/)
  expect(env.DATA_DIR).toBe('/elsewhere')
})

test('proxies are read in either case, and capitals win', () => {
  expect(readEnv({ https_proxy: 'http://small:1' }).env.HTTPS_PROXY).toBe('http://small:1')
  expect(readEnv({ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://big:1' }).env.HTTPS_PROXY).toBe('http://big:1')
  expect(readEnv({ port: '1' }).env.PORT).toBe(8080)
})

test('deploy/example.env lists exactly the variables that are read', () => {
  const read = new Set<string>()
  const source = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => {
        read.add(String(name))
        return undefined
      },
    },
  )
  loadConfig({ root, env: source })
  const exampleEnv = readFileSync(path.join(root, 'deploy/example.env'), 'utf8')
  const listed = [...exampleEnv.matchAll(/^#([A-Z0-9_]+)=/gm)].map(([, name]) => name ?? '')
  const small = ['https_proxy', 'http_proxy', 'no_proxy']
  expect(listed.toSorted()).toEqual([...read].filter((name) => !small.includes(name)).toSorted())
  expect(new Set(listed).size).toBe(listed.length)
})

test('every variable says what it means', () => {
  for (const { name, meaning } of describeVariables()) expect(meaning, name).toMatch(/^[A-Z`].*\.$/)
})

import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  arrowFaults,
  cycles,
  lengthFaults,
  packageFaults,
  readSources,
  wordFaults,
  type Room,
} from './support/architecture.ts'

const words = ['contract', 'lib']
const domain = [
  'tenants',
  'limits',
  'cache',
  'perception',
  'routing',
  'resilience',
  'ledger',
  'prompts',
  'schemas',
  'telemetry',
]
const core = ['gateway', 'documents', 'admin', ...words]
const part: Room = { imports: words, node: true }

/** Who may know whom. An arrow that is not here needs a function handed over in app.ts instead. */
const rooms: Record<string, Room> = {
  contract: { imports: [], node: false },
  lib: { imports: [], node: true },
  config: part,
  ...Object.fromEntries(domain.map((name) => [name, part])),
  providers: part,
  secrets: part,
  stores: part,
  sandbox: part,
  gateway: { imports: [...domain, ...words], node: true },
  documents: { imports: ['gateway', ...words], types: ['admin'], node: true },
  admin: { imports: ['gateway', ...domain, ...words], types: ['documents'], node: true },
  http: { imports: core, types: ['mcp', 'realtime'], node: true },
  mcp: { imports: core, types: ['http', 'realtime'], node: true },
  realtime: { imports: core, types: ['http', 'mcp'], node: true },
  'open-parts.ts': {
    imports: [...domain, ...words, 'config', 'providers', 'secrets', 'stores', 'sandbox'],
    node: true,
  },
  'app.ts': {
    imports: [
      'open-parts.ts',
      ...domain,
      ...core,
      'config',
      'providers',
      'secrets',
      'stores',
      'sandbox',
      'http',
      'mcp',
      'realtime',
    ],
    node: true,
  },
  cli: { imports: ['app.ts', 'open-parts.ts', 'config', 'sandbox', ...words], node: true },
  'main.ts': { imports: ['app.ts', 'cli', 'config', ...words], node: true },
}

/** The rooms where a package is known; everybody else sees our own words for what it does. */
const homes: Record<string, readonly string[]> = {
  '@opentelemetry/api': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry'],
  '@opentelemetry/resources': ['telemetry'],
  '@opentelemetry/sdk-trace': ['telemetry'],
  'google-auth-library': ['telemetry'],
  '@google-cloud/logging': ['telemetry'],
  '@google-cloud/secret-manager': ['secrets'],
  '@modelcontextprotocol/client': ['cli'],
  '@modelcontextprotocol/node': ['mcp'],
  '@modelcontextprotocol/sdk': ['cli'],
  '@modelcontextprotocol/server': ['mcp'],
  '@xenova/transformers': ['perception'],
  ajv: ['schemas'],
  'ajv-formats': ['schemas'],
  commander: ['cli'],
  'eventsource-parser': ['providers', 'cli'],
  express: ['http'],
  'gpt-tokenizer': ['ledger'],
  helmet: ['http'],
  'hnswlib-node': ['perception'],
  kysely: ['stores'],
  ioredis: ['stores'],
  jose: ['tenants'],
  'lru-cache': ['stores'],
  opossum: ['resilience'],
  pg: ['stores'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry'],
  re2js: ['schemas'],
  'prom-client': ['telemetry'],
  undici: ['providers'],
  yaml: ['config'],
  // What comes from outside is read with zod at each border, and nowhere behind it.
  zod: ['contract', 'cache', 'config', 'http', 'mcp', 'sandbox', 'perception', 'secrets', 'stores', 'tenants', 'cli'],
}

const environment = /\bprocess\s*\.\s*env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|'node:process'/
const output = /\bconsole\s*\.|\bprocess\s*\.\s*(?:stdout|stderr)\b/
const maxLines = 400

describe('the source', () => {
  const sources = readSources(path.resolve(import.meta.dirname, '..'))

  test('is there to be looked at', () => {
    expect(sources.map((file) => file.path)).toContain('src/contract/errors.ts')
  })

  test('has only the arrows of the table', () => {
    expect(arrowFaults(sources, rooms)).toEqual([])
  })

  test('keeps each package in its home room', () => {
    expect(packageFaults(sources, homes)).toEqual([])
  })

  test('has no circle of imports', () => {
    expect(cycles(sources)).toEqual([])
  })

  test('reads the environment in config only', () => {
    expect(wordFaults(sources, environment, ['config'])).toEqual([])
  })

  test('writes to the terminal in telemetry and cli only, since stdout belongs to MCP on stdio', () => {
    expect(wordFaults(sources, output, ['telemetry', 'cli'])).toEqual([])
  })

  test('has no file that is too long to be one thing', () => {
    expect(lengthFaults(sources, maxLines)).toEqual([])
  })
})

describe('the checker', () => {
  const file = (name: string, text: string) => ({ path: `src/${name}`, text })

  test.each([
    ['a domain room that imports a sibling', file('cache/a.ts', "import { price } from '../ledger/price.ts'")],
    ['its types too', file('cache/a.ts', "import type { Price } from '../ledger/price.ts'")],
    [
      'a list of names over several lines',
      file('gateway/a.ts', "import {\n  a,\n  type B,\n} from '../stores/b.ts'\n"),
    ],
    ['an import for its effect', file('gateway/a.ts', "import '../providers/http.ts'")],
    ['what is passed on', file('gateway/a.ts', "export { a } from '../http/a.ts'")],
    ['everything passed on', file('gateway/a.ts', "export * from '../http/a.ts'")],
    ['a late import', file('gateway/a.ts', "const load = async () => import('../stores/sqlite.ts')")],
    ["a face that runs another face's code", file('http/a.ts', "import { server } from '../mcp/server.ts'")],
    ['types named one by one, which still run the module', file('http/a.ts', "import { type T } from '../mcp/a.ts'")],
    ['the composition root, imported from below', file('http/server.ts', "import { createApp } from '../app.ts'")],
    ["Node's modules in the contract", file('contract/a.ts', "import { createHash } from 'node:crypto'")],
    ['config in a domain room', file('limits/a.ts', "import { config } from '../config/config.ts'")],
    ['a room that nobody has drawn', file('helpers/a.ts', '')],
  ])('finds %s', (_what, made) => {
    expect(arrowFaults([made], rooms)).toHaveLength(1)
  })

  test.each([
    ["a sibling face's types", file('http/a.ts', "import type { Services } from '../mcp/server.ts'")],
    [
      'the words',
      file('cache/a.ts', "import type { Chat } from '../contract/chat.ts'\nimport { a } from '../lib/a.ts'"),
    ],
    ['its own room', file('cache/near/a.ts', "import { b } from '../b.ts'")],
    ['an import that is only talked about', file('cache/a.ts', "// import { price } from '../ledger/price.ts'")],
  ])('lets %s pass', (_what, made) => {
    expect(arrowFaults([made], rooms)).toEqual([])
  })

  test('finds a package away from home, whole or in part, and one without a home', () => {
    const made = [
      file('gateway/a.ts', "import { request } from 'undici'"),
      file('gateway/b.ts', "import { encode } from 'gpt-tokenizer/encoding/o200k_base'"),
      file('http/c.ts', "import { serve } from '@modelcontextprotocol/node/http'"),
      file('http/d.ts', "import pad from 'left-pad'"),
    ]
    expect(packageFaults(made, homes)).toHaveLength(made.length)
    expect(packageFaults([file('providers/http.ts', "import { request } from 'undici'")], homes)).toEqual([])
  })

  test('finds a circle, and names the way around it', () => {
    const made = [
      file('cache/a.ts', "import { b } from './b.ts'"),
      file('cache/b.ts', "export { c } from './c.ts'"),
      file('cache/c.ts', "import { a } from './a.ts'"),
    ]
    expect(cycles(made)).toEqual(['src/cache/a.ts → src/cache/b.ts → src/cache/c.ts → src/cache/a.ts'])
  })

  test('takes a circle of types for none, since nothing of it runs', () => {
    const made = [
      file('cache/a.ts', "import type { B } from './b.ts'"),
      file('cache/b.ts', "import { a } from './a.ts'"),
    ]
    expect(cycles(made)).toEqual([])
  })

  test.each([
    ['the environment', environment, 'const { PORT } = process.env'],
    ['the environment, taken apart', environment, 'const { env } = process'],
    ['the environment, imported', environment, "import { env } from 'node:process'"],
    ['the console', output, "console.log('here')"],
    ['standard output', output, '  process.stdout.write(text)'],
  ])('finds %s in code, and not in a comment', (_what, pattern, line) => {
    expect(wordFaults([file('gateway/a.ts', `\n${line}`)], pattern, ['cli'])).toEqual([
      `src/gateway/a.ts:2: ${line.trim()}`,
    ])
    expect(wordFaults([file('cli/a.ts', line), file('gateway/a.ts', `// ${line}`)], pattern, ['cli'])).toEqual([])
  })

  test('finds a file that is too long', () => {
    expect(lengthFaults([file('gateway/a.ts', 'x\n'.repeat(maxLines))], maxLines)).toEqual([])
    expect(lengthFaults([file('gateway/a.ts', 'x\n'.repeat(maxLines + 1))], maxLines)).toHaveLength(1)
  })
})

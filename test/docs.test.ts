import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { createProgram } from '../src/cli/program.ts'
import { loadConfig } from '../src/config/config.ts'
import { createPriceBook } from '../src/ledger/book.ts'
import { tools } from '../src/mcp/tools/index.ts'
import { admin as owner } from './mcp/support/gateway.ts'
import { createTestServices } from './mcp/support/services.ts'
import { projectRoot as root, startApp } from './support/app.ts'
import type { TestApp } from './support/app.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// What the documents tell their reader to do is done here, and what they say there is, is looked for.

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })]
const read = (page: string): string => readFileSync(path.join(root, page), 'utf8')
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')
const blocks = (page: string, language: string): string[] =>
  matches(read(page), new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm'))
const inlineCode = (page: string): string[] => matches(read(page).replaceAll(/^ *```[^]*?^ *```/gm, ''), /`([^`\n]+)`/g)

describe.each(pages)('%s', (page) => {
  test('links to what is there', () => {
    const targets = matches(read(page), /\]\(([^)\s]+)\)/g).filter((target) => !/^https?:/.test(target))
    for (const target of targets) {
      const [file = '', anchor] = target.split('#')
      const linked = file === '' ? page : path.join(path.dirname(page), file)
      expect(existsSync(path.join(root, linked)), target).toBe(true)
      if (anchor !== undefined) expect(matches(read(linked), /^#+ (.*)$/gm).map(slugOf), target).toContain(anchor)
    }
  })

  test('names files that are there', () => {
    const files = inlineCode(page).filter((code) =>
      /^(src|test|config|docs|scripts|deploy|gateway|routing)\/[\w./-]+$/.test(code),
    )
    for (const file of files)
      expect(
        [root, path.join(root, 'src')].some((base) => existsSync(path.join(base, file))),
        file,
      ).toBe(true)
  })

  test('names commands that there are', () => {
    const told = [...blocks(page, 'sh').flatMap((block) => block.split('\n')), ...inlineCode(page)]
    for (const line of told) {
      // Outside the project npx would fetch a stranger's package of that name.
      expect(line).not.toMatch(/\bnpx ai-gateway-mcp\b/)
      const [, script] = /\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/.exec(line) ?? []
      if (script !== undefined) expect(Object.keys(packageJson.scripts), line).toContain(script)
      const [, words] = /\bnode scripts\/launch\.mjs ([a-z -]+)/.exec(line) ?? []
      if (words !== undefined) expect(commandOf(createProgram(), words.trim().split(' ')), line).not.toBe('unknown')
    }
  })
})

test('what the program says names commands that there are, as they are typed in a clone', () => {
  const files = globSync('src/**/*.ts', { cwd: root })
  const named = files.flatMap((file) =>
    matches(read(file), /((?:\S+ ){0,2}\b(?:keys (?:create|list|revoke)|backup FILE))/g),
  )
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((command) => !command.includes('node scripts/launch.mjs '))).toEqual([])
  const told = files.flatMap((file) => matches(read(file), /\bnode scripts\/launch\.mjs ([a-z]+(?: [a-z]+)*)/g))
  for (const words of told) expect(commandOf(createProgram(), words.split(' ')), words).not.toBe('unknown')
})

/** A heading's anchor, as GitHub makes it. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** Follows words down the commands until one is an option or an argument. */
const commandOf = (command: Command, [word, ...rest]: readonly string[]): string => {
  if (word === undefined || word.startsWith('-')) return command.name()
  const next = command.commands.find((known) => known.name() === word)
  if (next) return commandOf(next, rest)
  return command.commands.length > 0 ? 'unknown' : command.name()
}

describe('against a started gateway', () => {
  let it: TestApp
  beforeAll(async () => {
    it = await startApp()
  })
  afterAll(() => it[Symbol.asyncDispose]())

  /** Does what a documented `curl` does, at the test's address. */
  const curl = (command: string): Promise<Response> => {
    const [url = ''] = matches(command, /(http:\/\/[\w.:/-]+)/g)
    const [header = ''] = matches(command, /-H '([^']+)'/g)
    const [body = ''] = matches(command, /-d '([^']+)'/g)
    const [name = '', value = ''] = header.split(': ')
    return fetch(it.url + new URL(url).pathname, { method: 'POST', headers: { [name]: value }, body })
  }
  const curls = ['README.md', 'docs/http-api.md'].flatMap((page) =>
    blocks(page, 'sh')
      // Those that ask a model; orders to the cache have tests of their own.
      .filter((block) => block.startsWith('curl') && block.includes('/v1/'))
      .map((command) => ({ page, command })),
  )

  test.each(curls)('the curl of $page is answered, and again from the cache at no cost', async ({ command }) => {
    const first = await curl(command)
    expect(first.status).toBe(200)
    expect(await first.json()).toMatchObject({
      object: expect.stringMatching(/^(?:chat\.completion|response)$/),
      gateway: { cache: 'miss' },
    })
    const second = await curl(command)
    expect(second.headers.get('x-gateway-cache')).toBe('exact')
    expect(await second.json()).toMatchObject({ gateway: { cost_usd: '0.000000000' } })
  })

  test("the README's program runs as it stands, but for the address", async () => {
    const [program = ''] = blocks('README.md', 'ts')
    expect(program).toContain('http://127.0.0.1:8080')
    using folder = folderBesideModules()
    const file = path.join(folder.path, 'program.ts')
    writeFileSync(
      file,
      `${program.replaceAll('http://127.0.0.1:8080', it.url)}\nconsole.log(reply.choices[0].message.role)`,
    )
    const { stdout } = await promisify(execFile)(process.execPath, [file])
    expect(stdout.trim()).toBe('assistant')
  })

  test('the error that docs/http-api.md shows is the one that comes', async () => {
    const [example = ''] = blocks('docs/http-api.md', 'json')
    const refused = await fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hi' }], temperature: 3 }),
    })
    const id = refused.headers.get('x-request-id') ?? ''
    expect(await refused.json()).toEqual(JSON.parse(example.replace('req_…', id)))
  })

  test('every route that docs/http-api.md lists is there', async () => {
    const [, table = ''] = read('docs/http-api.md').split('| --- | --- |\n', 2)
    const routes = matches(table.split('\n\n')[0] ?? '', /`(?:GET |POST )?(\/[^`]*)`/g)
    expect(routes.length).toBeGreaterThan(6)
    for (const route of routes)
      expect(
        (await fetch(it.url + route.replace('{id}', 'auto').replace('{provider}/{endpoint}', 'openai/models'))).status,
        route,
      ).not.toBe(404)
  })

  test('the addresses in the README are those that serve', async () => {
    const listen = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const addresses = matches(read('README.md'), /http:\/\/127\.0\.0\.1:8080(\/mcp)\b/g)
    expect(addresses.length).toBeGreaterThanOrEqual(3)
    for (const address of new Set(addresses)) {
      const reply = await fetch(it.url + address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify(listen),
      })
      expect(await reply.text()).toContain('unified_completion')
    }
  })
})

describe('the README', () => {
  test('lists every tool', () => {
    const [, section = ''] = read('README.md').split('## MCP tools\n')
    expect(matches(section.split('\n## ')[0] ?? '', /^\| `(\w+)` \|/gm)).toEqual(tools.map(({ name }) => name))
  })

  test('shows JSON that can be pasted', () => {
    const pasted = inlineCode('README.md').filter((code) => /^[[{]"/.test(code))
    expect(pasted.length).toBeGreaterThanOrEqual(4)
    for (const text of pasted) expect(() => JSON.parse(text), text).not.toThrow()
  })

  test('names models that there are', () => {
    const config = loadConfig({ root, env: {} })
    const [comment = ''] = matches(read('README.md'), /or a model by name: (.*)$/gm)
    const names = matches(comment, /'([^']+)'/g)
    expect(names.length).toBeGreaterThan(1)
    const known = new Set(config.models.flatMap(({ id, key }) => [id, key]))
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('what the guides have you write', () => {
  test('a provider, its model and its price are rows that work together', () => {
    const rows = blocks('docs/add-a-provider.md', 'yaml')
    using folder = temporaryFolder()
    const files = ['providers.yaml', 'models.yaml', 'pricing.yaml']
    for (const [index, file] of files.entries()) {
      cpSync(path.join(root, 'config', file), path.join(folder.path, file))
      writeFileSync(path.join(folder.path, file), rows[index] ?? '', { flag: 'a' })
    }
    const config = loadConfig({ root, env: { CONFIG_DIR: folder.path, ACME_API_KEY: 'key' } })
    expect(config.providers).toMatchObject([{ id: 'acme' }])
    expect(config.models.filter(({ provider }) => provider === 'acme')).toMatchObject([{ key: 'acme:acme-1' }])
    const query = { provider: 'acme', model: 'acme-1', atMs: Date.now(), inputTokens: 1_000_000, outputTokens: 0 }
    expect(createPriceBook(config.prices, config.models).estimate(query)?.costNanoUsd).toBe(500_000_000n)
  })

  test('a tool is accepted as a tool, and answers in the shape that it declares', async () => {
    const { listModels } = await importExample('docs/add-a-tool.md', 'src/mcp/tools')
    const services = createTestServices()
    const origin = { requestId: 'req_1', clientRequestId: null, traceId: null, hops: [], face: 'mcp' }
    const call = { caller: owner, services, origin, signal: new AbortController().signal, progress: null }
    const { text, data } = await listModels.run({ ...call, args: listModels.input.parse({}) })
    expect(text.join('\n')).toContain('gpt-6-luna')
    expect(listModels.output.parse(data).models).toContainEqual({ id: 'gpt-6-luna', owned_by: expect.any(String) })
  })

  test('a factor judges', async () => {
    const { locality } = await importExample('docs/add-a-factor.md', 'src/routing/factors')
    expect(locality.judge({ card: { provider: 'llamacpp' } })).toBe(1)
    expect(locality.judge({ card: { provider: 'openai' } })).toBe(0)
    expect(locality.explain({ card: { provider: 'openai' } })).toBe('runs elsewhere')
  })
})

/** Where a program finds the project's packages; ignored by git, and by the tools that look at the sources. */
const folderBesideModules = (): Disposable & { path: string } => {
  const parent = path.join(root, '.vitest')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(path.join(parent, 'docs-'))
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

/** Loads a guide's first program as if it stood in a folder of the sources. */
const importExample = async (page: string, folder: string) => {
  const [program = ''] = blocks(page, 'ts')
  using beside = folderBesideModules()
  const file = path.join(beside.path, 'example.ts')
  writeFileSync(
    file,
    program.replaceAll(/'(\.\.?\/[^']+)'/g, (_, name) => `'${path.join(root, folder, name)}'`),
  )
  return await import(file)
}

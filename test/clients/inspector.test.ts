import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools } from '../../src/mcp/tools/index.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { prepareInspector } from './support/inspector.ts'
import type { Inspected } from './support/inspector.ts'
import { toolCalls } from './support/tool-calls.ts'

const key = 'gw_of_an_inspector'
const inspector = await prepareInspector()

describe.skipIf(inspector === null)("the MCP Inspector's CLI (skipped where npm cannot install it)", () => {
  let it: TestApp

  beforeAll(async () => {
    it = await startApp({
      env: { AUTH_MODE: 'api-key', API_KEY_HASHES: createHash('sha256').update(key).digest('hex') },
    })
  })
  afterAll(() => it[Symbol.asyncDispose]())

  const inspect = async (era: string, ...words: string[]): Promise<Inspected> => {
    if (inspector === null) throw new Error('There is no Inspector.')
    const server = [`${it.url}/mcp`, '--transport', 'http', '--protocol-era', era]
    return inspector([...server, '--header', `Authorization: Bearer ${key}`, ...words])
  }

  describe.each(['legacy', 'auto', 'modern'])('era %s', (era) => {
    test('lists every tool, and finds no schema that a client would refuse', async () => {
      const { exitCode, result } = await inspect(era, '--method', 'tools/list', '--strict')
      expect(result.tools?.map(({ name }) => name)).toEqual(tools.map(({ name }) => name))
      expect(exitCode).toBe(0)
    })
  })

  describe.each(['legacy', 'modern'])('era %s', (era) => {
    const call = (name: string, args: object): Promise<Inspected> =>
      inspect(era, '--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args))

    test.each(toolCalls())('calls $name', async ({ name, args }) => {
      const { exitCode, result } = await call(name, args)
      expect(exitCode).toBe(0)
      expect(result.structuredContent).toBeTypeOf('object')
      expect(result.content?.length).toBeGreaterThan(0)
    })

    test('is told what to do about an error', async () => {
      const { exitCode, result } = await call('unified_completion', { prompt: 'Hello', model: 'no-such-model' })
      expect(exitCode).toBe(5)
      expect(result.isError).toBe(true)
      expect(result.content?.[0]?.text).toMatch(/^model_not_found: .* What to do: /)
    })
  })
})

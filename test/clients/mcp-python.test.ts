import { createHash } from 'node:crypto'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools } from '../../src/mcp/tools/index.ts'
import { projectRoot, startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { didOf, preparePython, raisedBy, startPythonClient } from './support/python.ts'
import type { PythonClient } from './support/python.ts'
import { toolCalls } from './support/tool-calls.ts'

const key = 'gw_of_a_python_agent'
const python = await preparePython()

/** What the client may be told to speak, and what it then speaks with the gateway. */
const modes = [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
  ['2026-07-28', '2026-07-28'],
] as const

describe.skipIf(python === null)(
  'the mcp package for Python (skipped where Python 3.10 or its packages cannot be had)',
  () => {
    let it: TestApp

    beforeAll(async () => {
      it = await startApp({
        env: { AUTH_MODE: 'api-key', API_KEY_HASHES: createHash('sha256').update(key).digest('hex') },
      })
    })
    afterAll(() => it[Symbol.asyncDispose]())

    const start = (mode: string, withKey = key): PythonClient =>
      startPythonClient(python ?? '', 'mcp_client.py', [mode, `${it.url}/mcp`, withKey])

    test.each(modes)(
      'mode %s over stdio, where the client starts the gateway: an answer, with progress',
      async (mode) => {
        const command = [process.execPath, path.join(projectRoot, 'src/main.ts'), 'stdio']
        await using client = startPythonClient(python ?? '', 'mcp_client.py', [mode, ...command])
        const ask = { prompt: 'Tell me about bridges.', use_cache: false }
        const { heard, data } = didOf(await client.order('call', { name: 'unified_completion', arguments: ask }))
        expect(heard).not.toEqual([])
        expect(data).toMatchObject({ simulated: true, text: expect.stringContaining((heard as string[]).join('')) })
      },
    )

    describe.each(modes)('mode %s', (mode, protocol) => {
      let client: PythonClient
      beforeAll(() => {
        client = start(mode)
      })
      afterAll(() => client[Symbol.asyncDispose]())

      test('lists every tool, with its schemas and annotations', async () => {
        const listed = didOf(await client.order('list_tools'))
        expect(listed['protocol']).toBe(protocol)
        // A client that is told the version asks nothing at first, so it never hears the instructions.
        if (mode !== protocol) expect(listed['instructions']).toContain('unified_completion')
        expect(listed['tools']).toMatchObject(
          tools.map(({ name, title, annotations }) => ({
            name,
            title,
            annotations,
            inputSchema: { type: 'object' },
            outputSchema: { type: 'object' },
          })),
        )
      })

      test.each(toolCalls())('$name answers, and the result meets its output schema', async ({ name, args }) => {
        const result = didOf(await client.order('call', { name, arguments: args }))
        expect(result).toMatchObject({ is_error: false, data: expect.any(Object) })
      })

      test('an answer is heard as it grows, and its result is whole', async () => {
        const ask = { prompt: `Tell me about bridges, ${mode}.`, use_cache: false }
        const { heard, data } = didOf(await client.order('call', { name: 'unified_completion', arguments: ask }))
        expect(data).toMatchObject({ finish_reason: 'stop', cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) })
        expect(heard).not.toEqual([])
        expect(data).toMatchObject({ text: expect.stringContaining((heard as string[]).join('')) })
        expect(it.receipts.at(-1)).toMatchObject({ face: 'mcp', outcome: 'complete' })
      })

      test('a call that fails is a result that says what to do', async () => {
        const ask = { prompt: 'Hello', model: 'no-such-model' }
        const { is_error, texts } = didOf(await client.order('call', { name: 'unified_completion', arguments: ask }))
        expect(is_error).toBe(true)
        expect((texts as string[])[0]).toMatch(/model_not_found: .* What to do: /)
        expect(JSON.parse((texts as string[])[1] ?? '')).toMatchObject({ error: { code: 'model_not_found' } })
      })

      test('a tool that is not there is an exception', async () => {
        const raised = raisedBy(await client.order('call', { name: 'no_such_tool', arguments: {} }))
        expect(raised.classes[0]).toBe('MCPError')
        expect(raised.code).toBe(-32602)
      })

      test('who cancels and leaves stops the provider', async () => {
        it.upstream.script([{ kind: 'stall', after: 3 }])
        const before = it.upstream.requests.length
        const ask = { prompt: `Wait for it, ${mode}.` }
        expect(await client.order('leave', { name: 'unified_completion', arguments: ask })).toEqual({ did: true })
        expect((await it.upstream.waitForClose(before + 1)).closedEarly).toBe(true)
        await expect.poll(() => it.receipts.at(-1)?.outcome).toBe('client_aborted')
      })

      test('a wrong key is an exception', async () => {
        await using stranger = start(mode, 'gw_wrong')
        expect(raisedBy(await stranger.order('list_tools')).message).toMatch(/401|key/i)
      })
    })
  },
)

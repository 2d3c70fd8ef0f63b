import os from 'node:os'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test.each(['legacy', 'auto'] as const)(
  'stdio serves a client (%s) that starts it from another folder',
  async (mode) => {
    using data = temporaryFolder()
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [`${projectRoot}/src/main.ts`, 'stdio'],
        cwd: os.tmpdir(),
        env: { DATA_DIR: data.path, PROVIDERS: 'sandbox', LOG_LEVEL: 'debug' },
        stderr: 'ignore',
      }),
    )
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('unified_completion')
    const result = await client.callTool({ name: 'unified_completion', arguments: { prompt: 'What is 2 + 3?' } })
    expect(result.structuredContent).toMatchObject({ text: expect.stringContaining('2 + 3 = 5'), simulated: true })
    await client.close()
  },
)

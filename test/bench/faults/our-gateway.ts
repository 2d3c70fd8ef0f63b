import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config/config.ts'
import type { Config } from '../../../src/config/config.ts'
import { version } from '../../../src/config/version.ts'
import { projectRoot } from '../../support/app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { rowsOf } from './contender.ts'
import type { Contender } from './contender.ts'
import type { Patience } from './situations.ts'

const secondRow = `
  - id: second
    title: Second deployment
    dialect: openai-chat
    models_of: openai
    flags: { openai_extras: true }
`

/**
 * This gateway with its shipped settings, but for the patience. Each door is a new gateway: its circuit breaker would
 * otherwise learn from one situation and spare the next.
 */
export const ourGateway = (options: {
  sandboxUrl: string
  patience: Patience
  change?: (config: Config) => Config
}): Contender => {
  const { sandboxUrl, patience, change = (config) => config } = options
  const rows = rowsOf('ours')
  const folder = temporaryFolder()
  const shipped = readFileSync(path.join(projectRoot, 'config/providers.yaml'), 'utf8')
  writeFileSync(path.join(folder.path, 'providers.yaml'), shipped + secondRow)
  const loaded = loadConfig({
    root: projectRoot,
    env: {
      CONFIG_DIR: folder.path,
      OPENAI_API_KEY: 'first',
      OPENAI_BASE_URL: `${sandboxUrl}/${rows[0]}/v1`,
      SECOND_API_KEY: 'second',
      SECOND_BASE_URL: `${sandboxUrl}/${rows[1]}/v1`,
      LOG_LEVEL: 'error',
    },
  })
  const { silenceMs } = patience
  const config = change({
    ...loaded,
    http: { ...loaded.http, port: 0 },
    dataDir: ':memory:',
    providers: loaded.providers.map((row) => ({
      ...row,
      timeouts: { ...row.timeouts, firstByteMs: silenceMs, stallMs: silenceMs },
    })),
  })
  return {
    name: 'ai-gateway-mcp',
    version,
    rows,
    async open() {
      const app = await createApp(config, { fd: 2, isTerminal: false })
      const { url } = await app.http.listen()
      return {
        url: `${url}/v1/chat/completions`,
        headers: {},
        [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
      }
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
    },
  }
}

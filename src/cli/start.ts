import { once } from 'node:events'
import { createApp } from '../app.ts'
import type { App } from '../app.ts'
import type { Config } from '../config/config.ts'
import { configure } from './configure.ts'
import { untilStopped } from './until-stopped.ts'

/** Serves MCP and HTTP until the process is told to stop. */
export const start = async (): Promise<void> => {
  using stop = untilStopped()
  const config = configure()
  const isTerminal = process.stdout.isTTY
  await using app = await createApp(config, { fd: 1, isTerminal })
  const { url } = await app.http.listen()

  const { logger } = app
  logger.info({ url, mcp: `${url}/mcp`, openai: `${url}/v1`, auth: config.auth.mode }, `listening on ${url}`)
  for (const notice of config.notices) logger.warn({}, notice)
  if (isTerminal) process.stdout.write(welcome(url, app, config))
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  logger.info({}, 'stopping: running answers may finish')
}

const welcome = (url: string, app: App, { auth, providers }: Config): string => `
  MCP      ${url}/mcp
  OpenAI   ${url}/v1
  keys     ${auth.mode === 'none' ? 'none needed on this machine' : '"Authorization: Bearer <key>"; make one with: ai-gateway-mcp keys create --name NAME'}
  models   ${app.sandbox ? 'simulated by the sandbox: set an API key such as OPENAI_API_KEY for real ones' : providers.map(({ title }) => title).join(', ') || 'none: no provider is configured'}

`

import { once } from 'node:events'
import { createApp } from '../app.ts'
import type { App } from '../app.ts'
import type { Config } from '../config/config.ts'
import { version } from '../config/version.ts'
import { configure } from './configure.ts'
import { untilStopped } from './until-stopped.ts'

/** Serves MCP and HTTP until the process is told to stop, and ends it. */
export const start = async (): Promise<void> => {
  await serve()
  // All is closed and written by now. What may still hold the process up, such as a delivery of traces to a collector
  // that does not answer, would hold it until it is killed.
  // eslint-disable-next-line unicorn/no-process-exit
  process.exit()
}

const serve = async (): Promise<void> => {
  using stop = untilStopped()
  const config = configure()
  const isTerminal = process.stdout.isTTY
  await using app = await createApp(config, { fd: 1, isTerminal })
  const { url } = await app.http.listen()
  app.warm()

  const scraped = await app.metrics?.listen()

  const { logger } = app
  const providers = app.sandbox ? ['sandbox'] : config.providers.map(({ id }) => id)
  const fields = { url, mcp: `${url}/mcp`, openai: `${url}/v1`, auth: config.auth.mode, providers, version }
  logger.info(fields, `listening on ${url}`)
  if (scraped) logger.info({ url: scraped.url }, `metrics on ${scraped.url}/metrics`)
  for (const notice of config.notices) logger.warn({}, notice)
  if (isTerminal) process.stdout.write(welcome(url, app, config))
  else if (app.sandbox) logger.warn({}, 'The sandbox answers for every model: every answer is simulated.')
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  logger.info({}, 'stopping: running answers may finish')
}

const howToComeIn = {
  none: 'none needed on this machine',
  'api-key': '"Authorization: Bearer <key>"; make one with: node scripts/launch.mjs keys create --name NAME',
  oauth: 'access tokens of the authorization server; who may come in is in config/callers.yaml',
} as const

const welcome = (url: string, app: App, { auth, providers }: Config): string => `
  MCP      ${url}/mcp
  OpenAI   ${url}/v1
  keys     ${howToComeIn[auth.mode]}
  models   ${app.sandbox ? 'simulated by the sandbox: set an API key such as OPENAI_API_KEY for real ones' : providers.map(({ title }) => title).join(', ') || 'none: no provider is configured'}

`

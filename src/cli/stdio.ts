import { createApp } from '../app.ts'
import { configure } from './configure.ts'
import { untilStopped } from './until-stopped.ts'

/** Serves MCP to the process that started us. Whoever did owns the machine: no keys are asked for, and stdout is the protocol's. */
export const stdio = async (): Promise<void> => {
  using stop = untilStopped()
  const config = configure()
  const logTo = { fd: 2, isTerminal: process.stderr.isTTY } as const
  // Each host starts one of its own: there is no port that all of them could be scraped on.
  await using app = await createApp({ ...config, auth: { mode: 'none' }, metrics: null }, logTo)
  for (const notice of config.notices) app.logger.warn({}, notice)
  await app.stdio(stop.signal)
}

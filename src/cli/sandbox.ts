import { once } from 'node:events'
import { openCountingSandbox } from '../app.ts'
import { untilStopped } from './until-stopped.ts'

/** Serves the sandbox alone, for trying clients and other gateways against it. */
export const sandbox = async ({ port }: { port: number }): Promise<void> => {
  using stop = untilStopped()
  await using server = await openCountingSandbox({ port })
  process.stdout.write(`The sandbox listens.
  OpenAI-shaped base URL      ${server.url}/v1
  Anthropic-shaped base URL   ${server.url}
  any key, any model; every answer is simulated
`)
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
}

import { launchPortkey, portkeyVersion } from '../portkey.ts'
import { rowsOf } from './contender.ts'
import type { Contender } from './contender.ts'
import type { Patience } from './situations.ts'

/**
 * `@portkey-ai/gateway` configured as its documentation says: fallback over two targets, two retries (ours makes three
 * tries), the same patience as a request timeout.
 * @throws Error where it can neither be found nor installed
 */
export const startPortkey = async (options: { sandboxUrl: string; patience: Patience }): Promise<Contender> => {
  const { sandboxUrl, patience } = options
  const portkey = await launchPortkey()
  const rows = rowsOf('portkey')
  const config = {
    strategy: { mode: 'fallback' },
    request_timeout: patience.silenceMs,
    targets: rows.map((row) => ({
      provider: 'openai',
      api_key: row,
      custom_host: `${sandboxUrl}/${row}/v1`,
      request_timeout: patience.silenceMs,
      retry: { attempts: 2 },
    })),
  }
  return {
    name: '@portkey-ai/gateway',
    version: portkeyVersion,
    rows,
    open: async () => ({
      url: `${portkey.url}/v1/chat/completions`,
      headers: { 'x-portkey-config': JSON.stringify(config) },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    [Symbol.asyncDispose]: () => portkey[Symbol.asyncDispose](),
  }
}

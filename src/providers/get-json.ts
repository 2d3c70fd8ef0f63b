import { request } from 'undici'
import { createDispatchers } from './http/dispatchers.ts'
import type { ProxySettings } from './http/dispatchers.ts'

/** Reads small public documents, such as an authorization server's metadata and keys. */
export interface JsonReader extends AsyncDisposable {
  /**
   * Follows no redirect: who is asked is who answers.
   * @throws Error for every answer but a 200 with JSON of a bounded size, and what the network or the signal says
   */
  get(url: string, signal: AbortSignal): Promise<unknown>
}

const maxBytes = 256 * 1024
const connectMs = 3_000

export const createJsonReader = (proxy: ProxySettings | null): JsonReader => {
  const dispatchers = createDispatchers(proxy)
  return {
    get: async (url, signal) => {
      const { statusCode, body } = await request(url, {
        dispatcher: dispatchers.for({ timeouts: { connectMs, firstByteMs: 0, stallMs: 0 } }),
        headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'ai-gateway-mcp' },
        signal,
      })
      // A body that is left makes an error of it, which would be nobody's; who reads it hears his own all the same.
      body.on('error', () => undefined)
      if (statusCode !== 200) {
        body.destroy()
        throw new Error(`${url} answered ${statusCode}.`)
      }
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of body) {
        if (!Buffer.isBuffer(chunk)) continue
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > maxBytes) throw new Error(`${url} answered with more than ${maxBytes} bytes.`)
      }
      const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      return json
    },
    [Symbol.asyncDispose]: () => dispatchers.close(),
  }
}

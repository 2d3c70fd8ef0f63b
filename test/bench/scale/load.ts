import type { MeasuredGateway } from './gateway.ts'
import { quantile } from './pairs.ts'
import type { Figures } from './pairs.ts'

/** One request of a load. */
export interface Asked {
  body: object
  /** Shown as a bearer token. */
  secret?: string
}

/** A question that nobody asked before, or the nth of some that can be asked again. */
export const questionOf = (name: string, fields: Readonly<Record<string, unknown>> = {}): object => ({
  model: 'gpt-6-luna',
  messages: [{ role: 'user', content: `What is the boiling point of substance ${name}?` }],
  ...fields,
})

/**
 * Asks one after the other, and checks that memory had the answers as expected. Returns how long each took, in ms.
 * @throws Error for an answer that is none, or not of the kind that is measured
 */
export const askAll = async (url: string, requests: readonly Asked[], cache: string): Promise<number[]> => {
  const took: number[] = []
  for (const { body, secret } of requests) {
    const startedAtMs = performance.now()
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
      body: JSON.stringify(body),
    })
    const text = await reply.text()
    took.push(performance.now() - startedAtMs)
    const state = reply.headers.get('x-gateway-cache')
    if (reply.status !== 200 || state !== cache)
      throw new Error(`Not what was to be measured: ${reply.status}, cache ${state}, ${text.slice(0, 300)}`)
  }
  return took
}

/** What a request costs: processor time of the gateway, and the caller's wait. */
export const costOf = async (gateway: MeasuredGateway, requests: readonly Asked[], cache: string): Promise<Figures> => {
  let took: number[] = []
  const { cpuMs, heldMs } = await gateway.strainOf(async () => {
    took = await askAll(gateway.url, requests, cache)
  })
  return {
    'CPU a request, ms': cpuMs / requests.length,
    'p50, ms': quantile(took, 0.5),
    'p99, ms': quantile(took, 0.99),
    'loop held at most, ms': heldMs,
  }
}

/** What a long work does to those who ask meanwhile. `ask` makes the nth request. */
export const costBeside = async (
  gateway: MeasuredGateway,
  work: () => Promise<unknown>,
  { ask, cache }: { ask: (nth: number) => Asked; cache: string },
): Promise<Figures> => {
  const took: number[] = []
  let workMs = 0
  const { heldMs } = await gateway.strainOf(async () => {
    const startedAtMs = performance.now()
    let isOver = false
    const working = work().finally(() => {
      workMs = performance.now() - startedAtMs
      isOver = true
    })
    while (!isOver) took.push(...(await askAll(gateway.url, [ask(took.length)], cache)))
    await working
  })
  return { 'takes, ms': workMs, 'p99 meanwhile, ms': quantile(took, 0.99), 'loop held at most, ms': heldMs }
}

/** Calls an MCP tool, without a session. */
export const callTool = async (url: string, name: string, args: object): Promise<void> => {
  const reply = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  })
  const text = await reply.text()
  if (!text.includes('"structuredContent"')) throw new Error(`${name} did not answer: ${text.slice(0, 300)}`)
}

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { frameText, inputTokensOf, answerText, readOrder } from './order.ts'
import type { Order } from './order.ts'

// A provider that speaks OpenAI's wire and does nothing else: it does what the prompt orders and writes down what it bills.

/** What one request came to here. */
export interface Bill {
  call: number
  inputTokens: number
  /** Pieces that were sent. */
  outputTokens: number
  /** `left`: the other side closed the connection before the answer was whole. */
  state: 'running' | 'whole' | 'left'
}

export type Asked = 'bills'
export type Told = { url: string } | { bills: readonly Bill[] }

const bills: Bill[] = []

const readBody = async (req: IncomingMessage): Promise<{ stream: boolean; order: Order }> => {
  const pieces: Buffer[] = []
  for await (const piece of req) pieces.push(piece)
  const body = JSON.parse(Buffer.concat(pieces).toString())
  return { stream: body.stream === true, order: readOrder(body.messages.at(-1).content) }
}

const usageOf = ({ call, frames }: Order): object => ({
  prompt_tokens: inputTokensOf(call),
  completion_tokens: frames,
  total_tokens: inputTokensOf(call) + frames,
})

const chunkOf = ({ call }: Order, rest: object): string =>
  `data: ${JSON.stringify({ id: `chatcmpl-${call}`, object: 'chat.completion.chunk', created: 0, model: 'gpt-6-luna', ...rest })}\n\n`

const choice = (delta: object, finish: string | null = null): object => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
})

const recite = async (res: ServerResponse, order: Order, bill: Bill): Promise<void> => {
  const closed = once(res, 'close')
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let frame = 0; frame < order.frames && !res.destroyed; frame += 1) {
    if (order.everyMs > 0 && frame > 0) await sleep(order.everyMs)
    if (res.destroyed) return
    const isTaken = res.write(chunkOf(order, choice({ content: frameText(order, frame) })))
    bill.outputTokens += 1
    if (!isTaken) await Promise.race([once(res, 'drain'), closed])
  }
  res.write(chunkOf(order, choice({}, 'stop')))
  res.end(`${chunkOf(order, { choices: [], usage: usageOf(order) })}data: [DONE]\n\n`)
}

const replyWhole = (res: ServerResponse, order: Order, bill: Bill): void => {
  const message = { role: 'assistant', content: answerText(order) }
  bill.outputTokens = order.frames
  res.setHeader('content-type', 'application/json')
  res.end(
    JSON.stringify({
      id: `chatcmpl-${order.call}`,
      object: 'chat.completion',
      created: 0,
      model: 'gpt-6-luna',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: usageOf(order),
    }),
  )
}

const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const { stream, order } = await readBody(req)
  const bill: Bill = { call: order.call, inputTokens: inputTokensOf(order.call), outputTokens: 0, state: 'running' }
  bills.push(bill)
  res.once('close', () => (bill.state = res.writableFinished ? 'whole' : 'left'))
  if (res.destroyed) bill.state = 'left'
  if (order.startMs > 0) await sleep(order.startMs)
  if (!stream && order.everyMs > 0) await sleep(order.everyMs * (order.frames - 1))
  if (res.destroyed) return
  if (stream) await recite(res, order, bill)
  else replyWhole(res, order, bill)
}

// Who breaks off while sending his question has ordered nothing.
const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()))
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) tell({ url: `http://127.0.0.1:${address.port}` })
})

const tell = (told: Told): void => parentPort?.postMessage(told)
parentPort?.on('message', (_asked: Asked) => tell({ bills }))

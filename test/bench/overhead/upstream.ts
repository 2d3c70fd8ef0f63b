// The bare upstream: an OpenAI-compatible server that does nothing but answer. In a process of its own, since every
// contender must share the machine with it in the same way.
import { createServer } from 'node:http'
import { lastWords, words } from './words.ts'

const model = 'gpt-4.1-mini'
const usage = { prompt_tokens: 60, completion_tokens: words.length, total_tokens: 60 + words.length }
const head = { id: 'chatcmpl-bench', created: 1_700_000_000, model }

const plain = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: words.join(''), refusal: null }, finish_reason: 'stop' },
    ],
    usage,
  }),
)

const frame = (fields: object): Buffer =>
  Buffer.from(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`)
const chunk = (delta: object, finish_reason: string | null = null): Buffer =>
  frame({ choices: [{ index: 0, delta, finish_reason }] })
const frames = [
  chunk({ role: 'assistant', content: '' }),
  ...words.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  frame({ choices: [], usage }),
  Buffer.from('data: [DONE]\n\n'),
]
if (!plain.includes(lastWords)) throw new Error('The plain reply lacks its last words.')

const server = createServer((req, res) => {
  const body: Buffer[] = []
  req.on('data', (piece: Buffer) => body.push(piece))
  req.on('end', () => {
    if (!Buffer.concat(body).includes('"stream":true')) {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': plain.length }).end(plain)
      return
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    // A turn of the event loop between two frames: each is a packet of its own, as tokens are.
    let next = 0
    const send = (): void => {
      const piece = frames[next]
      next += 1
      if (piece === undefined) res.end()
      else {
        res.write(piece)
        setImmediate(send)
      }
    }
    send()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => process.exit())

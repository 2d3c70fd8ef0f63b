import { once } from 'node:events'
import { connect } from 'node:net'

/** How one exchange went, in milliseconds since its request was written. */
export interface Exchange {
  /** Until the first byte of the reply's body. */
  firstMs: number
  /** Until its last. */
  wholeMs: number
}

export interface Connection extends Disposable {
  /**
   * Sends a request and waits for the whole reply.
   * @throws Error when the reply is no 200, lacks `mustHold`, or the connection closes
   */
  exchange(request: string, mustHold: string): Promise<Exchange>
}

const endOfChunks = Buffer.from('\r\n0\r\n\r\n')

/**
 * A keep-alive connection that knows just enough HTTP/1.1 to see where a reply ends. Written by hand so that asking
 * costs less than anything that is asked: a client library would take more of the processor than a bare proxy does.
 */
export const openConnection = async (url: string): Promise<Connection> => {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')

  let pieces: Buffer[] = []
  let head: Head | null = null
  let startedAt = 0
  let firstMs = 0
  let turn: PromiseWithResolvers<Exchange & { reply: Buffer }> | null = null

  const finish = (): void => {
    turn?.resolve({ firstMs, wholeMs: performance.now() - startedAt, reply: Buffer.concat(pieces) })
    pieces = []
    head = null
    turn = null
  }
  socket.on('data', (piece) => {
    pieces.push(piece)
    head ??= readHead(Buffer.concat(pieces))
    if (!head) return
    const length = pieces.reduce((sum, { length: bytes }) => sum + bytes, 0)
    if (firstMs === 0 && length > head.bytes) firstMs = performance.now() - startedAt
    if (head.bodyBytes === null ? endsInLastChunk(pieces) : length >= head.bytes + head.bodyBytes) finish()
  })
  socket.on('close', () => turn?.reject(new Error('The connection was closed in the middle of a reply.')))
  socket.on('error', (error) => turn?.reject(error))

  return {
    exchange: async (request, mustHold) => {
      turn = Promise.withResolvers()
      firstMs = 0
      startedAt = performance.now()
      socket.write(request)
      const { reply, ...times } = await turn.promise
      if (reply.toString('latin1', 9, 12) !== '200' || !reply.includes(mustHold))
        throw new Error(`Another reply than was expected: ${reply.toString('utf8').slice(0, 2_000)}`)
      return times
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

interface Head {
  bytes: number
  /** Null: the body comes in chunks. */
  bodyBytes: number | null
}

const readHead = (received: Buffer): Head | null => {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return null
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, end))?.[1]
  return { bytes: end + 4, bodyBytes: length === undefined ? null : Number(length) }
}

const endsInLastChunk = (pieces: readonly Buffer[]): boolean => {
  const last = pieces.at(-1)
  if (!last) return false
  if (last.length >= endOfChunks.length) return last.subarray(-endOfChunks.length).equals(endOfChunks)
  return Buffer.concat(pieces.slice(-endOfChunks.length)).subarray(-endOfChunks.length).equals(endOfChunks)
}

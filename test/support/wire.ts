import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** A piece of network between a client and a server on this machine, that a test can cut and mend. */
export interface Wire extends AsyncDisposable {
  port: number
  /** Connections that are open now. */
  connections(): number
  /** Ends every connection, and every new one at once. */
  cut(): void
  /** Carries nothing any more and tells nobody, as a cable that is pulled. */
  stall(): void
  /** From now on what the server says is lost, and its client's connection ends: what the client asked for is done. */
  loseReplies(): void
  /** Carries everything again; what was stalled goes on. */
  mend(): void
}

type State = 'whole' | 'cut' | 'stalled' | 'loses replies'

/** Starts a wire from a free port of 127.0.0.1 to `port`. */
export const startWire = async (port: number): Promise<Wire> => {
  const open = new Set<Socket>()
  let state: State = 'whole'

  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy()
    const far = connect(port, '127.0.0.1')
    const ends = [near, far]
    for (const socket of ends) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        for (const other of ends) other.destroy()
      })
    }
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => {
      if (state === 'loses replies') near.destroy()
      else near.write(bytes)
    })
    if (state === 'stalled') for (const socket of ends) socket.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port was given')

  const cut = (): void => {
    state = 'cut'
    for (const socket of open) socket.destroy()
  }
  return {
    port: address.port,
    connections: () => open.size / 2,
    cut,
    stall: () => {
      state = 'stalled'
      for (const socket of open) socket.pause()
    },
    loseReplies: () => {
      state = 'loses replies'
    },
    mend: () => {
      state = 'whole'
      for (const socket of open) socket.resume()
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

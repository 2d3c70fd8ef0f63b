import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Command, GatewaySettings, Reply, Strain } from './gateway-process.ts'

/** A gateway in a process of its own. */
export interface MeasuredGateway extends AsyncDisposable {
  url: string
  /** From the start of the process until it listens. */
  readyMs: number
  fillCache(entries: number): Promise<void>
  /** Deletes receipts as the retention does; returns how many. */
  prune(beforeMs: number): Promise<number>
  /** Does the work, and says what it took of the process. */
  strainOf(work: () => Promise<void>): Promise<Strain>
}

// Room for a million entries, the same for every size.
const heapMb = 8_192

export const startGateway = async (settings: GatewaySettings): Promise<MeasuredGateway> => {
  const startedAtMs = performance.now()
  const child = fork(path.join(import.meta.dirname, 'gateway-process.ts'), [JSON.stringify(settings)], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')

  const heard = async (): Promise<Exclude<Reply, { fault: string }>> => {
    const reply: Reply = await Promise.race([
      once(child, 'message').then(([message]) => message),
      ended.then(() => ({ fault: 'The gateway ended.' })),
    ])
    if ('fault' in reply) throw new Error(reply.fault)
    return reply
  }
  const tell = async (command: Command) => {
    const reply = heard()
    child.send(command)
    return reply
  }
  const count = async (command: Command): Promise<number> => {
    const reply = await tell(command)
    return 'done' in reply ? reply.done : 0
  }

  const listening = await heard()
  const readyMs = performance.now() - startedAtMs
  return {
    url: 'url' in listening ? listening.url : '',
    readyMs,
    fillCache: async (entries) => void (await count({ do: 'fill-cache', entries })),
    prune: (beforeMs) => count({ do: 'prune', beforeMs }),
    strainOf: async (work) => {
      await tell({ do: 'mark' })
      await work()
      const reply = await tell({ do: 'measure' })
      if (!('strain' in reply)) throw new Error('The gateway told no strain.')
      return reply.strain
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Instance } from '../../fleet/fleet.ts'

/** Something that goes wrong while callers ask, and is put right again. */
export interface Disturbance {
  name: string
  /** What is published of it beside the figures. */
  does: string
  /** Limits are counted by each instance for itself then, and until it is over. */
  withoutRedis: boolean
  /** @param lastsMs how long it stays wrong. Returns what it found amiss, a sentence each. */
  run(fleet: Fleet, lastsMs: number): Promise<readonly string[]>
}

const none: readonly string[] = []
const servers = (fleet: Fleet) => {
  const { postgres, redis } = fleet
  if (!postgres || !redis) throw new Error('There is nothing to disturb')
  return { postgres, redis }
}
const one = ({ instances }: Fleet, place: number): Instance => {
  const instance = instances[place % instances.length]
  if (!instance) throw new Error('There is nobody to disturb')
  return instance
}

/** In the order in which they come; between two of them all is well for as long again. */
export const disturbances: readonly Disturbance[] = [
  {
    name: 'calm',
    does: 'nothing',
    withoutRedis: false,
    run: async (_fleet, lastsMs) => {
      await sleep(lastsMs)
      return none
    },
  },
  {
    name: 'Redis stops',
    does: 'Redis is stopped, and started again empty',
    withoutRedis: true,
    run: async (fleet, lastsMs) => {
      const { server } = servers(fleet).redis
      await server.stop()
      await sleep(lastsMs)
      await server.start()
      return none
    },
  },
  {
    name: 'PostgreSQL restarts',
    does: 'PostgreSQL is restarted',
    withoutRedis: false,
    run: async (fleet) => {
      await servers(fleet).postgres.server.restart()
      return none
    },
  },
  {
    name: 'Redis out of reach',
    does: 'the network to Redis is cut, and mended',
    withoutRedis: true,
    run: async (fleet, lastsMs) => {
      const { wire } = servers(fleet).redis
      wire.cut()
      await sleep(lastsMs)
      wire.mend()
      return none
    },
  },
  {
    name: 'PostgreSQL out of reach',
    does: 'the network to PostgreSQL is cut, and mended',
    withoutRedis: false,
    run: async (fleet, lastsMs) => {
      const { wire } = servers(fleet).postgres
      wire.cut()
      await sleep(lastsMs)
      wire.mend()
      return none
    },
  },
  {
    name: 'PostgreSQL says nothing',
    does: 'the network to PostgreSQL swallows everything, and mends',
    withoutRedis: false,
    run: async (fleet, lastsMs) => {
      const { wire } = servers(fleet).postgres
      wire.stall()
      await sleep(lastsMs)
      wire.mend()
      return none
    },
  },
  {
    name: 'a gateway is killed',
    does: 'one gateway is ended by SIGKILL; another takes its place',
    withoutRedis: false,
    run: async (fleet, lastsMs) => {
      const instance = one(fleet, 1)
      await instance.kill()
      await sleep(lastsMs)
      await instance.replace()
      return none
    },
  },
  {
    name: 'a gateway is drained',
    does: 'one gateway is ended by SIGTERM; another takes its place',
    withoutRedis: false,
    run: async (fleet, lastsMs) => {
      const instance = one(fleet, 2)
      const { code, tookMs } = await instance.drain()
      await sleep(lastsMs)
      await instance.replace()
      return [
        ...(code === 0 ? [] : [`a gateway that was asked to end ended with ${code}`]),
        ...(tookMs <= 10_000 ? [] : [`a gateway took ${Math.round(tookMs)} ms to end`]),
      ]
    },
  },
]

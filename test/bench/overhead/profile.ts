import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { projectRoot } from '../../support/app.ts'

const cpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

interface Place {
  line: string
  /** Of the time in which the processor worked. */
  share: number
}

/**
 * Where a process's own time went, by function and by room, the dearest first: the `.cpuprofile` files that Node's
 * `--cpu-prof` left in a folder, with the time that it slept taken off.
 */
export const readProfiles = (folder: string): Place[] => {
  const byFunction = new Map<string, number>()
  const byRoom = new Map<string, number>()
  const add = (sums: Map<string, number>, name: string, micros: number): void =>
    void sums.set(name, (sums.get(name) ?? 0) + micros)

  for (const file of readdirSync(folder)) {
    const { nodes, samples, timeDeltas } = cpuProfile.parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')))
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
    for (const [index, id] of samples.entries()) {
      const frame = frames.get(id)
      const micros = timeDeltas[index] ?? 0
      if (!frame || frame.functionName === '(idle)' || frame.functionName === '(root)') continue
      const room = roomOf(frame.url, frame.functionName)
      add(byRoom, room, micros)
      add(byFunction, `${frame.functionName || '(anonymous)'} (${placeOf(frame.url, frame.lineNumber, room)})`, micros)
    }
  }
  return [...dearest(byRoom, 25), ...dearest(byFunction, 45)]
}

const dearest = (sums: ReadonlyMap<string, number>, count: number): Place[] => {
  const all = [...sums.values()].reduce((sum, micros) => sum + micros, 0)
  return [...sums]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, micros]) => ({
      line: `${((100 * micros) / all).toFixed(1).padStart(5)} %  ${name}`,
      share: micros / all,
    }))
}

/** `src/http`, `undici`, `node:net`: whose code it is. */
const roomOf = (url: string, name: string): string => {
  if (url === '') return name === '(garbage collector)' ? 'garbage collector' : 'native code'
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/')
  const [, inPackages] = url.split('/node_modules/')
  if (inPackages !== undefined)
    return inPackages
      .split('/')
      .slice(0, inPackages.startsWith('@') ? 2 : 1)
      .join('/')
  const [, inProject] = url.split(projectRoot)
  return (inProject ?? url).split('/').slice(1, 3).join('/')
}

const placeOf = (url: string, line: number, room: string): string =>
  url === '' || url.startsWith('node:') ? url || room : `${room} ${path.basename(url)}:${line + 1}`

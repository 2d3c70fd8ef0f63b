import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openFolder } from '../../stores/sqlite/cache-folder.ts'
import type { Part } from '../part.ts'

const writer = fileURLToPath(new URL('../remember.ts', import.meta.url))

/** What was said to be kept, and to be forgotten, by a process that is killed after so many words at the latest. */
const killAfter = async (dataDir: string, round: number, words: number): Promise<string[]> => {
  const child = spawn(process.execPath, [writer, dataDir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  // What it said before it died is read too.
  for await (const line of createInterface({ input: child.stdout }))
    if (said.push(line) === words) child.kill('SIGKILL')
  return said
}

export const cacheKills: Part = {
  name: 'cache-kills',
  proves:
    'of remembered answers none that was said to be kept is lost or changed by a kill, and none comes back that was forgotten',
  forms: { smoke: { rounds: 2 }, short: { rounds: 20 }, long: { rounds: 1_000 } },
  async run({ rounds }) {
    using folder = temporaryFolder()
    const kept = new Set<string>()
    const forgotten = new Set<string>()
    const doomed = new Set<string>()
    const faults: string[] = []
    for (let round = 0; round < rounds && faults.length === 0; round += 1) {
      const said = await killAfter(folder.path, round, 1 + Math.floor(Math.random() * 300))
      for (const word of said) {
        const key = word.slice(1)
        if (word.startsWith('+')) kept.add(key)
        else if (word.startsWith('~')) doomed.add(key)
        else forgotten.add(key)
      }
      await using opened = await openFolder({ dataDir: folder.path, maxBytes: 1e12, hotBytes: 0 })
      const { entries, notices } = opened
      for (const notice of notices) faults.push(`Round ${round}: ${notice}`)
      for (const key of forgotten) if (await entries.find(key)) faults.push(`${key} came back.`)
      for (const key of kept) {
        if (doomed.has(key)) continue
        const [event] = (await entries.find(key))?.answer.events ?? []
        if (event?.type !== 'text' || !event.text.startsWith(`${key} `)) faults.push(`${key} is lost or changed.`)
      }
      // Long runs would read everything that was ever kept after each kill.
      if (kept.size > 5_000) {
        await entries.remove({ scope: null, dryRun: false })
        kept.clear()
        forgotten.clear()
        doomed.clear()
      }
    }
    return {
      faults: faults.slice(0, 20),
      figures: { kills: rounds, kept: kept.size, forgotten: forgotten.size, receipts: kept.size },
    }
  },
}

import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { answerOf } from '../cache/answer-of.ts'
import { entryOf } from '../cache/entry-of.ts'
import { openFolder } from '../stores/sqlite/cache-folder.ts'

// Remembers answers until it is killed, `remember.ts <folder> <lane prefix>`, and says each once the store says that it is
// kept (`+id`) or forgotten (`-id`), and before that what is to be forgotten (`~id`).

const [, , dataDir = '', round = ''] = process.argv
const { entries } = await openFolder({ dataDir, maxBytes: 1e12, hotBytes: 0 })
const say = (line: string): void => void writeSync(1, `${line}\n`)

const rememberForEver = async (lane: number): Promise<never> => {
  for (let turn = 0; ; turn += 1) {
    const key = `${round}-${lane}-${turn}`
    const text = `${key} `.repeat(1 + ((turn * 37) % 400))
    await entries.set(entryOf({ key, answer: answerOf({ events: [{ type: 'text', choice: 0, text }] }) }))
    say(`+${key}`)
    if (turn % 5 === 4) {
      const gone = `${round}-${lane}-${turn - 2}`
      // Killed in between, it has forgotten without having said so.
      say(`~${gone}`)
      await entries.remove({ scope: null, ids: [`ent_${gone}`], dryRun: false })
      say(`-${gone}`)
    }
    if (turn % 50 === 0) await pause(1)
  }
}

await Promise.all(Array.from({ length: 8 }, (_, lane) => rememberForEver(lane)))

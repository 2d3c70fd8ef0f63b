import { writeSync } from 'node:fs'
import { openJournal } from '../../../src/stores/journal/journal.ts'
import { receiptOf } from '../receipt-of.ts'

// Appends to the journal of `child.ts <folder>` until it is killed, saying the id of each receipt once it is said to be kept.

const journal = await openJournal(process.argv[2] ?? '', { error: () => undefined })
const appendForEver = async (lane: number): Promise<never> => {
  for (let turn = 0; ; turn += 1) {
    const id = `${process.pid}-${lane}-${String(turn).padStart(6, '0')}`
    await journal.append(receiptOf({ id }))
    writeSync(1, `${id}\n`)
  }
}
await Promise.all(Array.from({ length: 20 }, (_, lane) => appendForEver(lane)))

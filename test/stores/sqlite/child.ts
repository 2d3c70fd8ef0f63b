import { writeSync } from 'node:fs'
import { openStores } from '../../../src/stores/index.ts'
import { createKeyDirectory } from '../../../src/tenants/directory.ts'
import { receiptOf } from '../receipt-of.ts'

// Another process at the same database: `child.ts <what> <dataDir> [key id]`; by default it opens and leaves.

const [, , what, dataDir = '', keyId = ''] = process.argv
const clock = { now: () => Date.now() }
const say = (line: string): void => void writeSync(1, `${line}\n`)

const stores = await openStores({ dataDir, cacheMaxBytes: 0, clock })
const keys = createKeyDirectory({ directory: stores.directory, fixed: [], clock })

/** Appends until it is killed, saying the id of each receipt once it is said to be durable. */
const appendForEver = async (lane: number): Promise<never> => {
  for (let turn = 0; ; turn += 1) {
    const id = `${process.pid}-${lane}-${turn}`
    await stores.receipts.append(receiptOf({ id }))
    say(id)
  }
}

switch (what) {
  case 'append':
    await Promise.all(Array.from({ length: 20 }, (_, lane) => appendForEver(lane)))
    break
  case 'create-key':
    say((await keys.create({ name: 'CLI', scope: 'use' })).secret)
    break
  case 'revoke-key':
    say(String(await keys.revoke(keyId)))
    break
  case 'report': {
    // And then nothing: neither the thread nor the database may keep the process.
    const query = { callerId: null, fromMs: 0, untilMs: 1, groupBy: 'day', simulated: false } as const
    say(String((await stores.receipts.usage(query)).total.requests))
    break
  }
  default:
    await stores[Symbol.asyncDispose]()
}

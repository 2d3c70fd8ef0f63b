// How many recorded replies of real providers the AI SDK reads as this gateway's dialects do, and which differ how.
//   node test/bench/recordings.ts [--data DIR] [--json]
import { parseArgs } from 'node:util'
import { compare } from '../differential/compare.ts'
import { replay } from '../differential/replay.ts'
import { loadRecordings, recordingsFolder } from '../providers/recordings.ts'
import { printTally, tallyOf } from './recordings/tally.ts'

const { values } = parseArgs({
  options: { data: { type: 'string', default: recordingsFolder }, json: { type: 'boolean', default: false } },
})

const recordings = loadRecordings(values.data)
if (recordings.length === 0) {
  process.stderr.write(`No recordings in ${values.data}: name their folder with --data DIR.\n`)
  process.exitCode = 1
} else {
  const tally = tallyOf((await replay(recordings)).map(compare))
  process.stdout.write(values.json ? `${JSON.stringify(tally)}\n` : printTally(tally))
  if (tally.unexplained.length > 0) process.exitCode = 1
}

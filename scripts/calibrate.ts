// Finds the near tier's thresholds for pairs of questions that somebody judged: `npm run cache:calibrate`. Without --data
// it takes those that `npm run train:verifier` has put aside for it. docs/near-verifier.md says how to read what it prints.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parseThresholds, probabilityOf, verifierForms } from '../src/cache/verify/thresholds.ts'
import type { CalibrationFile } from '../src/cache/verify/thresholds.ts'
import { chooseThreshold, rates } from './calibration/choose.ts'
import { fitJoin } from './calibration/join.ts'
import { createJudge } from './calibration/judge.ts'
import type { JudgedPair } from './calibration/judged.ts'
import { figures } from './calibration/figures.ts'
import { readPairFolder } from './train/pairs.ts'

const root = path.resolve(import.meta.dirname, '..')

/** Real duplicates, as people of a forum marked them: whoever marks two identical questions calls them different 4.2 times in 100. */
const noisyFamilies = new Set(['qqp'])
const labelNoise = 0.042

/** Families of one pattern count less when the readers are weighed against each other, so that they do not decide alone. */
const familyWeights = { 'checklist-templates': 0.25, negation: 0.3, 'checklist-swaps': 0.5 }

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.join(root, '.training/calibration') },
    /** Where the thresholds are written. */
    out: { type: 'string', default: path.join(root, 'models/near-verifier/thresholds.json') },
    /** Weigh the two readers anew, as after a training; else the weights that are there stay. */
    join: { type: 'boolean', default: false },
    /** Only say what the thresholds that are there do with these pairs, and change nothing. */
    check: { type: 'boolean', default: false },
  },
})

const known = (): CalibrationFile => parseThresholds(JSON.parse(readFileSync(values.out, 'utf8')))

const files = readPairFolder(values.data)
const judge = await createJudge(root)
const judged = await judge.judgeFolder(files)

const calibrate = (): CalibrationFile => {
  const reaching = judged.filter(({ reaches }) => reaches)
  const joinWeights = values.join ? fitJoin(reaching, familyWeights) : known().joinWeights
  const choose = (form: (typeof verifierForms)[number]) => {
    const scored = reaching
      .filter(({ pair }) => form === 'trees' || pair !== null)
      .map((pair) => ({ ...pair, p: probabilityOf({ joinWeights }, logOdds(pair, form)) }))
    const pools = {
      sound: scored.filter(({ family }) => !noisyFamilies.has(family)),
      noisy: scored.filter(({ family }) => noisyFamilies.has(family)),
      labelNoise,
    }
    return rates.map((rate) => chooseThreshold(pools, rate))
  }
  const network = judge.embedder.files[0]
  return {
    embedder: { name: judge.embedder.name, form: judge.embedder.form, sha256: network?.sha256 ?? '' },
    verifier: createHash('sha256').update(judge.verifier).digest('hex').slice(0, 16),
    joinWeights,
    forms: { joined: choose('joined'), trees: choose('trees') },
    provenance: {
      date: new Date().toISOString().slice(0, 10),
      command: 'npm run cache:calibrate',
      pairs: Object.fromEntries(files.map(({ name, pairs }) => [path.basename(name, '.jsonl'), pairs.length])),
      labelNoise,
    },
  }
}

const logOdds = ({ trees, pair }: JudgedPair, form: (typeof verifierForms)[number]) => ({
  trees,
  pair: form === 'joined' ? pair : null,
})

const thresholds = values.check ? known() : calibrate()
if (!values.check) writeFileSync(values.out, `${JSON.stringify(thresholds, null, 2)}\n`)
process.stdout.write(figures(judged, thresholds))

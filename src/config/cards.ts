import type { z } from 'zod'
import { efforts } from '../contract/chat.ts'
import type { Capabilities, Lifecycle, ModelCard, WireFlags } from '../contract/model.ts'
import { tasks } from '../contract/plan.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import type { FamilyEntry, ModelEntry, modelsFile } from './schema/models.ts'
import type { ProviderEntry } from './schema/providers.ts'

type ModelsFile = z.infer<typeof modelsFile>

/** Room that nearly every server has; assumed only for models that no file describes. */
const unknownWindow = { contextTokens: 32_768, maxOutputTokens: 4_096 }

/**
 * Cards of all models of all rows, callable or not. A second deployment (`models_of`) has its base row's cards under
 * its own name; a further card of a model (`same_as`) shares the first one's quality and token factor.
 */
export const readCards = (
  file: ConfigFile<ModelsFile>,
  providers: readonly ProviderEntry[],
): { cards: ModelCard[]; problems: Problem[] } => {
  if (!file.value) return { cards: [], problems: [] }
  const models = file.value
  const cards: ModelCard[] = []
  const problems: Problem[] = []
  for (const [familyIndex, family] of models.families.entries())
    for (const [modelIndex, model] of family.models.entries()) {
      const { context, max_output: most } = { ...family.defaults, ...model }
      const output = model.embedding ? 0 : most
      if (context === undefined || output === undefined)
        problems.push(
          file.problem(
            ['families', familyIndex, 'models', modelIndex],
            `"${model.id}" has no ${context === undefined ? 'context' : 'max_output'}`,
            "say it here or in the family's defaults",
          ),
        )
      else cards.push(cardOf(models, family, model, { context, output }))
    }

  const originals = new Map(cards.toReversed().map((card) => [card.name, card]))
  const whole = cards.map((card) => withSharedTraits(card, originals.get(card.name)))
  const copies = providers.flatMap(({ id, models_of: base }) =>
    base === undefined
      ? []
      : whole
          .filter((card) => card.provider === base)
          .map((card) => ({ ...card, provider: id, key: `${id}:${card.id}` })),
  )
  return { cards: [...whole, ...copies], problems }
}

const cardOf = (
  models: ModelsFile,
  family: FamilyEntry,
  model: ModelEntry,
  window: { context: number; output: number },
): ModelCard => {
  const traits = { ...family.defaults, ...model }
  const can = new Set(traits.can)
  const capabilities: Capabilities = {
    tools: can.has('tools'),
    jsonSchema: can.has('json_schema'),
    vision: can.has('vision'),
    reasoning: can.has('reasoning'),
  }
  return {
    key: `${family.provider}:${model.id}`,
    provider: family.provider,
    id: model.id,
    name: model.same_as ?? model.id,
    aliases: model.aliases,
    kind: model.embedding ? 'embedding' : 'chat',
    embedding: model.embedding,
    contextTokens: window.context,
    maxInputTokens: traits.max_input ?? window.context,
    maxOutputTokens: window.output,
    capabilities,
    lifecycle: lifecycleOf(model, models.as_of),
    wire: wireOf({ ...family.defaults.wire, ...model.wire }, traits.efforts, capabilities),
    tokenFactor: traits.token_factor ?? 1,
    quality: qualityOf(model, models.quality_weights),
    latencyPrior: traits.latency
      ? { firstTokenMs: traits.latency.first_token_ms, outputTokensPerSecond: traits.latency.output_tps }
      : null,
    uncharted: false,
  }
}

/** Gone on the file's own day is gone; a later shutdown is for the clock to judge. */
const lifecycleOf = (model: ModelEntry, asOf: string): Lifecycle => {
  const shutdownOn = model.shutdown_on
  const replacement = model.replacement ?? null
  if (shutdownOn === undefined)
    return replacement === null ? { status: 'active' } : { status: 'deprecated', shutdownOn: null, replacement }
  return { status: shutdownOn <= asOf ? 'retired' : 'deprecated', shutdownOn, replacement }
}

const wireOf = (
  wire: NonNullable<ModelEntry['wire']>,
  levels: ModelEntry['efforts'],
  capabilities: Capabilities,
): WireFlags => ({
  maxTokensField: wire.max_tokens_field ?? 'max_tokens',
  sampling: wire.sampling ?? 'always',
  systemRole: wire.system_role ?? 'system',
  effortLevels: effortLevelsOf(levels),
  tools: wire.tools ?? 'always',
  thinking: wire.thinking ?? 'none',
  jsonSchema: capabilities.jsonSchema,
  jsonWithTools: wire.json_with_tools,
  promptCacheMinTokens: wire.prompt_cache_min_tokens,
  shortToolCallIds: wire.short_tool_call_ids ?? false,
  reasoningContentInHistory: wire.reasoning_content_in_history ?? false,
  parallelToolCalls: wire.parallel_tool_calls ?? capabilities.tools,
})

const effortLevelsOf = (levels: ModelEntry['efforts']): WireFlags['effortLevels'] => {
  if (levels === undefined) return {}
  const word = (effort: (typeof efforts)[number]): string | null => {
    if (Array.isArray(levels)) return levels.includes(effort) ? effort : null
    return levels[effort] ?? null
  }
  return Object.fromEntries(efforts.map((effort) => [effort, word(effort)]))
}

const qualityOf = (
  { measured = {}, inherited = {} }: ModelEntry,
  weights: ModelsFile['quality_weights'],
): ModelCard['quality'] => {
  const quality: ModelCard['quality'] = {}
  for (const task of tasks) {
    const mean = measured[task] ?? inherited[task]
    if (mean === undefined) continue
    quality[task] = { mean, weight: measured[task] === undefined ? weights.inherited : weights.measured }
  }
  return quality
}

const withSharedTraits = (card: ModelCard, original: ModelCard | undefined): ModelCard =>
  original === undefined || original === card
    ? card
    : { ...card, tokenFactor: original.tokenFactor, quality: { ...original.quality, ...card.quality } }

/**
 * A card for a model that no file describes, named by a caller as `row:id`. It claims what almost every model can do
 * and nothing else: the provider refuses what its model cannot.
 */
export const unchartedCard = (row: Pick<ProviderRow, 'id'>, id: string): ModelCard => ({
  key: `${row.id}:${id}`,
  provider: row.id,
  id,
  name: id,
  aliases: [],
  kind: 'chat',
  ...unknownWindow,
  maxInputTokens: unknownWindow.contextTokens,
  capabilities: { tools: true, jsonSchema: true, vision: false, reasoning: false },
  lifecycle: { status: 'active' },
  wire: wireOf({}, undefined, { tools: true, jsonSchema: true, vision: false, reasoning: false }),
  tokenFactor: 1.1,
  quality: {},
  latencyPrior: null,
  uncharted: true,
})

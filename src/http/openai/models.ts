import type { Deployment, ListedModel } from '../../admin/models.ts'
import { formatUsd } from '../../contract/money.ts'
import type { NanoUsd } from '../../contract/money.ts'

/** A model as OpenAI's clients list it, with what helps to choose one: of its deployments, the cheapest speaks. */
export const modelObject = ({ id, createdS, ownedBy, deployments }: ListedModel) => {
  const cheapest = deployments[0]
  return {
    id,
    object: 'model',
    created: createdS,
    owned_by: ownedBy,
    ...(cheapest && { shutdown_date: shutdownOf(cheapest), gateway: facts(cheapest, deployments) }),
  }
}

const facts = (cheapest: Deployment, all: readonly Deployment[]) => ({
  providers: all.map(({ card }) => card.provider),
  context_tokens: cheapest.card.contextTokens,
  max_output_tokens: cheapest.card.maxOutputTokens,
  tools: cheapest.card.capabilities.tools,
  json_schema: cheapest.card.capabilities.jsonSchema,
  vision: cheapest.card.capabilities.vision,
  reasoning: cheapest.card.capabilities.reasoning,
  input_usd_per_mtok: usdOrNull(cheapest.inputNanoUsdPerMtok),
  output_usd_per_mtok: usdOrNull(cheapest.outputNanoUsdPerMtok),
})

const shutdownOf = ({ lifecycle }: Deployment): string | null =>
  lifecycle.status === 'active' ? null : lifecycle.shutdownOn

const usdOrNull = (amount: NanoUsd | null): string | null => (amount === null ? null : formatUsd(amount))

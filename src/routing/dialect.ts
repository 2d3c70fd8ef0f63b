import type { ChatRequest } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { ProviderRow } from '../contract/provider.ts'

/** The wire that a request goes by. */
export const chooseDialect = (
  { dialect, toolsDialect }: Pick<ProviderRow, 'dialect' | 'toolsDialect'>,
  card: ModelCard,
  request: ChatRequest,
): string => (toolsDialect !== undefined && wantsToolsDialect(card, request) ? toolsDialect : dialect)

/**
 * Whether a request goes by its row's second wire, where there is one: with tools to a model that reasons. Who switches
 * reasoning off or wants several answers stays on the first wire, which can do more; the former only where the model
 * takes tools there.
 */
export const wantsToolsDialect = ({ capabilities, wire }: ModelCard, request: ChatRequest): boolean => {
  const { tools, n = 1, reasoningEffort } = request
  if (tools.length === 0 || !capabilities.reasoning || n > 1) return false
  const isSwitchedOff = reasoningEffort === 'none' && typeof wire.effortLevels.none === 'string'
  return !isSwitchedOff || wire.tools === 'never'
}

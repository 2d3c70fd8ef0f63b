import type { EmbeddingRequest } from '../contract/embedding.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { Perceive, SkipReason } from '../contract/perception.ts'
import { localEmbedder } from '../contract/provider.ts'
import type { Dialect, ProviderRow, UpstreamCall } from '../contract/provider.ts'

/** The gateway's own embedding model as a provider: no wire, but the same journey, receipts and limits as for any other. */
export const createLocalEmbedder = (perceive: Perceive): Dialect => ({
  name: localEmbedder,
  chat: ({ row }) => {
    throw new GatewayError('provider_rejected', `${row.title} makes vectors only.`, { provider: row.id })
  },
  embed: async function* embed({ row, card, request }, signal) {
    const vectors: Float32Array[] = []
    let inputTokens = 0
    // One after the other: other requests' texts get their turns in between.
    for (const [index, text] of textsOf(request).entries()) {
      const outcome = await perceive(text, row.timeouts.firstByteMs, signal)
      if (outcome.kind === 'skipped') throw skipError(row, outcome)
      if (outcome.truncated) throw tooLong({ row, card }, index)
      vectors.push(outcome.vector)
      inputTokens += outcome.tokens
    }
    yield { type: 'identity', model: card.id, responseId: null }
    yield { type: 'usage', usage: { ...noCache, inputTokens, outputTokens: 0, source: 'provider' } }
    yield { type: 'vectors', vectors }
  },
})

const noCache = { cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0, reasoningTokens: 0 }

/** The route lets no tokens through: they are of another model's vocabulary. */
const textsOf = ({ input }: EmbeddingRequest): readonly string[] => (input.kind === 'texts' ? input.texts : [])

const codes: Record<SkipReason, ErrorCode> = {
  'no-embedder': 'provider_unreachable',
  'queue-full': 'provider_overloaded',
  late: 'provider_timeout',
  lost: 'provider_failed',
  failed: 'provider_rejected',
}

const skipError = (row: ProviderRow, { reason, why }: { reason: SkipReason; why: string }): GatewayError => {
  // Why it is not there names folders of this machine, which are the owner's to read, in the log.
  const message =
    reason === 'no-embedder'
      ? `${row.title} is without its embedding model: "node scripts/launch.mjs model" says why and what to do.`
      : `${row.title} has no vector for this text: ${why}.`
  return new GatewayError(codes[reason], message, { provider: row.id, cause: new Error(why) })
}

/** A vector of its beginning would pass for the vector of the whole. */
const tooLong = ({ row, card }: Pick<UpstreamCall, 'row' | 'card'>, index: number): GatewayError =>
  new GatewayError(
    'context_length_exceeded',
    `Input ${index} is longer than ${card.id} reads: ${card.maxInputTokens} pieces of words.`,
    { provider: row.id, param: 'input' },
  )

import { formatUsd } from '../contract/money.ts'
import type { Receipt } from '../contract/receipt.ts'

/** `req_…  code  openai:gpt-6-luna  miss  812+340 tok  $0.000180000  1240 ms` */
export const receiptLine = (receipt: Receipt): string => {
  const { id, task, served, cache, usage, costNanoUsd, savedNanoUsd, timings, tries, simulated } = receipt
  const saved = savedNanoUsd > 0n ? ` (saved $${formatUsd(savedNanoUsd)})` : ''
  return [
    id,
    task?.task ?? (receipt.operation === 'chat' ? '-' : receipt.operation),
    served ? `${served.provider}:${served.model}` : receipt.requestedModel,
    cache,
    usage ? `${usage.source === 'estimated' ? '~' : ''}${usage.inputTokens}+${usage.outputTokens} tok` : '- tok',
    (costNanoUsd === null ? 'price unknown' : `$${formatUsd(costNanoUsd)}`) + saved,
    `${Math.round(timings.totalMs)} ms`,
    ...(simulated ? ['simulated'] : []),
    ...(tries.length > 1 ? [`${tries.length} tries`] : []),
    ...(receipt.outcome === 'complete' ? [] : [sayFailure(receipt)]),
  ].join('  ')
}

/** `failed provider_unreachable: ECONNREFUSED connect ECONNREFUSED 10.0.0.7:443` */
const sayFailure = ({ outcome, errorCode, tries }: Receipt): string => {
  const reason = tries.at(-1)?.reason ?? null
  return [outcome, ...(errorCode === null ? [] : [errorCode])].join(' ') + (reason === null ? '' : `: ${reason}`)
}

/** A receipt as fields of a log line; no prompt, no answer. */
export const receiptFields = (receipt: Receipt): object => ({
  request_id: receipt.id,
  caller: receipt.caller.id,
  face: receipt.face,
  operation: receipt.operation,
  requested_model: receipt.requestedModel,
  task: receipt.task?.task ?? null,
  provider: receipt.served?.provider ?? null,
  model: receipt.served?.model ?? null,
  answered_model: receipt.served?.answeredModel ?? null,
  cache: receipt.cache,
  cache_reason: receipt.cacheReason,
  cache_entry: receipt.recalled?.entryId ?? null,
  cache_p: receipt.recalled?.p ?? null,
  input_tokens: receipt.usage?.inputTokens ?? null,
  output_tokens: receipt.usage?.outputTokens ?? null,
  cost_nano_usd: receipt.costNanoUsd?.toString() ?? null,
  saved_nano_usd: receipt.savedNanoUsd.toString(),
  repairs: receipt.repairs,
  tries: receipt.tries.map(({ model, outcome, errorCode, upstreamStatus, reason, durationMs }) => ({
    model,
    outcome,
    code: errorCode,
    upstream_status: upstreamStatus,
    reason,
    ms: durationMs,
  })),
  outcome: receipt.outcome,
  code: receipt.errorCode,
  first_token_ms: receipt.timings.firstTokenMs,
  total_ms: receipt.timings.totalMs,
  trace_id: receipt.traceId,
  simulated: receipt.simulated,
})

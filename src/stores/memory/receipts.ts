import type { Receipt } from '../../contract/receipt.ts'
import type { ReceiptPlace, Receipts, UsageQuery } from '../../contract/store.ts'
import { lineOf } from '../receipt-line.ts'
import { abandonedOutcome, addSums, failureOutcomes, hitStates, noGroup, reportOf } from '../usage.ts'
import type { UsageSum } from '../usage.ts'

const groupOf: Readonly<Record<UsageQuery['groupBy'], (receipt: Receipt, tag: string) => string | null>> = {
  provider: ({ served }) => served?.provider ?? null,
  model: ({ served }) => served?.model ?? null,
  task: ({ task }) => task?.task ?? null,
  operation: ({ operation }) => operation,
  day: ({ receivedAtMs }) => new Date(receivedAtMs).toISOString().slice(0, 10),
  hour: ({ receivedAtMs }) => `${new Date(receivedAtMs).toISOString().slice(0, 13)}:00Z`,
  caller: ({ caller: { id, name } }) => (name === id ? id : `${id} ${name}`),
  user: ({ tags }) => tags.user,
  tag: ({ tags: { metadata } }, tag) => (Object.hasOwn(metadata, tag) ? (metadata[tag] ?? null) : null),
  cache: ({ cache }) => cache,
}

/** The last `capacity` receipts, in memory: older ones are forgotten, and all of them with the process. */
export const createReceipts = (capacity: number): Receipts => {
  const receipts = new Map<string, Receipt>()

  return {
    append: async (receipt) => {
      if (receipts.has(receipt.id)) return
      receipts.set(receipt.id, receipt)
      if (receipts.size > capacity) receipts.delete(receipts.keys().next().value ?? receipt.id)
    },

    find: async (id) => receipts.get(id) ?? null,

    usage: async ({ callerId, user, fromMs, untilMs, groupBy, tag = '', simulated }) => {
      const asked = receipts
        .values()
        .filter(({ receivedAtMs }) => receivedAtMs >= fromMs && receivedAtMs < untilMs)
        .filter((receipt) => receipt.simulated === simulated && (callerId === null || receipt.caller.id === callerId))
        .filter(({ tags }) => user === undefined || tags.user === user)
        .toArray()
      const groups = Map.groupBy(asked, (receipt) => groupOf[groupBy](receipt, tag) ?? noGroup)
      const sums = [...groups].map(([group, members]) =>
        members.map((receipt) => sumOf(group, receipt)).reduce(addSums),
      )
      const outcomes = Map.groupBy(asked, ({ outcome }) => outcome)
      return reportOf(sums, Object.fromEntries([...outcomes].map(([name, { length }]) => [name, length])), groupBy)
    },

    recent: async ({ callerId, after, limit }) =>
      [...receipts.values()]
        .filter(({ caller }) => callerId === null || caller.id === callerId)
        .filter((receipt) => after === null || byNewest(after, receipt) < 0)
        .toSorted(byNewest)
        .slice(0, limit)
        .map(lineOf),

    prune: async (beforeMs) => {
      const old = [...receipts.values()].filter(({ receivedAtMs }) => receivedAtMs < beforeMs)
      for (const { id } of old) receipts.delete(id)
      return old.length
    },
  }
}

const byNewest = (a: ReceiptPlace, b: ReceiptPlace): number =>
  b.receivedAtMs - a.receivedAtMs || (a.id === b.id ? 0 : a.id > b.id ? -1 : 1)

const sumOf = (group: string, { usage, costNanoUsd, savedNanoUsd, cache, outcome, timings }: Receipt): UsageSum => ({
  group,
  requests: 1,
  cacheHits: Number(hitStates.some((state) => state === cache)),
  failures: Number(failureOutcomes.some((failure) => failure === outcome)),
  abandoned: Number(outcome === abandonedOutcome),
  inputTokens: usage?.inputTokens ?? 0,
  outputTokens: usage?.outputTokens ?? 0,
  cacheReadTokens: usage?.cacheReadTokens ?? 0,
  reasoningTokens: usage?.reasoningTokens ?? 0,
  costNanoUsd: costNanoUsd ?? 0n,
  savedNanoUsd,
  unpricedRequests: Number(costNanoUsd === null),
  estimatedRequests: Number(usage?.source === 'estimated'),
  totalMs: timings.totalMs,
})

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { formatUsd, parseUsd } from '../../contract/money.ts'
import type { McpClient } from '../mcp/client.ts'
import type { Asked } from './ask.ts'
import type { Faces, Visit } from './patient.ts'
import { clientOf } from './patient.ts'
import type { Report } from './report.ts'

/** The requests that a model answers, one of each. */
const tasks = {
  completion: { prompt: 'What is a circuit breaker? Answer in one sentence.', maxTokens: 300, stream: false },
  stream: { prompt: 'Write about the sea in 60 words.', maxTokens: 500, stream: true },
  cancellation: { prompt: 'Write about the sea in 600 words.', maxTokens: 1_000, stream: true },
} as const
type Task = keyof typeof tasks
const taskNames = ['completion', 'stream', 'cancellation'] as const

const estimate = z.object({ estimates: z.array(z.object({ worst_case_cost_usd: z.string().nullable() })).min(1) })

const sums = z.object({
  requests: z.int(),
  abandoned: z.int(),
  cost_nano_usd: z.string().regex(/^\d+$/),
  unpriced_requests: z.int(),
  average_ms: z.number(),
})
const usage = z.object({ total: sums, simulated_total: sums })

/** What the gateway's ledger says of one of the requests. */
export interface Receipt {
  abandoned: boolean
  /** From the gateway's hearing of it to its end. */
  durationMs: number
  /** Null: the price is unknown. */
  costNanoUsd: bigint | null
  simulated: boolean
}

/** The requests that cost money, and what they cost. */
export interface Spending {
  /** Null where the gateway does not choose a model and the user named none. */
  model: string | null
  /** Most that all requests together may cost; null: nobody knows. Asked of the gateway, and held by it. */
  atMost(): Promise<bigint | null>
  question(task: Task): Asked
  /** Marks a request wherever it goes. */
  markOf(task: Task): string
  /** Null while there is none, and where the gateway keeps none. */
  receiptOf(task: Task): Promise<Receipt | null>
  bill(): Promise<NonNullable<Report['spend']>>
}

/** How much more than the model's worst case a request may cost: another model may have to answer. */
const leeway = 2n

/** @param options.capped whether the gateway is to promise a limit; it cannot for a model without a price */
export const createSpending = (
  options: Pick<Visit, 'target'> & Faces & { model: string | null; capped: boolean },
): Spending => {
  const { target, ours, capped } = options
  const model = options.model ?? (ours ? 'auto' : null)
  const client = ours ? clientOf(options) : null
  const nonce = randomBytes(6).toString('hex')
  const markOf = (task: Task): string => `doctor-${nonce}-${task}`
  const promptOf = (task: Task): string => `${tasks[task].prompt} (${markOf(task)})`
  const caps = new Map<Task, bigint>()

  const receiptOf = async (task: Task): Promise<Receipt | null> =>
    client === null ? null : readReceipt(await client.call('get_usage_stats', { period: '7d', user: markOf(task) }))

  return {
    model,
    markOf,
    receiptOf,

    async atMost() {
      if (client === null || model === null || !capped) return null
      for (const task of taskNames) {
        const worst = await worstCase(client, {
          prompt: promptOf(task),
          max_tokens: tasks[task].maxTokens,
          models: [model],
        })
        if (worst !== null) caps.set(task, worst * leeway)
      }
      return caps.size === taskNames.length ? sumOf([...caps.values()]) : null
    },

    question(task) {
      const { maxTokens, stream } = tasks[task]
      const cap = caps.get(task)
      const body = {
        model,
        messages: [{ role: 'user', content: promptOf(task) }],
        max_tokens: maxTokens,
        user: markOf(task),
        ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
        ...(ours ? { use_cache: false } : {}),
        ...(cap === undefined ? {} : { requirements: { max_cost_usd: formatUsd(cap) } }),
      }
      return { url: `${target.api}/chat/completions`, method: 'POST', body: JSON.stringify(body) }
    },

    async bill() {
      const read = await Promise.allSettled(taskNames.map(receiptOf))
      const receipts = read.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []))
      const costs = receipts.map(({ costNanoUsd }) => costNanoUsd)
      const isKnown = client !== null && read.every(({ status }) => status === 'fulfilled')
      return {
        at_most_usd: caps.size === taskNames.length ? formatUsd(sumOf([...caps.values()])) : null,
        cost_usd: isKnown && costs.every((cost) => cost !== null) ? formatUsd(sumOf(costs)) : null,
        simulated: receipts.length > 0 && receipts.every(({ simulated }) => simulated),
      }
    },
  }
}

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)

const worstCase = async (client: McpClient, args: Record<string, unknown>): Promise<bigint | null> => {
  const answer = await client.call('estimate_cost', args).catch(() => null)
  const worst = estimate.safeParse(answer?.data).data?.estimates[0]?.worst_case_cost_usd ?? null
  return worst === null ? null : parseUsd(worst)
}

const readReceipt = ({ data }: { data: unknown }): Receipt | null => {
  const answer = usage.safeParse(data).data
  const simulated = answer !== undefined && answer.total.requests === 0
  const sum = simulated ? answer.simulated_total : answer?.total
  if (sum === undefined || sum.requests === 0) return null
  return {
    abandoned: sum.abandoned > 0,
    durationMs: sum.average_ms,
    costNanoUsd: sum.unpriced_requests > 0 ? null : BigInt(sum.cost_nano_usd),
    simulated,
  }
}

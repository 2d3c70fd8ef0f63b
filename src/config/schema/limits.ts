import { z } from 'zod'
import { priorities } from '../../contract/priority.ts'
import { modelName, nonNegative, positive, rowId, share } from './words.ts'

const http = z.strictObject({
  allowed_hosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Host names that requests may name, beside loopback, HOST and the host of PUBLIC_URL.'),
  allowed_origins: z
    .array(z.string().min(1))
    .default([])
    .describe('Origins (scheme://host[:port]) of web pages that may call.'),
  max_body_bytes: positive.default(20_971_520).describe('Largest request body, in bytes.'),
  request_deadline_ms: positive.default(600_000).describe('Longest life of a request, all tries together, in ms.'),
  commit_after_ms: positive
    .default(10_000)
    .describe('How long a stream waits for its first event before it commits to status 200, in ms.'),
  ping_interval_ms: positive.default(15_000).describe('Interval of pings on a silent stream, in ms.'),
  drain_ms: nonNegative.default(7_000).describe('How long running requests may go on after a stop signal, in ms.'),
})

const rate = z.strictObject({
  window_ms: positive.default(60_000).describe('Length of the sliding window, in ms.'),
  max_requests: positive.default(600).describe('Requests of one caller within the window.'),
  redis_away_share: share
    .gt(0, 'must be above 0')
    .default(0.3)
    .describe('With REDIS_URL: share of each limit that each instance lets through by itself while Redis is away.'),
})

const burst = z.strictObject({
  window_ms: positive.max(60_000).default(10_000).describe('Length of the short window, in ms.'),
  requests: nonNegative.optional().describe('Requests within it above its share of requests_per_minute.'),
  tokens: nonNegative.optional().describe('Tokens within it above its share of tokens_per_minute.'),
})

const limit = z
  .strictObject({
    requests_per_minute: positive.optional().describe('Requests in any minute.'),
    requests_per_hour: positive.optional().describe('Requests in any hour.'),
    requests_per_day: positive.optional().describe('Requests in any 24 hours.'),
    tokens_per_minute: positive.optional().describe('Tokens, asked and answered together, in any minute.'),
    tokens_per_hour: positive.optional().describe('Tokens in any hour.'),
    tokens_per_day: positive.optional().describe('Tokens in any 24 hours.'),
    burst: burst
      .optional()
      .describe(
        "How much may come at once: in a short window no more than its share of a minute's limit and this. Unset: all of it.",
      ),
  })
  .refine(
    ({ burst: short, requests_per_minute: requests }) => short?.requests === undefined || requests !== undefined,
    { path: ['burst', 'requests'], error: 'needs requests_per_minute beside it' },
  )
  .refine(({ burst: short, tokens_per_minute: tokens }) => short?.tokens === undefined || tokens !== undefined, {
    path: ['burst', 'tokens'],
    error: 'needs tokens_per_minute beside it',
  })
export type LimitEntry = z.infer<typeof limit>

const limits = z.strictObject({
  callers: limit
    .prefault({})
    .describe('Each caller for himself, beside max_requests of rate; off with AUTH_MODE=none.'),
  by_caller: z
    .record(
      z.string(),
      limit.safeExtend({
        priority: z.enum(priorities).optional().describe('The most that he has, and what he has unless he says less.'),
      }),
    )
    .default({})
    .describe("By a caller's id, in the place of callers and rate: more for some, less for others."),
  models: z.record(modelName, limit).default({}).describe("All callers together, by the model's name."),
  providers: z.record(rowId, limit).default({}).describe('All callers together, by provider row.'),
})

const breaker = z.strictObject({
  window_ms: positive.default(60_000).describe('Window over which failures are counted, in ms.'),
  min_calls: positive.default(10).describe('Calls within the window before their failures count.'),
  failure_ratio: share.default(0.5).describe('Share of failures that opens the circuit.'),
  slow_ms: positive.default(120_000).describe('A call whose first token takes longer counts as a failure, in ms.'),
  rest_ms: positive.default(15_000).describe('How long an open circuit rests before it lets one call through, in ms.'),
  account_rest_ms: positive
    .default(300_000)
    .describe('How long it rests when the account has no credit or the key is refused, in ms.'),
})

const concurrency = z.strictObject({
  min: positive.default(4).describe('As few calls are always let through to a provider, whatever it says.'),
  backoff: share
    .gt(0, 'must be above 0')
    .default(0.7)
    .describe('Share of the running calls that goes on after a provider says it has too much to do; 1: all.'),
  recover_ms: positive
    .default(60_000)
    .describe('Time without a complaint after which twice as many calls are tried, in ms.'),
})

const queue = z.strictObject({
  max_waiting: nonNegative.default(512).describe('Requests that may wait for one provider; one more is refused.'),
  max_wait_ms: positive.default(30_000).describe('Longest that a request waits for a provider, in ms.'),
})

const shedding = z.strictObject({
  max_lag_ms: nonNegative
    .default(500)
    .describe(
      'Lag of the event loop above which new requests of priority batch are refused, in ms; normal ones above twice, interactive ones above four times as much. 0: never.',
    ),
})

const resilience = z.strictObject({
  max_tries: positive.max(10).default(3).describe('Tries at one deployment with one key, the first included.'),
  base_delay_ms: nonNegative.default(250).describe('Backoff before the second try, in ms; it doubles with each.'),
  max_delay_ms: nonNegative.default(8_000).describe('Longest backoff, in ms.'),
  max_retry_after_ms: nonNegative
    .default(10_000)
    .describe('Longest Retry-After that is waited for rather than failed over, in ms.'),
  concurrency: concurrency
    .prefault({})
    .describe('How many calls run at a provider at a time, below max_concurrent of its row.'),
  queue: queue.prefault({}).describe('Requests that wait for a provider whose slots are taken.'),
  breaker: breaker.prefault({}).describe('Circuit breaker, one for each provider row.'),
})

const structuredOutput = z.strictObject({
  max_repairs: nonNegative
    .max(5)
    .default(1)
    .describe('Times that an answer which does not fit its JSON schema is sent back to its model; 0: never.'),
})

/** config/limits.yaml */
export const limitsFile = z.strictObject({
  http: http.prefault({}).describe('The HTTP server.'),
  rate: rate.prefault({}).describe('Requests of one caller; off with AUTH_MODE=none.'),
  limits: limits.prefault({}).describe('Requests and tokens per minute, hour and day.'),
  shedding: shedding.prefault({}).describe('What is refused while the gateway has more to do than it can.'),
  resilience: resilience.prefault({}).describe('How calls to providers are repeated and broken off.'),
  structured_output: structuredOutput.prefault({}).describe('Answers that were asked for as JSON.'),
  ledger: z
    .strictObject({
      retention_days: nonNegative.default(400).describe('Receipts older than this are deleted; 0 keeps them for ever.'),
      when_away: z
        .enum(['refuse', 'journal'])
        .default('refuse')
        .describe(
          'While the database of DATABASE_URL is away, new requests are refused, or served with their receipts in a journal in DATA_DIR.',
        ),
      journal_max_bytes: positive
        .default(67_108_864)
        .describe('Size of that journal, in bytes, at which new requests are refused all the same.'),
    })
    .prefault({})
    .describe('The record of what was spent.'),
})
export type LimitsEntry = z.infer<typeof limitsFile>

import type { Label } from './labels.ts'

/**
 * Every metric of the gateway: docs/metrics.md is generated from this table, and nothing is measured that is not in it.
 *
 * Names are OpenMetrics': base units, the unit in the name, `_total` for counters. Those that begin with `gen_ai_` are
 * OpenTelemetry's GenAI conventions (the repository semantic-conventions-genai, as of September 2026) as Prometheus
 * writes them: `gen_ai.client.inference.duration` in seconds is `gen_ai_client_inference_duration_seconds`, and attributes
 * are labels. There the gateway is both sides: the server of its callers and the client of its providers.
 */

export interface MetricRow {
  type: 'counter' | 'gauge' | 'histogram'
  name: string
  help: string
  labels: readonly Label[]
  /** Upper bounds, for histograms. */
  buckets?: readonly number[]
}

/** The conventions' buckets for operations, seconds. */
const inferenceSeconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
/** The conventions' buckets for the time to the first token, seconds. */
const firstTokenSeconds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** From memory's microseconds to a database that waits for its disk. */
const storeSeconds = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]
/** The conventions' buckets for HTTP servers, and some for answers that take their time, seconds. */
const httpSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

const served = ['operation', 'provider', 'model', 'simulated'] as const
const server = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'cache', 'simulated'] as const
const client = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'simulated'] as const

export const catalogue = {
  httpRequests: {
    type: 'counter',
    name: 'http_requests_total',
    help: 'HTTP requests answered, refused ones and broken streams among them.',
    labels: ['method', 'route', 'status'],
  },
  httpDuration: {
    type: 'histogram',
    name: 'http_request_duration_seconds',
    help: 'Time from the head of a request to the last byte of its answer.',
    labels: ['method', 'route'],
    buckets: httpSeconds,
  },
  requests: {
    type: 'counter',
    name: 'llm_requests_total',
    help: 'Requests in the ledger.',
    labels: [...served, 'outcome'],
  },
  tasks: {
    type: 'counter',
    name: 'llm_tasks_total',
    help: 'Requests in the ledger by the kind of work.',
    labels: ['task', 'simulated'],
  },
  cacheLooks: {
    type: 'counter',
    name: 'llm_cache_requests_total',
    help: 'Requests in the ledger by what the cache did for them.',
    labels: ['operation', 'cache', 'simulated'],
  },
  refused: {
    type: 'counter',
    name: 'llm_requests_refused_total',
    help: 'Requests that ended before any provider was tried; they are not in the ledger.',
    labels: ['code'],
  },
  tokens: {
    type: 'counter',
    name: 'llm_tokens_total',
    help: 'Tokens of the answers in the ledger. Those with cache "exact", "canonical", "near" and "shared" were paid once, by another request.',
    labels: [...served, 'cache', 'type'],
  },
  tokenParts: {
    type: 'counter',
    name: 'llm_token_parts_total',
    help: 'Of llm_tokens_total: read from and written to the prompt caches of providers, and spent on reasoning.',
    labels: [...served, 'cache', 'type'],
  },
  cost: {
    type: 'counter',
    name: 'llm_cost_total',
    help: 'What was paid, US dollars; counted in whole nano-dollars and rounded to a float only when shown.',
    labels: served,
  },
  saved: {
    type: 'counter',
    name: 'llm_cost_saved_total',
    help: 'What answers from the cache would have cost, US dollars, by how alike the questions were.',
    labels: [...served, 'cache'],
  },
  unpriced: {
    type: 'counter',
    name: 'llm_unpriced_requests_total',
    help: 'Requests that used something whose price is unknown: llm_cost_total lacks them.',
    labels: served,
  },
  budgetExceeded: {
    type: 'counter',
    name: 'llm_budget_exceeded_total',
    help: 'Requests that their limit on cost (max_cost_usd) refused or stopped.',
    labels: ['stage'],
  },
  failovers: {
    type: 'counter',
    name: 'llm_failovers_total',
    help: 'Requests that went on to another deployment after one had failed, by the deployment that was tried last.',
    labels: served,
  },
  repairs: {
    type: 'counter',
    name: 'llm_repairs_total',
    help: 'Times that a model was asked again because its JSON did not fit the schema, by who answered at last.',
    labels: served,
  },
  unrecorded: {
    type: 'counter',
    name: 'llm_receipts_unrecorded_total',
    help: 'Answers whose receipt could not be written. Each is in the log; any at all is an alarm.',
    labels: [],
  },
  serverDuration: {
    type: 'histogram',
    name: 'gen_ai_server_request_duration_seconds',
    help: 'Time that a request spent in the gateway, providers included.',
    labels: [...server, 'error_type'],
    buckets: inferenceSeconds,
  },
  serverFirstToken: {
    type: 'histogram',
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'Time to the first token of an answer; where the caller wanted it in one piece, to the whole of it.',
    labels: server,
    buckets: firstTokenSeconds,
  },
  clientDuration: {
    type: 'histogram',
    name: 'gen_ai_client_inference_duration_seconds',
    help: 'Time of one try at one provider. Its count is the number of tries.',
    labels: [...client, 'error_type'],
    buckets: inferenceSeconds,
  },
  clientFirstChunk: {
    type: 'histogram',
    name: 'gen_ai_client_inference_time_to_first_chunk_seconds',
    help: 'Time to the first token of one try at one provider.',
    labels: client,
    buckets: firstTokenSeconds,
  },
  circuit: {
    type: 'gauge',
    name: 'llm_provider_circuit',
    help: "State of a provider's circuit breaker.",
    labels: ['provider', 'state'],
  },
  callsInFlight: {
    type: 'gauge',
    name: 'llm_provider_calls_in_flight',
    help: 'Calls that run at a provider now.',
    labels: ['provider'],
  },
  slots: {
    type: 'gauge',
    name: 'llm_provider_slots',
    help: 'Calls that may run at a provider at a time: at most max_concurrent, fewer while it says that it has too much to do.',
    labels: ['provider'],
  },
  queue: {
    type: 'gauge',
    name: 'llm_provider_queue_length',
    help: 'Requests that wait for a slot at a provider.',
    labels: ['provider'],
  },
  queueWait: {
    type: 'histogram',
    name: 'llm_provider_queue_wait_seconds',
    help: 'Time that requests waited for a slot at a provider; those that had one at once are not in it.',
    labels: ['provider', 'wait_end'],
    buckets: httpSeconds,
  },
  limitsReached: {
    type: 'counter',
    name: 'llm_limits_reached_total',
    help: 'Requests that ended because a limit of config/limits.yaml was reached before any provider was tried.',
    labels: ['limit_of', 'limit_unit'],
  },
  shed: {
    type: 'counter',
    name: 'llm_requests_shed_total',
    help: 'Requests that were refused because the event loop was late (max_lag_ms).',
    labels: ['priority'],
  },
  cacheEntries: { type: 'gauge', name: 'llm_cache_entries', help: 'Remembered answers.', labels: [] },
  cacheBytes: { type: 'gauge', name: 'llm_cache_bytes', help: 'Size of the remembered answers.', labels: [] },
  cacheMaxBytes: {
    type: 'gauge',
    name: 'llm_cache_max_bytes',
    help: 'Bound of the remembered answers (max_bytes).',
    labels: [],
  },
  sharedLooks: {
    type: 'counter',
    name: 'llm_cache_shared_looks_total',
    help: 'Looks into the answers that all instances share, for what this instance did not have itself; none are made while Redis is away.',
    labels: ['looked'],
  },
  sharedWrites: {
    type: 'counter',
    name: 'llm_cache_shared_writes_total',
    help: 'Answers that were to be shared with all instances.',
    labels: ['written'],
  },
  instanceWait: {
    type: 'histogram',
    name: 'llm_cache_instance_wait_seconds',
    help: 'Time that a request waited for another instance that was answering the same.',
    labels: ['wait'],
    buckets: inferenceSeconds,
  },
  perceived: {
    type: 'counter',
    name: 'perception_results_total',
    help: 'Texts, searches, pairs and additions that the worker of the embedding model was asked for.',
    labels: ['perceived'],
  },
  workersEnded: {
    type: 'counter',
    name: 'perception_workers_ended_total',
    help: 'Workers of the embedding model that were replaced.',
    labels: ['ending'],
  },
  nearEntries: {
    type: 'gauge',
    name: 'near_index_entries',
    help: 'Questions that others are compared with.',
    labels: [],
  },
  nearPartitions: { type: 'gauge', name: 'near_index_partitions', help: 'Partitions of the near index.', labels: [] },
  nearUntidy: {
    type: 'gauge',
    name: 'near_index_untidy_entries',
    help: 'Entries of large partitions that are still looked through one by one.',
    labels: [],
  },
  nearBytes: { type: 'gauge', name: 'near_index_bytes', help: 'Size of the near index.', labels: [] },
  nearComplete: {
    type: 'gauge',
    name: 'near_index_complete',
    help: '1 while the near index has every question of the store.',
    labels: [],
  },
  nearAsked: {
    type: 'counter',
    name: 'llm_cache_near_questions_total',
    help: 'Questions that the near tier was asked about: neither they nor another form of them were remembered.',
    labels: [],
  },
  nearRefusals: {
    type: 'counter',
    name: 'llm_cache_near_refusals_total',
    help: 'Of llm_cache_near_questions_total: those that got no near answer, by reason.',
    labels: ['refusal'],
  },
  nearVetoes: {
    type: 'counter',
    name: 'llm_cache_near_vetoes_total',
    help: 'Objections to neighbours of questions; one neighbour may meet several.',
    labels: ['guard'],
  },
  nearWouldServe: {
    type: 'counter',
    name: 'llm_cache_near_would_serve_total',
    help: 'Questions with a neighbour that would serve if such a share of near answers might be wrong.',
    labels: ['max_false_hit_rate'],
  },
  nearAnswers: {
    type: 'counter',
    name: 'llm_cache_near_answers_total',
    help: 'Near answers found, by kind of work.',
    labels: ['task', 'given'],
  },
  nearCanaries: {
    type: 'counter',
    name: 'llm_cache_near_canaries_total',
    help: 'Near answers held against one that was made for the question.',
    labels: ['agreement'],
  },
  nearFeedback: {
    type: 'counter',
    name: 'llm_cache_near_feedback_total',
    help: 'What callers said of near answers.',
    labels: ['verdict'],
  },
  nearBroken: {
    type: 'gauge',
    name: 'llm_cache_near_bound_broken',
    help: '1 while near answers of this kind of work are only shadowed, because too many were wrong.',
    labels: ['task'],
  },
  nearWorstShare: {
    type: 'gauge',
    name: 'llm_cache_near_worst_share',
    help: 'Share of wrong near answers that the comparisons leave possible, with 95 % confidence; 1 before there are any.',
    labels: ['task'],
  },
  news: {
    type: 'counter',
    name: 'instances_news_total',
    help: 'Messages between the instances of this gateway.',
    labels: ['topic', 'fate'],
  },
  newsWaiting: {
    type: 'gauge',
    name: 'instances_news_waiting',
    help: 'Messages that this instance has yet to tell the others.',
    labels: ['topic'],
  },
  newsLag: {
    type: 'gauge',
    name: 'instances_news_lag_seconds',
    help: 'How old the oldest message may be that this instance has not heard; 0 while it has heard all.',
    labels: ['topic'],
  },
  newsCaughtUp: {
    type: 'gauge',
    name: 'instances_news_caught_up',
    help: '1 while this instance has heard all that the others told.',
    labels: ['topic'],
  },
  storeDuration: {
    type: 'histogram',
    name: 'store_operation_duration_seconds',
    help: 'Time that a store took, waiting included.',
    labels: ['store', 'store_operation', 'outcome'],
    buckets: storeSeconds,
  },
  logEntries: {
    type: 'counter',
    name: 'log_api_entries_total',
    help: 'Entries for the API of Cloud Logging (LOGGING_API). Those that failed are lines on stdout instead.',
    labels: ['log', 'outcome'],
  },
  redisAway: {
    type: 'gauge',
    name: 'store_redis_away',
    help: '1 while Redis cannot be used for this: each instance then does with what it has itself.',
    labels: ['store'],
  },
  ready: { type: 'gauge', name: 'gateway_ready', help: '1 while /ready answers 200.', labels: [] },
  build: { type: 'gauge', name: 'gateway_build_info', help: 'Always 1; says which version runs.', labels: ['version'] },
} as const satisfies Record<string, MetricRow>

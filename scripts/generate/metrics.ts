import { catalogue } from '../../src/telemetry/metrics/catalogue.ts'
import { labelMeanings } from '../../src/telemetry/metrics/labels.ts'
import type { MetricRow } from '../../src/telemetry/metrics/catalogue.ts'

/** docs/metrics.md */
export const renderMetrics =
  (): string => `<!-- Generated from src/telemetry/metrics/catalogue.ts by "npm run generate". -->

# Metrics

With \`METRICS_PORT\` set, \`npm start\` serves \`GET /metrics\` on that port, in Prometheus' text format. The port of the callers never
shows them. Without it nothing is counted at all.

\`\`\`sh
METRICS_PORT=9464 npm start
\`\`\`

It listens on this machine only, which is where a sidecar scrapes (Google's managed Prometheus beside Cloud Run, an
OpenTelemetry collector). For a scraper elsewhere set \`METRICS_HOST\`, say to 0.0.0.0, and keep others from the port: there is no
key on it, and it shows models, traffic and spend.

## What is measured

${table(
  ['Metric', 'Type', 'Labels', 'Meaning'],
  rows.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]),
)}

Beside these are the process's own as \`prom-client\` measures them: \`process_cpu_*\`, \`process_resident_memory_bytes\`,
\`process_open_fds\`, \`nodejs_heap_*\`, \`nodejs_gc_duration_seconds\` and the lag of the event loop, \`nodejs_eventloop_lag_*_seconds\`.

## Labels

No caller's word becomes a label: no user, no key, no prompt, no name of a model that was made up. What the configuration does
not know is \`other\`, so the number of series is bounded by the configuration, whatever is sent. Spend by key, user and
metadata is what \`/api/usage\` answers ([http-api.md](http-api.md)).

${table(
  ['Label', 'Values'],
  Object.entries(labelMeanings).map(([name, meaning]) => [code(name), meaning]),
)}

## What holds

- Names and units are OpenMetrics'. What begins with \`gen_ai_\` follows OpenTelemetry's GenAI conventions
  (semantic-conventions-genai, September 2026, status "development"): \`gen_ai_server_*\` is the gateway as its callers see it,
  \`gen_ai_client_inference_*\` is a try at a provider as the gateway sees it. \`llm_tokens_total\` stands for the conventions' usage
  counters.
- Counters of answers are counted with the receipt, once it is in the ledger: since the process began they equal the sums of
  \`/api/usage\`. \`llm_cost_total\` is kept in whole nano-dollars; each figure shown is the float nearest to its sum, so adding up \`n\`
  of them is off by at most \`n\` times a part in 2^53.
- Answers of the sandbox carry \`simulated="true"\`. Ask for \`simulated="false"\` where money is meant.
- Of a request that failed over, all tokens and costs are with who served it at last, as in the ledger. Each try by itself is in
  \`gen_ai_client_inference_*\`.
- A JSON answer has its first token when it is whole: times to the first token are those of streams where callers stream.
- Counters live in the process and begin at 0 with it. The ledger does not.

## Queries

\`\`\`promql
# Dollars an hour by model
sum by (provider, model) (rate(llm_cost_total{simulated="false"}[5m])) * 3600

# Share of answers from the cache
sum(rate(llm_cache_requests_total{cache=~"exact|canonical|near|shared"}[5m])) / sum(rate(llm_cache_requests_total[5m]))

# 95th percentile of the time to the first token, answers from the cache left out
histogram_quantile(0.95, sum by (le) (rate(gen_ai_server_time_to_first_token_seconds_bucket{cache=~"miss|bypass"}[5m])))

# Providers that are being rested
llm_provider_circuit{state="open"} == 1

# Share of tries that failed, by provider
sum by (gen_ai_provider_name) (rate(gen_ai_client_inference_duration_seconds_count{error_type!=""}[5m]))
  / sum by (gen_ai_provider_name) (rate(gen_ai_client_inference_duration_seconds_count[5m]))
\`\`\`
`

const rows: readonly MetricRow[] = Object.values(catalogue)

const code = (text: string): string => `\`${text}\``

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')

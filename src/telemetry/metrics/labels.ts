/** Where the values of each label come from. None is a caller's or a provider's word, so their number is bounded. */
export const labelMeanings = {
  method: 'HTTP method; `other` for methods that no route takes',
  route: 'Path of the route, `{id}` for the part that varies; `other` for paths that are not there',
  status: 'HTTP status; 499 where the caller left before there was one; `other` for those that HTTP does not have',
  operation: 'What was asked for: `chat` and its like',
  provider: 'Provider row of config/providers.yaml; `none` where nobody served, `other` for an unknown one',
  model: 'Model id of config/models.yaml; `none` where nobody served, `other` for models that no card describes',
  task: 'Task class that the router saw; `none` where it did not look',
  outcome:
    'How it ended: of a request `complete`, `client_aborted`, `upstream_error`, `failed`, `deadline_exceeded`; of a store operation and of a log entry `ok`, `failed`',
  cache:
    '`miss`; `exact`, `canonical`, `near` (remembered, by how alike the questions are); `shared` (the same request was running); `bypass`',
  simulated: '`true` for answers of the sandbox, priced as if real and paid by nobody',
  type: '`input` and `output`, which add up to all tokens; or what is a part of them: `cache_read`, `cache_write`, `reasoning`',
  code: 'Error code of docs/errors.md',
  stage: '`refused`: before anything was spent; `stopped`: after a try',
  gen_ai_operation_name: 'As `operation`, in the words of the conventions: `embeddings` for `embedding`',
  gen_ai_provider_name: 'As `provider`',
  gen_ai_request_model: 'As `model`',
  error_type: 'As `code`; empty where nothing failed',
  state: '`closed`, `open`, `half_open`; the one that holds is 1',
  wait_end:
    '`served`; `full`: the queue was; `late`: after max_wait_ms; `displaced` by a request of higher priority; `left` by the caller',
  priority: '`batch`, `normal`, `interactive`',
  limit_of: '`caller`: his own; `model`, `provider`: that of all callers together',
  limit_unit: '`requests`, `tokens`',
  store: '`receipts`, `directory`, `counters`, `entries`, `audit`',
  store_operation: 'What the store was asked to do',
  perceived:
    'What came of it: `perceived`, `remembered`, `searched`, `scored`, `indexed`; or why nothing did: `no_embedder`, `queue_full`, `late`, `lost`, `failed`',
  refusal:
    'Why no near answer was given: what the question has, what the embedder did, or how sure the verifier was ([cache.md](cache.md))',
  guard: 'What spoke against the pair: `numbers`, `names`, `negation`, …; `feedback` for a caller who said so',
  max_false_hit_rate: 'Share of wrong answers that would be allowed: `0.01`, `0.02`, `0.05`',
  agreement: '`agree`, `differ`; `unclear` where neither letters nor vectors tell',
  verdict: '`good`, `bad`',
  given: '`true`: given; `false`: it would have been, but near answers are shadowed',
  topic: '`health` (of providers), `entries` (remembered answers)',
  fate: '`told`, `heard`; `dropped`: not told, for want of room; `skipped`: not understood, or under another CACHE_KEY',
  wait: 'What it came to: `answered` by the other instance; `free`: it ended without an answer; `alone`: there was nothing to wait for any more, so that both called; `left`: nobody wanted the answer any more',
  looked: '`hit`, `miss`; `failed`: Redis did not answer, or not in time',
  written:
    '`kept`; `declined`: no room; `overtaken`: another instance had taken the answer over; `lost`: Redis was away',
  ending: '`ended` by mistake, or `stuck` and ended for it',
  log: '`audit`, `receipts`: logs of their own, written by the API of Cloud Logging',
  version: 'Version of the gateway',
} as const

export type Label = keyof typeof labelMeanings

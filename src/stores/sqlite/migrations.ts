/**
 * The schema, one step a version, only ever forward: a released step is never edited, the next one changes what it made.
 * A receipt's columns are what reports and people ask by; `document` is the receipt itself, last in the row so that
 * reading the columns before it does not touch the pages that it overflows to.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE receipts (
    id TEXT NOT NULL PRIMARY KEY,
    received_at_ms INTEGER NOT NULL,
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    face TEXT NOT NULL,
    operation TEXT NOT NULL,
    client_request_id TEXT,
    trace_id TEXT,
    requested_model TEXT NOT NULL,
    task TEXT,
    provider TEXT,
    model TEXT,
    answered_model TEXT,
    input_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    cache_write_1h_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    usage_source TEXT,
    price_id TEXT,
    cost_nano_usd INTEGER,
    saved_nano_usd INTEGER NOT NULL,
    cache TEXT NOT NULL,
    cache_reason TEXT,
    outcome TEXT NOT NULL,
    error_code TEXT,
    first_token_ms REAL,
    admit_ms REAL NOT NULL,
    recall_ms REAL NOT NULL,
    route_ms REAL NOT NULL,
    total_ms REAL NOT NULL,
    user TEXT,
    metadata TEXT NOT NULL,
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX receipts_by_time ON receipts (received_at_ms);
  CREATE INDEX receipts_by_caller ON receipts (caller_id, received_at_ms);

  CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('use', 'admin')),
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    created_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
  ) STRICT;
  `,
  // Everything that a report sums, in order of time: it then reads a tenth of the pages, and never those of the receipts.
  `
  CREATE INDEX receipts_for_usage ON receipts (
    received_at_ms, simulated, provider, model, task, caller_id, caller_name, user, cache, outcome, usage_source,
    input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, cost_nano_usd, saved_nano_usd, total_ms
  );
  DROP INDEX receipts_by_time;
  `,
  // The same, and what was asked for.
  `
  DROP INDEX receipts_for_usage;
  CREATE INDEX receipts_for_usage ON receipts (
    received_at_ms, simulated, operation, provider, model, task, caller_id, caller_name, user, cache, outcome,
    usage_source, input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, cost_nano_usd, saved_nano_usd, total_ms
  );
  `,
  // Whom a key belongs to.
  `
  ALTER TABLE keys ADD COLUMN team TEXT;
  ALTER TABLE keys ADD COLUMN tenant TEXT;
  `,
  // Only ever added to.
  `
  CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_time ON audit (at_ms, id);
  `,
  // How much a key may use, as contract/limit.ts writes it.
  `
  ALTER TABLE keys ADD COLUMN limits TEXT;
  `,
]

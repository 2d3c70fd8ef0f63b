/**
 * The schema, one step a version, only ever forward: a released step is never edited, the next one changes what it made. A
 * database knows its steps by their checksums. `document` is the receipt itself; the columns are what reports and people ask
 * by. Ids are ordered by their bytes, as every other store orders them, whatever the database's language.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE receipts (
    id text COLLATE "C" PRIMARY KEY,
    received_at_ms bigint NOT NULL,
    caller_id text NOT NULL,
    caller_name text NOT NULL,
    face text NOT NULL,
    operation text NOT NULL,
    client_request_id text,
    trace_id text,
    requested_model text NOT NULL,
    task text,
    provider text,
    model text,
    answered_model text,
    input_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cache_write_1h_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    usage_source text,
    price_id text,
    cost_nano_usd bigint,
    saved_nano_usd bigint NOT NULL,
    cache text NOT NULL,
    cache_reason text,
    outcome text NOT NULL,
    error_code text,
    first_token_ms double precision,
    admit_ms double precision NOT NULL,
    recall_ms double precision NOT NULL,
    route_ms double precision NOT NULL,
    total_ms double precision NOT NULL,
    "user" text,
    metadata jsonb NOT NULL,
    simulated boolean NOT NULL,
    document text NOT NULL
  );
  CREATE INDEX receipts_by_time ON receipts (received_at_ms, id);
  CREATE INDEX receipts_by_caller ON receipts (caller_id, received_at_ms, id);

  CREATE TABLE keys (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('use', 'admin')),
    sha256 text NOT NULL UNIQUE CHECK (length(sha256) = 64),
    created_at_ms bigint NOT NULL,
    revoked_at_ms bigint
  );
  `,
  // Only ever added to.
  `
  CREATE TABLE audit (
    id text COLLATE "C" PRIMARY KEY,
    at_ms bigint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    action text NOT NULL,
    target text,
    outcome text NOT NULL,
    detail text NOT NULL
  );
  CREATE INDEX audit_by_time ON audit (at_ms, id);
  `,
  // Whom a key belongs to.
  `
  ALTER TABLE keys ADD COLUMN team text;
  ALTER TABLE keys ADD COLUMN tenant text;
  `,
  // How much a key may use, as contract/limit.ts writes it.
  `
  ALTER TABLE keys ADD COLUMN limits text;
  `,
]

//! The steps on PostgreSQL, in the schema `claviger_control`. Texts compare by their bytes (`COLLATE "C"`), as on SQLite.

/// See [`super::Step`].
pub(super) const KEYS: &str = r#"
CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);

-- Raised by each change of a key, so that a running server reads only what changed.
CREATE TABLE generation ("only" bigint PRIMARY KEY CHECK ("only" = 1), value bigint NOT NULL);
INSERT INTO generation VALUES (1, 0);

CREATE TABLE keys (
  id text COLLATE "C" PRIMARY KEY,
  description text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL CHECK (type IN ('standard', 'administration')),
  role text COLLATE "C",
  expires_on text COLLATE "C" NOT NULL,
  allowed_hosts text COLLATE "C" NOT NULL,
  created_by text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  last_used_at bigint,
  last_used_ip text COLLATE "C",
  secret_digest bytea NOT NULL UNIQUE CHECK (length(secret_digest) = 32),
  secret_sealed bytea,
  seal_key_id text COLLATE "C",
  generation bigint NOT NULL
);
CREATE INDEX keys_generation ON keys (generation);
CREATE INDEX keys_created ON keys (created_at, id);
CREATE INDEX keys_role ON keys (role);

-- Old secrets of regenerated keys that still work until an instant.
CREATE TABLE overlap_secrets (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  key_id text COLLATE "C" NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  until bigint NOT NULL
);
CREATE INDEX overlap_secrets_key ON overlap_secrets (key_id);

-- Digests that stopped being valid, for servers that still hold them.
CREATE TABLE retired_secrets (digest bytea NOT NULL, generation bigint NOT NULL, at bigint NOT NULL);
CREATE INDEX retired_secrets_generation ON retired_secrets (generation);

CREATE TABLE users (
  email text COLLATE "C" PRIMARY KEY,
  role text COLLATE "C" NOT NULL CHECK (role IN ('owner', 'manager', 'viewer')),
  password_hash text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  last_sign_in_at bigint
);
CREATE UNIQUE INDEX users_lower ON users (lower(email));

-- The cookie's token is kept as its digest only.
CREATE TABLE console_sessions (
  token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
  email text COLLATE "C" NOT NULL REFERENCES users (email) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  seen_at bigint NOT NULL,
  confirmed_at bigint NOT NULL
);
CREATE INDEX console_sessions_email ON console_sessions (email);

CREATE TABLE audit (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  actor text COLLATE "C" NOT NULL,
  address text COLLATE "C",
  action text COLLATE "C" NOT NULL,
  key_id text COLLATE "C",
  fields text COLLATE "C" NOT NULL
);
CREATE INDEX audit_key ON audit (key_id);
"#;

/// See [`super::Step`].
pub(super) const USAGE: &str = r#"
-- Sums per minute (level 0), hour (1) and day (2) from `start` on, milliseconds since 1970 UTC. key_id: '' requests without a known key,
-- '*' all together. No reference to keys: what a deleted key did stays until it is old. The order of the primary key is the order in
-- which rows leave.
CREATE TABLE usage_sums (
  level bigint NOT NULL,
  start bigint NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  requests bigint NOT NULL,
  refused bigint NOT NULL,
  bytes bigint NOT NULL,
  latency bytea NOT NULL,
  PRIMARY KEY (level, start, key_id)
);

-- Refusals by reason (kind 0), requests by dataclass (1).
CREATE TABLE usage_tallies (
  level bigint NOT NULL,
  start bigint NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  kind bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  requests bigint NOT NULL,
  PRIMARY KEY (level, start, key_id, kind, name)
);

-- The newest few of each key_id.
CREATE TABLE usage_addresses (
  key_id text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  last_at bigint NOT NULL,
  requests bigint NOT NULL,
  PRIMARY KEY (key_id, address)
);
CREATE INDEX usage_addresses_last ON usage_addresses (last_at);

-- Requests refused lately: no data, no secret.
CREATE TABLE refusals (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  method text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  status bigint NOT NULL,
  reason text COLLATE "C" NOT NULL,
  message text COLLATE "C",
  err_code bigint,
  key_id text COLLATE "C",
  role text COLLATE "C",
  address text COLLATE "C",
  rules text COLLATE "C" NOT NULL
);
CREATE INDEX refusals_at ON refusals (at);
CREATE INDEX refusals_request ON refusals (request_id);
"#;

//! The steps on SQLite.

/// See [`super::Step`].
pub(super) const KEYS: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Raised by each change of a key, so that a running server reads only what changed.
CREATE TABLE generation (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO generation VALUES (1, 0);

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('standard', 'administration')),
  role TEXT,
  expires_on TEXT NOT NULL,
  allowed_hosts TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_used_ip TEXT,
  secret_digest BLOB NOT NULL UNIQUE CHECK (length(secret_digest) = 32),
  secret_sealed BLOB,
  seal_key_id TEXT,
  generation INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_generation ON keys (generation);
CREATE INDEX keys_created ON keys (created_at, id);
CREATE INDEX keys_role ON keys (role);

-- Old secrets of regenerated keys that still work until an instant.
CREATE TABLE overlap_secrets (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX overlap_secrets_key ON overlap_secrets (key_id);

-- Digests that stopped being valid, for servers that still hold them.
CREATE TABLE retired_secrets (digest BLOB NOT NULL, generation INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX retired_secrets_generation ON retired_secrets (generation);

CREATE TABLE users (
  email TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'viewer')),
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) STRICT, WITHOUT ROWID;

-- The cookie's token is kept as its digest only.
CREATE TABLE console_sessions (
  token_digest BLOB PRIMARY KEY CHECK (length(token_digest) = 32),
  email TEXT NOT NULL COLLATE NOCASE REFERENCES users (email) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_email ON console_sessions (email);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT,
  action TEXT NOT NULL,
  key_id TEXT,
  fields TEXT NOT NULL
) STRICT;
CREATE INDEX audit_key ON audit (key_id);
";

/// See [`super::Step`].
pub(super) const USAGE: &str = "
-- Sums per minute (level 0), hour (1) and day (2) from `start` on, milliseconds since 1970 UTC. key_id: '' requests without a known key,
-- '*' all together. No reference to keys: what a deleted key did stays until it is old. The order of the primary key is the order in
-- which rows leave.
CREATE TABLE usage_sums (
  level INTEGER NOT NULL,
  start INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  requests INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  latency BLOB NOT NULL,
  PRIMARY KEY (level, start, key_id)
) STRICT, WITHOUT ROWID;

-- Refusals by reason (kind 0), requests by dataclass (1).
CREATE TABLE usage_tallies (
  level INTEGER NOT NULL,
  start INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (level, start, key_id, kind, name)
) STRICT, WITHOUT ROWID;

-- The newest few of each key_id.
CREATE TABLE usage_addresses (
  key_id TEXT NOT NULL,
  address TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (key_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_addresses_last ON usage_addresses (last_at);

-- Requests refused lately: no data, no secret.
CREATE TABLE refusals (
  seq INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT,
  err_code INTEGER,
  key_id TEXT,
  role TEXT,
  address TEXT,
  rules TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_at ON refusals (at);
CREATE INDEX refusals_request ON refusals (request_id);
";

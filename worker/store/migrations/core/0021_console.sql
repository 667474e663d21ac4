-- The operators' console (worker/console): who may enter, who is in, which links are used, and what was done and seen.
-- docs/console.md, docs/storage.md.
CREATE TABLE console_users (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  roles TEXT NOT NULL,                    -- JSON list of worker/console/model/roles.ts
  territories TEXT NOT NULL,              -- JSON list; empty: none
  vendor TEXT,                            -- of the role `editeur`
  made_ms INTEGER NOT NULL,
  ends_ms INTEGER,                        -- NULL: until somebody takes the row away
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE console_sessions (
  id TEXT PRIMARY KEY,                    -- SHA-256 of the cookie, hexadecimal
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,               -- a minute's precision
  ends_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_ends ON console_sessions (ends_ms);

CREATE TABLE console_entries (
  code TEXT PRIMARY KEY,                  -- SHA-256 of the id of a one-use link
  session TEXT NOT NULL,                  -- that it opened
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_entries_until ON console_entries (until_ms);

CREATE TABLE console_audit (
  id INTEGER PRIMARY KEY,                 -- one more than that of the entry before
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  target TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  reason TEXT NOT NULL,
  request_id TEXT NOT NULL,
  once TEXT UNIQUE,                       -- what is written once, however often it is asked
  previous TEXT NOT NULL,                 -- hash of the entry before; empty: there was none
  hash TEXT NOT NULL                      -- worker/console/model/audit-chain.ts
) STRICT;
CREATE INDEX console_audit_at ON console_audit (at_ms);
CREATE INDEX console_audit_request ON console_audit (request_id);

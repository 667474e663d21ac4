-- Regulators as SAS last described them, and what is known of their account at each vendor (INT_R02).
-- docs/accounts.md tells what each column means for what is sent.

CREATE TABLE regulators (
  id TEXT PRIMARY KEY,
  system TEXT,                            -- NULL, with value, once another regulator has taken the identifier
  value TEXT,
  technical_id TEXT,                      -- SAS's own id, when known beside a national identifier
  active INTEGER NOT NULL,
  family TEXT NOT NULL,
  given TEXT NOT NULL,
  email TEXT NOT NULL,
  territories TEXT NOT NULL,              -- JSON list; ours only, no vendor is told
  version INTEGER NOT NULL,               -- grows with each change
  hash TEXT NOT NULL,                     -- of all that vendors are told
  stamp TEXT NOT NULL,                    -- of the save that made this version
  updated_ms INTEGER NOT NULL,
  withdrawn_ms INTEGER,                   -- since when the right is withdrawn; NULL while active, or never active
  wave TEXT                               -- held until an operator confirms this wave of withdrawals
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX regulators_identifier ON regulators (value, system);
CREATE UNIQUE INDEX regulators_technical_id ON regulators (technical_id);
CREATE INDEX regulators_withdrawn ON regulators (withdrawn_ms) WHERE withdrawn_ms IS NOT NULL;
CREATE INDEX regulators_wave ON regulators (wave) WHERE wave IS NOT NULL;

-- One row per regulator and vendor to which something was ever sent.
CREATE TABLE accounts (
  regulator TEXT NOT NULL,
  editor TEXT NOT NULL,
  revision INTEGER NOT NULL,              -- of this row: who writes says which one was read
  open INTEGER NOT NULL,                  -- 1 while the vendor may hold an active account
  withdrawing INTEGER NOT NULL,           -- 1 while open although the right is withdrawn
  confirmed_version INTEGER,              -- last state the vendor said yes to
  confirmed_hash TEXT,
  confirmed_active INTEGER,
  confirmed_system TEXT,
  confirmed_value TEXT,
  confirmed_status INTEGER,               -- the evidence: HTTP status, Location, time
  confirmed_ms INTEGER,
  location TEXT,
  created_status INTEGER,                 -- how the vendor answered the POST that made the account
  sent_version INTEGER,                   -- a message of which nobody knows yet what became of it
  sent_hash TEXT,
  sent_system TEXT,
  sent_value TEXT,
  sent_ms INTEGER,
  doubt_hash TEXT,                        -- older such messages, as long as one may still take effect
  doubt_until_ms INTEGER,
  recheck_ms INTEGER,                     -- when to say the confirmed state again, because of a doubt
  lease TEXT,                             -- who is sending, and until when nobody else may
  lease_until_ms INTEGER,
  attempts INTEGER NOT NULL,              -- since the last yes
  next_try_ms INTEGER,                    -- NULL: at once when withdrawing, else at the next login
  asked_ms INTEGER,                       -- last login that had something to send
  differs_ms INTEGER,                     -- since when vendor and wish are known to differ
  error TEXT,
  error_status INTEGER,
  error_ms INTEGER,
  checked_ms INTEGER,                     -- last re-assertion by the drift repair
  PRIMARY KEY (regulator, editor)
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_withdrawing ON accounts (editor, next_try_ms) WHERE withdrawing = 1;
CREATE INDEX accounts_next_try ON accounts (next_try_ms) WHERE next_try_ms IS NOT NULL AND withdrawing = 0;
CREATE INDEX accounts_confirmed ON accounts (editor, confirmed_value) WHERE confirmed_value IS NOT NULL;
CREATE INDEX accounts_sent ON accounts (editor, sent_value) WHERE sent_value IS NOT NULL;

CREATE TABLE account_waves (
  id TEXT PRIMARY KEY,
  opened_ms INTEGER NOT NULL,
  confirmed_ms INTEGER,
  confirmed_by TEXT
) STRICT, WITHOUT ROWID;

-- What the drift repair met that it did not expect. Kept for 90 days.
CREATE TABLE account_drift (
  id TEXT PRIMARY KEY,
  regulator TEXT NOT NULL,
  editor TEXT NOT NULL,
  kind TEXT NOT NULL,                     -- created, missing, refused
  status INTEGER NOT NULL,
  mended INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_drift_by_time ON account_drift (editor, at_ms);

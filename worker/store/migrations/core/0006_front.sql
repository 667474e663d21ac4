-- What the SAS front's face knows of its own: its users, which vendor has whose slots, what its operator keeps.
-- docs/front.md, docs/storage.md.

-- Who may sign in at login_check, besides those of the setting FRONT_USERS.
CREATE TABLE front_users (
  name TEXT PRIMARY KEY,
  secret TEXT NOT NULL,                   -- hashed, worker/front/sign-in/secret-hash.ts
  updated_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The front calls a vendor by a number that never changes.
CREATE TABLE editor_numbers (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  editor TEXT NOT NULL UNIQUE
) STRICT;

-- Which vendors a practitioner says they use.
CREATE TABLE declared_editors (
  id INTEGER PRIMARY KEY,
  practitioner TEXT NOT NULL,             -- national id with its prefix
  editor TEXT NOT NULL,
  declared_ms INTEGER NOT NULL,
  UNIQUE (practitioner, editor)
) STRICT;

-- Each change of what a practitioner declares. Kept for a year.
CREATE TABLE declaration_changes (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  practitioner TEXT NOT NULL,
  before TEXT NOT NULL,                   -- JSON list of vendors
  after TEXT NOT NULL,
  origin TEXT NOT NULL,                   -- front, admin
  request_id TEXT NOT NULL
) STRICT;
CREATE INDEX declaration_changes_at ON declaration_changes (at_ms);

-- Which vendor has answered with slots of whom: practitioners (8…, 0…) and associations (3…).
CREATE TABLE interfaced (
  subject TEXT NOT NULL,
  editor TEXT NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,               -- about a day's precision
  flows TEXT NOT NULL,                    -- comma-separated: INT_R01, INT_R04, SOS
  PRIMARY KEY (subject, editor)
) STRICT, WITHOUT ROWID;
CREATE INDEX interfaced_last ON interfaced (last_ms);

-- Since when a practitioner is interfaced, by an answer or by a declaration; what the front's index is told.
CREATE TABLE front_index (
  subject TEXT PRIMARY KEY,
  since_ms INTEGER NOT NULL,
  announced_ms INTEGER                    -- ADELI: the front was told, and is never told again
) STRICT, WITHOUT ROWID;
CREATE INDEX front_index_since ON front_index (since_ms);

-- Operator's: the dispatch software (LRM) of SAMU that may open the front's search.
CREATE TABLE samu_lrms (
  authority TEXT PRIMARY KEY,             -- the front's origin parameter, e.g. SAMU42
  active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Operator's: the associations SOS Médecins whose SIRET is searched.
CREATE TABLE sos_associations (
  siret TEXT PRIMARY KEY,                 -- with its prefix 3
  name TEXT NOT NULL,
  announced_ms INTEGER                    -- when the front was told that it is interfaced; NULL: not yet
) STRICT, WITHOUT ROWID;

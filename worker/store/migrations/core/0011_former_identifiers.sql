-- Identifiers that a regulator bore before: a vendor that was not told of him under one may hold his account by it
-- since before us, and is told of a withdrawal under it too. docs/accounts.md § 4.

CREATE TABLE former_identifiers (
  regulator TEXT NOT NULL,
  system TEXT NOT NULL,
  value TEXT NOT NULL,
  told TEXT NOT NULL,                     -- JSON list of vendors that knew him by it: they have moved his account
  PRIMARY KEY (regulator, system, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_identifiers_value ON former_identifiers (value, system);

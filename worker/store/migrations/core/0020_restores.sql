-- A database that was put back to an earlier state says so of itself (worker/store/restores.ts, host/copies/restore.ts).
-- docs/accounts.md § 4, "After a restore".
CREATE TABLE restores (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  days INTEGER NOT NULL                   -- withdrawals of so many days before its state are said again
) STRICT;
ALTER TABLE accounts ADD COLUMN restored_ms INTEGER;       -- when a restore made its withdrawal due again

CREATE INDEX accounts_restored ON accounts (restored_ms) WHERE restored_ms IS NOT NULL;

-- In the transaction that says so, before anybody else can read it.
CREATE TRIGGER reassert_after_restore AFTER INSERT ON restores BEGIN
  -- A grant that waited may be of a right that ended since: the next login says it, by a SAS that knows.
  UPDATE accounts SET next_try_ms = NULL
    WHERE withdrawing = 0 AND next_try_ms IS NOT NULL
      AND (SELECT active FROM regulators WHERE id = accounts.regulator) = 1;
  -- What a vendor confirmed closed may have been opened since. `value`: else the account of that name is another's.
  UPDATE accounts SET open = 1, withdrawing = 1, next_try_ms = NULL, attempts = 0, revision = revision + 1,
      restored_ms = NEW.at_ms
    WHERE (withdrawing = 1 OR (open = 0 AND confirmed_active IS 0))
      AND regulator IN (SELECT id FROM regulators WHERE active = 0 AND value IS NOT NULL AND family <> ''
        AND withdrawn_ms >= NEW.days * -86400000 + MIN(NEW.at_ms,
          COALESCE((SELECT MAX(updated_ms) FROM regulators), NEW.at_ms)));
END;

-- Regulators erased on an operator's word: that it was done, when, by whom and why; never who it was. docs/exploitation/effacement.md.
CREATE TABLE erased_regulators (
  id TEXT PRIMARY KEY,                    -- of the erasure, drawn at random
  regulator TEXT,                         -- our id, while it is under way; NULL once nothing is left
  reason TEXT NOT NULL,
  reference TEXT,                         -- of the operator's file
  asked_ms INTEGER NOT NULL,
  asked_by TEXT NOT NULL,
  walked_seq INTEGER NOT NULL DEFAULT 0,  -- versions of appointments up to it name him no more
  done_ms INTEGER,
  void_ms INTEGER                         -- SAS gave the right back before it was done
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX erased_regulators_open ON erased_regulators (regulator) WHERE regulator IS NOT NULL;
CREATE INDEX erased_regulators_asked ON erased_regulators (asked_ms);
-- By whom an event of the drift repair is: it goes with him.
CREATE INDEX account_drift_regulator ON account_drift (regulator);

-- Appointments erased on an operator's word, so that a vendor's late message does not bring them back, and those that name no
-- regulator any more because he was erased. docs/exploitation/effacement.md.
CREATE TABLE erased_appointments (
  id TEXT PRIMARY KEY,                    -- of the appointment: a hash of the vendor's own identifier
  what TEXT NOT NULL,                     -- whole, operator
  at_ms INTEGER NOT NULL,
  asked_by TEXT,                          -- NULL, with reason, of operator: the regulator's erasure tells
  reason TEXT,
  reference TEXT,
  untold TEXT,                            -- JSON of what the hub must still be told: times, and nobody
  exported_ms INTEGER                     -- when an export told of it
) STRICT, WITHOUT ROWID;
CREATE INDEX erased_appointments_at ON erased_appointments (what, at_ms);
CREATE INDEX erased_appointments_untold ON erased_appointments (id) WHERE untold IS NOT NULL;
CREATE INDEX erased_appointments_unexported ON erased_appointments (at_ms) WHERE what = 'whole' AND exported_ms IS NULL;

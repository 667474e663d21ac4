-- Appointments that vendors reported (INT_R03). docs/storage.md, docs/appointments.md.

-- The state of each appointment, as searches need it. One row per appointment; `id` is made from
-- (editor, system, value), so both keys say the same and neither can be doubled.
CREATE TABLE appointments (
  id TEXT PRIMARY KEY,
  editor TEXT NOT NULL,
  system TEXT NOT NULL,
  value TEXT NOT NULL,
  current INTEGER NOT NULL,               -- version that holds now
  updated_ms INTEGER NOT NULL UNIQUE,     -- grows with each change of any appointment: a place in the order of changes
  profile TEXT NOT NULL,                  -- individual, sos
  status TEXT NOT NULL,
  holds INTEGER NOT NULL,                 -- 1 while it takes its slot
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  practitioner TEXT,                      -- national id of the first practitioner
  operator_system TEXT,
  operator TEXT,                          -- the regulator's identifier
  slot TEXT                               -- the vendor's own id of the slot
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX appointments_identifier ON appointments (value, system, editor);
CREATE INDEX appointments_start ON appointments (start_ms);
CREATE INDEX appointments_practitioner ON appointments (practitioner, start_ms, end_ms, holds, editor);
CREATE INDEX appointments_operator ON appointments (operator, start_ms);

-- Every message that said something new, in the order of arrival, also those that came too late to hold.
-- No foreign key: a version is written before the state that points to it, in the same transaction.
CREATE TABLE appointment_versions (
  appointment TEXT NOT NULL,
  version INTEGER NOT NULL,
  epoch INTEGER NOT NULL,                 -- grows with each correction by If-Match
  hash TEXT NOT NULL,                     -- of profile and content
  stamp_ms INTEGER,                       -- the vendor's own meta.lastUpdated
  rank INTEGER NOT NULL,                  -- of the status, worker/appointments/model/lattice.ts
  updated_ms INTEGER NOT NULL,            -- when it was recorded
  method TEXT NOT NULL,                   -- POST, PUT
  relay TEXT NOT NULL,
  request_id TEXT NOT NULL,
  held INTEGER NOT NULL DEFAULT 0,        -- 1 when it was the state at some time, 0 when it came too late
  repeats INTEGER NOT NULL DEFAULT 0,     -- how often the same message came again
  repairs TEXT NOT NULL,                  -- JSON list: what was put right in what was sent
  profile TEXT NOT NULL,
  status TEXT NOT NULL,
  holds INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  practitioner TEXT,
  operator_system TEXT,
  operator TEXT,
  slot TEXT,
  content TEXT NOT NULL,                  -- the resource as JSON, without resourceType, id and meta
  UNIQUE (appointment, version)
) STRICT;

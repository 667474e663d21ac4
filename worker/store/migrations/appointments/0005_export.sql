-- Each version gets a place in the order of arrival that is its own for ever, whatever is forgotten: exports go by it
-- (worker/appointments/export/changes.ts). A column is added first, so the table is written anew.
CREATE TABLE placed_versions (
  seq INTEGER PRIMARY KEY,                -- order of arrival
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
INSERT INTO placed_versions (appointment, version, epoch, hash, stamp_ms, rank, updated_ms, method, relay, request_id,
    held, repeats, repairs, profile, status, holds, start_ms, end_ms, practitioner, operator_system, operator, slot, content)
  SELECT appointment, version, epoch, hash, stamp_ms, rank, updated_ms, method, relay, request_id, held, repeats, repairs,
    profile, status, holds, start_ms, end_ms, practitioner, operator_system, operator, slot, content
  FROM appointment_versions ORDER BY rowid;
DROP TABLE appointment_versions;
ALTER TABLE placed_versions RENAME TO appointment_versions;

-- How far the changes are exported. One row.
CREATE TABLE export_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  done_seq INTEGER NOT NULL,              -- every version up to it is exported
  until_seq INTEGER NOT NULL,             -- last version of the object that is being written; done_seq while none is
  up_to_ms INTEGER,                       -- updated_ms of version done_seq
  done_ms INTEGER,                        -- when the last object was written, or none was left
  failed_ms INTEGER,                      -- since then a run has failed
  failure TEXT                            -- why, in our words
) STRICT;
INSERT INTO export_mark (id, done_seq, until_seq) VALUES (1, 0, 0);

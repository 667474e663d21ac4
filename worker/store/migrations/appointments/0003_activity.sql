-- How many appointments start on each day, so that no report counts rows. worker/appointments/fold.ts keeps it, behind
-- the vendors' writes; docs/appointments.md § 5. No personal data in `activity_days`.

-- Kept for ever: what appointments are forgotten, and which regulators, moves no count.
CREATE TABLE activity_days (
  territory TEXT NOT NULL,                -- '': everybody; '-': of no known territory; else its name
  day TEXT NOT NULL,                      -- of the start, in Paris, YYYY-MM-DD
  vendor TEXT NOT NULL,
  status TEXT NOT NULL,
  own_day TEXT NOT NULL,                  -- the same on the territory's own clock: another day overseas
  count INTEGER NOT NULL,
  PRIMARY KEY (territory, day, vendor, status, own_day)
) STRICT, WITHOUT ROWID;
-- Every territory of a day; `count` is not in it, so that counting writes one row.
CREATE INDEX activity_days_of_territories ON activity_days (day, vendor, status, territory, own_day) WHERE territory > '';

-- How far the changes of appointments are counted. One row.
CREATE TABLE activity_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  up_to_ms INTEGER NOT NULL,              -- appointments.updated_ms of the last change that is counted
  purged_ms INTEGER NOT NULL              -- appointments that ended before may have been forgotten already
) STRICT;
INSERT INTO activity_mark (id, up_to_ms, purged_ms) VALUES (1, 0, 0);

-- What the appointment is counted as, JSON (worker/appointments/model/cells.ts); NULL: not yet, or not at all.
ALTER TABLE appointments ADD COLUMN counted TEXT;

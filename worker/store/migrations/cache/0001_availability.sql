-- What vendors said of a practitioner's or association's free slots, for the searches of the next seconds. One row
-- per person and flow, whichever vendors spoke: writes are then in proportion to what was asked. docs/cache.md.
CREATE TABLE availability (
  flow TEXT NOT NULL,                     -- INT_R01, INT_R04, SOS
  subject TEXT NOT NULL,                  -- prefixed national identifier
  until_ms INTEGER NOT NULL,              -- nothing in `parts` holds past it
  version TEXT NOT NULL,                  -- another with each writing: who knows it need not read `parts` again
  parts TEXT NOT NULL,                    -- per vendor: window, when it was said, until when, answer (kept-row.ts)
  PRIMARY KEY (flow, subject)
) STRICT, WITHOUT ROWID;

-- What vendors' answers to searches said of practitioners and associations, for the messages to LRMs (INT_L02): an
-- appointment has identifiers only. docs/storage.md.
CREATE TABLE lrm_people (
  editor TEXT NOT NULL,                   -- who says it, for its own appointments alone
  subject TEXT NOT NULL,                  -- practitioner (8…, 0…) or association (3…)
  structure TEXT NOT NULL,                -- FINESS (1…) or SIRET (3…); '-': of a place without one; empty: of the practitioner
  name TEXT,                              -- of the structure; of the practitioner: family name; NULL: not said
  given TEXT,
  specialty TEXT,                         -- TRE_R38
  is_cpts INTEGER,                        -- 1 while no slot was shown that belongs to no CPTS; NULL: no answer told
  said_ms INTEGER NOT NULL,               -- about a month's precision
  PRIMARY KEY (editor, subject, structure)
) STRICT, WITHOUT ROWID;
CREATE INDEX lrm_people_said ON lrm_people (said_ms);

-- Kept answers are written by the hub, behind, many of some seconds in one compressed page: what was kept before, one row
-- per person and flow, is seconds old and goes. docs/cache.md.
DROP TABLE availability;
CREATE TABLE availability (
  id INTEGER PRIMARY KEY,                 -- grows: the newest page has the largest
  until_ms INTEGER NOT NULL,              -- nothing in `body` holds past it
  body BLOB NOT NULL                      -- gzip of JSON: what vendors said, of whom, when, until when (kept-pages.ts)
) STRICT;
CREATE INDEX availability_until ON availability (until_ms);

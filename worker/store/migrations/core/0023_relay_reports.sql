-- What each relay last said of itself (shared/link/report.ts): certificates, lists, alarms, queues. Replaced in place.
-- docs/console.md, docs/storage.md.
CREATE TABLE relay_reports (
  relay TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,                 -- when the hub heard what is written here
  report TEXT NOT NULL                    -- JSON
) STRICT, WITHOUT ROWID;

-- Learned routing (off by default): when everybody was last asked for somebody, so that it is done again in time. Who
-- holds whom stands in `interfaced` and `declared_editors`. docs/cache.md.
CREATE TABLE broadcasts (
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (flow, subject)
) STRICT, WITHOUT ROWID;

-- Who this database is. Nothing in it is acknowledged, so nothing is counted. worker/store/loss.ts, docs/storage.md "Loss".
CREATE TABLE cache_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  identity TEXT NOT NULL,                 -- random, made here
  writes INTEGER NOT NULL,                -- 0
  probe BLOB                              -- written and taken away again, to see whether there is room
) STRICT;
INSERT INTO cache_mark (id, identity, writes) VALUES (1, lower(hex(randomblob(16))), 0);

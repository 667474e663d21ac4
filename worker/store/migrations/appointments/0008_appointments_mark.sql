-- Who this database is, and how many writes of it were acknowledged. The gate remembers both elsewhere: a database that is
-- another one, or has fewer, was emptied, replaced or set back. worker/store/loss.ts, docs/storage.md "Loss".
CREATE TABLE appointments_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  identity TEXT NOT NULL,                 -- random, made here
  writes INTEGER NOT NULL,                -- grows with each write that is acknowledged
  probe BLOB                              -- written and taken away again, to see whether there is room
) STRICT;
INSERT INTO appointments_mark (id, identity, writes) VALUES (1, lower(hex(randomblob(16))), 0);
CREATE TRIGGER count_appointment_versions AFTER INSERT ON appointment_versions BEGIN
  UPDATE appointments_mark SET writes = writes + 1 WHERE id = 1;
END;

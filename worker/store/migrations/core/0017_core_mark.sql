-- Who this database is, and how many writes of it were acknowledged: what SAS, the front and operators said, and what
-- vendors confirmed. worker/store/loss.ts, docs/storage.md "Loss".
CREATE TABLE core_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  identity TEXT NOT NULL,                 -- random, made here
  writes INTEGER NOT NULL,                -- grows with each write that is acknowledged
  probe BLOB                              -- written and taken away again, to see whether there is room
) STRICT;
INSERT INTO core_mark (id, identity, writes) VALUES (1, lower(hex(randomblob(16))), 0);
CREATE TRIGGER count_regulators_insert AFTER INSERT ON regulators BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_regulators_update AFTER UPDATE ON regulators BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_accounts_insert AFTER INSERT ON accounts BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_accounts_update AFTER UPDATE ON accounts BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_account_waves_insert AFTER INSERT ON account_waves BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_account_waves_update AFTER UPDATE ON account_waves BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_declaration_changes_insert AFTER INSERT ON declaration_changes BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_front_users_insert AFTER INSERT ON front_users BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_front_users_update AFTER UPDATE ON front_users BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_front_users_delete AFTER DELETE ON front_users BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_samu_lrms_insert AFTER INSERT ON samu_lrms BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_sos_associations_insert AFTER INSERT ON sos_associations BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;
CREATE TRIGGER count_editors_update AFTER UPDATE OF enabled, deadline_ms, cache_ttl_s ON editors BEGIN
  UPDATE core_mark SET writes = writes + 1 WHERE id = 1;
END;

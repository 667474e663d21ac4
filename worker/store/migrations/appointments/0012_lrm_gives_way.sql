-- A message that waits to leave again, because its last attempt expired or failed (`reason`), or that is held, gives way to a newer
-- one of its appointment, which tells the whole of it and need not wait.
CREATE TRIGGER lrm_gives_way AFTER INSERT ON lrm_messages WHEN NEW.turn > 1 BEGIN
  UPDATE lrm_messages SET state = 'superseded', changed_ms = NEW.made_ms
    WHERE appointment = NEW.appointment AND turn < NEW.turn AND state IN ('pending', 'held') AND reason IS NOT NULL;
END;

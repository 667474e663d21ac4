-- Of how many attempts nobody knows whether they arrived: only these may have brought an LRM the same message twice. In
-- `lrm_days` under the state 'doubted', by the day of the message.
CREATE TRIGGER lrm_days_doubted AFTER UPDATE OF outcome ON lrm_attempts
  WHEN NEW.outcome = 'unknown' AND OLD.outcome <> 'unknown' BEGIN
  INSERT INTO lrm_days (day, recipient, state, count)
    SELECT day, NEW.recipient, 'doubted', 1 FROM lrm_messages WHERE appointment = NEW.appointment AND turn = NEW.turn
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

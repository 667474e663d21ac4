-- What each vendor has stored, so that one fills no database for all: kept by triggers, so that whatever writes or forgets
-- counts, in the same transaction. docs/storage.md "Quotas". A vendor is in its appointments' ids: `{editor}-{20 hex}`.
CREATE TABLE vendor_usage (
  editor TEXT PRIMARY KEY,
  versions INTEGER NOT NULL,
  bytes INTEGER NOT NULL,                 -- of their contents, and 1,000 each for the rest and the indexes
  hour INTEGER NOT NULL,                  -- since 1970, of the last appointment that was new
  created INTEGER NOT NULL                -- appointments that were new in it
) STRICT, WITHOUT ROWID;

INSERT INTO vendor_usage (editor, versions, bytes, hour, created)
  SELECT substr(appointment, 1, length(appointment) - 21), COUNT(*), SUM(octet_length(content) + 1000), 0, 0
  FROM appointment_versions GROUP BY 1;

CREATE TRIGGER vendor_usage_version AFTER INSERT ON appointment_versions BEGIN
  INSERT INTO vendor_usage (editor, versions, bytes, hour, created)
    VALUES (substr(NEW.appointment, 1, length(NEW.appointment) - 21), 1, length(CAST(NEW.content AS BLOB)) + 1000, 0, 0)
    ON CONFLICT (editor) DO UPDATE SET versions = versions + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER vendor_usage_new AFTER INSERT ON appointments BEGIN
  UPDATE vendor_usage SET hour = NEW.updated_ms / 3600000,
    created = CASE WHEN hour = NEW.updated_ms / 3600000 THEN created + 1 ELSE 1 END
  WHERE editor = NEW.editor;
END;

CREATE TRIGGER vendor_usage_forgotten AFTER DELETE ON appointment_versions BEGIN
  UPDATE vendor_usage SET versions = versions - 1, bytes = bytes - length(CAST(OLD.content AS BLOB)) - 1000
  WHERE editor = substr(OLD.appointment, 1, length(OLD.appointment) - 21);
END;

-- Maintenances that vendors have declared (worker/maintenances): meanwhile their failures are no incident. docs/console.md,
-- docs/storage.md.
CREATE TABLE maintenances (
  id TEXT PRIMARY KEY,
  editor TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,                 -- thirty days later at most
  reason TEXT NOT NULL,
  declared_by TEXT NOT NULL,
  declared_ms INTEGER NOT NULL,
  changed_ms INTEGER,                     -- when its times or its reason were last changed
  withdrawn_ms INTEGER                    -- NULL: it stands
) STRICT, WITHOUT ROWID;
CREATE INDEX maintenances_to ON maintenances (to_ms);
CREATE INDEX maintenances_editor ON maintenances (editor, to_ms);

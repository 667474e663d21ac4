-- What was received, shown, dropped and repaired, per vendor, rule and hour. Kept for a day. No personal data:
-- counts, and a few of the vendor's own ids of slots and places.
CREATE TABLE rule_counts (
  editor TEXT NOT NULL,
  hour INTEGER NOT NULL,          -- hours since the epoch
  kind TEXT NOT NULL,             -- received, shown, dropped or repaired
  rule TEXT NOT NULL,             -- '' for received and shown
  count INTEGER NOT NULL,
  ids TEXT NOT NULL,              -- JSON list
  PRIMARY KEY (editor, hour, kind, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_counts_by_hour ON rule_counts (hour);

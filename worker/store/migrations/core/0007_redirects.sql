-- How often booking pages were opened through /r/{slot}, per vendor and day. Counts only: nothing about who, or of
-- which practitioner. Kept for 400 days.
CREATE TABLE redirects (
  day TEXT NOT NULL,              -- in Paris, YYYY-MM-DD
  editor TEXT NOT NULL,
  outcome TEXT NOT NULL,          -- opened, expired or refused
  count INTEGER NOT NULL,
  PRIMARY KEY (day, editor, outcome)
) STRICT, WITHOUT ROWID;

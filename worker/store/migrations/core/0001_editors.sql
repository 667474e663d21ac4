-- The vendors that relays announce, and what the operator decides about each.
CREATE TABLE editors (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  flows TEXT NOT NULL,                    -- JSON list, e.g. ["INT_R01","SOS"]
  redirect_hosts TEXT NOT NULL,           -- JSON list of host names
  certificate_not_after TEXT NOT NULL,    -- ISO instant
  announced_at INTEGER NOT NULL,          -- milliseconds since the epoch
  enabled INTEGER NOT NULL DEFAULT 1,     -- operator's switch
  deadline_ms INTEGER,                    -- operator's: NULL = the edge's DEADLINE_MS
  cache_ttl_s INTEGER                     -- operator's: NULL = the edge's CACHE_TTL_S, 0 = never kept
) STRICT;

-- Which relay serves which vendor, as last announced by each relay.
CREATE TABLE relay_editors (
  relay TEXT NOT NULL,
  editor TEXT NOT NULL REFERENCES editors (id),
  PRIMARY KEY (relay, editor)
) STRICT, WITHOUT ROWID;

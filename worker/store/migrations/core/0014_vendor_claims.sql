-- The hub keeps which relay may be which vendor (docs/decisions/0016-vendor-claims.md), and accepts what an older database has
-- of relays and vendors.

ALTER TABLE editors ADD COLUMN appointment_system TEXT;   -- the only system of its appointments; NULL: none said yet
ALTER TABLE editors ADD COLUMN taken_out_ms INTEGER;      -- the operator took it out; NULL: in service
ALTER TABLE editors ADD COLUMN taken_out_reason TEXT;     -- in the operator's words

-- What each relay's key claims to be, and what the operator says of it.
CREATE TABLE vendor_claims (
  relay TEXT NOT NULL,
  editor TEXT NOT NULL,
  state TEXT NOT NULL,                    -- accepted, held, refused
  since_ms INTEGER NOT NULL,              -- of the state
  proposed TEXT,                          -- JSON: what it announces otherwise than was accepted
  proposed_ms INTEGER,
  proposal_refused INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (relay, editor)
) STRICT, WITHOUT ROWID;
INSERT INTO vendor_claims (relay, editor, state, since_ms) SELECT relay, editor, 'accepted', 0 FROM relay_editors;

-- When each relay last announced itself: an older word of another hub does not undo it.
CREATE TABLE relays (
  id TEXT PRIMARY KEY,
  announced_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What LRMs are to be told of appointments, through Hub Santé (INT_L02). docs/lrm.md. Without the setting LRM_CLIENT_ID no
-- row is ever written. No personal data: whom a message names stands in the message, which is made when it leaves.

-- One row per version that an appointment's LRM is told, in the order in which it is told: `turn` 1, 2, 3. While nothing of
-- the last turn was ever given to a relay, a newer version takes its place in it.
CREATE TABLE lrm_messages (
  appointment TEXT NOT NULL,
  turn INTEGER NOT NULL,
  version INTEGER NOT NULL,               -- of table appointment_versions
  merged INTEGER NOT NULL DEFAULT 0,      -- older versions whose place it took
  state TEXT NOT NULL,                    -- pending, held, leased, confirmed, errored, expired; acked, superseded
  reason TEXT,                            -- of held: why no message can be made; else the code of the last error
  recipient TEXT,                         -- client id of the LRM; NULL while it is not known
  day TEXT NOT NULL,                      -- Paris, YYYY-MM-DD, of made_ms
  made_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,            -- when the state last changed
  due_ms INTEGER NOT NULL,                -- when it leaves, or is looked at again; of errored and expired: when it ended
  useful_ms INTEGER NOT NULL,             -- until then it is worth sending
  attempts INTEGER NOT NULL DEFAULT 0,    -- how often a relay got it
  is_known INTEGER NOT NULL DEFAULT 0,    -- 1: the LRM said that it has this appointment (409)
  PRIMARY KEY (appointment, turn)
) STRICT, WITHOUT ROWID;
-- What no LRM has acknowledged.
CREATE INDEX lrm_messages_open ON lrm_messages (state, due_ms) WHERE state NOT IN ('acked', 'superseded');

-- One row per message that was given to a relay, whatever became of it: its distributionID is never used again.
CREATE TABLE lrm_attempts (
  distribution_id TEXT PRIMARY KEY,
  appointment TEXT NOT NULL,
  turn INTEGER NOT NULL,
  attempt INTEGER NOT NULL,               -- of this turn: 1, 2, 3
  method TEXT NOT NULL,                   -- CreateAppointment, UpdateAppointment
  recipient TEXT NOT NULL,
  relay TEXT NOT NULL,
  instance TEXT NOT NULL,                 -- of the relay's process
  leased_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,              -- the relay publishes it no later
  expires_ms INTEGER NOT NULL,            -- dateTimeExpires
  outcome TEXT NOT NULL,                  -- leased, confirmed, nacked, unsent, unknown
  settled_ms INTEGER,
  reply TEXT,                             -- ack, error: the first, but an ack counts above an error
  reply_ms INTEGER,
  code INTEGER,                           -- of an error, and who said it
  error_sender TEXT,
  cause TEXT,                             -- the Hub's own words of it; of an LRM's nothing is kept
  step TEXT,                              -- what an ack last said of what became of it
  replies INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX lrm_attempts_appointment ON lrm_attempts (appointment, turn, attempt);
-- What a relay has in its hands.
CREATE INDEX lrm_attempts_leased ON lrm_attempts (appointment, until_ms) WHERE outcome = 'leased';

-- What came from Hub Santé and belongs to no attempt that is known. Nothing of its text is kept.
CREATE TABLE lrm_strays (
  hash TEXT PRIMARY KEY,                  -- SHA-256 of queue and body: one that comes again is counted
  queue TEXT NOT NULL,                    -- ack, info
  kind TEXT NOT NULL,                     -- unreadable, uncorrelated, unknown
  code INTEGER,                           -- of an error
  reference TEXT,                         -- the distributionID that it names, when it has the form of one
  bytes INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
CREATE INDEX lrm_strays_last ON lrm_strays (last_ms);

-- What became of the messages of each day, once it is known; kept by triggers, whatever changes a state.
CREATE TABLE lrm_days (
  day TEXT NOT NULL,                      -- lrm_messages.day
  recipient TEXT NOT NULL,                -- '': never known
  state TEXT NOT NULL,                    -- acked, errored, expired, superseded
  count INTEGER NOT NULL,
  PRIMARY KEY (day, recipient, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER lrm_days_begins AFTER UPDATE OF state ON lrm_messages
  WHEN NEW.state <> OLD.state AND NEW.state IN ('acked', 'errored', 'expired', 'superseded') BEGIN
  INSERT INTO lrm_days (day, recipient, state, count) VALUES (NEW.day, COALESCE(NEW.recipient, ''), NEW.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER lrm_days_ends AFTER UPDATE OF state ON lrm_messages
  WHEN NEW.state <> OLD.state AND OLD.state IN ('acked', 'errored', 'expired', 'superseded') BEGIN
  UPDATE lrm_days SET count = count - 1
    WHERE day = OLD.day AND recipient = COALESCE(OLD.recipient, '') AND state = OLD.state;
END;

-- An appointment that is purged or erased takes along what is known of its messages, in the same transaction.
CREATE TRIGGER lrm_forgotten AFTER DELETE ON appointments BEGIN
  DELETE FROM lrm_attempts WHERE appointment = OLD.id;
  DELETE FROM lrm_messages WHERE appointment = OLD.id;
END;

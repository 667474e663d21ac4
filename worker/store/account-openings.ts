// Tables `accounts` and `regulators`: a right that has ended is due at every vendor that may hold the account. Only a
// vendor that confirmed it closed is known not to: one that was never told, or refused, or was not announced yet, may
// have had it before us. Statements only, for the transaction of the save or of the announcement that calls for them.

/**
 * Of `accounts AS a`. A mere row says nothing: a refused creation leaves one. Written so that NULL is false.
 * The same as `isClosed` of worker/accounts/model/ledger.ts.
 */
const IS_CLOSED = '(a.open = 0 AND a.confirmed_active IS 0)';
/** Of `regulators AS r`: there is a name to say and an identifier to say it by. */
const CAN_BE_SAID = "(r.active = 0 AND r.value IS NOT NULL AND r.family <> '')";
/** A withdrawal of unknown people that waits for an operator is made due when it is released: a flood of them costs no rows. */
const IS_OPENED = "(r.wave IS NULL OR r.withdrawn_as IS NOT 'unknown')";
/** What `sent_hash` says of an account that the vendor may hold without a message of ours. No content has this hash. */
const HELD = 'held';

/**
 * Of `regulators` by that name: some vendor holds his account, or may, by a message of ours. One that waits to be told for
 * the first time is none.
 */
export const hasAccount = (regulators: string): string =>
  `EXISTS (SELECT 1 FROM accounts AS a WHERE a.regulator = ${regulators}.id AND NOT ${IS_CLOSED}
    AND (a.confirmed_hash IS NOT NULL OR a.sent_hash IS NOT '${HELD}'))`;

/** After a save: at every vendor that was ever announced, whatever the operator's switch or the relays say now. */
export function openEverywhere(db: D1Database, regulator: string, stamp: string): D1PreparedStatement[] {
  const isSaved = 'EXISTS (SELECT 1 FROM regulators WHERE id = ?1 AND stamp = ?2)';
  return [
    reopen(db, `a.regulator = ?1 AND ${isSaved}`).bind(regulator, stamp),
    insert(db, 'SELECT id FROM editors', `r.id = ?1 AND ${isSaved}`).bind(regulator, stamp),
  ];
}

/** The first of a wave; parameters: 1 wave, 2 how many. */
export const FIRST_OF_WAVE = '(SELECT id FROM regulators WHERE wave = ?1 ORDER BY withdrawn_ms, id LIMIT ?2)';

/** Before the first of a wave are released: those of unknown people are due nowhere yet. */
export function openReleased(db: D1Database, wave: string, max: number): D1PreparedStatement {
  const which = `r.id IN ${FIRST_OF_WAVE} AND r.withdrawn_as = 'unknown'`;
  return insert(db, 'SELECT id FROM editors', which, '1 = 1').bind(wave, max);
}

/** After an announcement: of every right that had ended before the relay announced the vendor. */
export function openAtRelay(db: D1Database, relay: string): D1PreparedStatement[] {
  const announced = 'SELECT editor FROM relay_editors WHERE relay = ?1';
  return [reopen(db, `a.editor IN (${announced})`).bind(relay), insert(db, announced, '1 = 1').bind(relay)];
}

/** The identifier is kept in the row: SAS may give it to somebody else before the vendor has closed the account. */
function reopen(db: D1Database, which: string): D1PreparedStatement {
  return db.prepare(
    `UPDATE accounts AS a SET open = 1, withdrawing = 1, next_try_ms = NULL, is_unknown = k.is_unknown,
       sent_version = CASE WHEN k.is_named THEN a.sent_version ELSE 0 END,
       sent_hash = CASE WHEN k.is_named THEN a.sent_hash ELSE '${HELD}' END,
       sent_system = CASE WHEN k.is_named THEN a.sent_system ELSE k.system END,
       sent_value = CASE WHEN k.is_named THEN a.sent_value ELSE k.value END,
       sent_ms = CASE WHEN k.is_named THEN a.sent_ms ELSE 0 END
     FROM (SELECT r.id, r.system, r.value, o.editor, r.withdrawn_as IS 'unknown' AS is_unknown,
         (o.confirmed_hash IS NOT NULL OR o.sent_hash IS NOT NULL) AS is_named
       FROM regulators AS r CROSS JOIN accounts AS o ON o.regulator = r.id
       WHERE r.active = 0 AND o.withdrawing = 0) AS k
     WHERE k.id = a.regulator AND k.editor = a.editor AND a.withdrawing = 0
       AND NOT ${IS_CLOSED} AND (k.is_named OR k.value IS NOT NULL) AND ${which}`,
  );
}

function insert(db: D1Database, vendors: string, which: string, opened = IS_OPENED): D1PreparedStatement {
  return db.prepare(
    `INSERT INTO accounts
       (regulator, editor, revision, open, withdrawing, attempts, sent_version, sent_hash, sent_system, sent_value, sent_ms,
        is_unknown)
     SELECT r.id, e.id, 1, 1, 1, 0, 0, '${HELD}', r.system, r.value, 0, r.withdrawn_as IS 'unknown'
     FROM regulators AS r JOIN editors AS e ON e.id IN (${vendors}) AND e.flows LIKE '%"INT_R02"%'
     WHERE ${CAN_BE_SAID} AND ${opened} AND ${which}
     ON CONFLICT (regulator, editor) DO NOTHING`,
  );
}

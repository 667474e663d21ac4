// Table `accounts`: what is known of each regulator's account at each vendor. A row is replaced whole, and only by who
// read its last revision: of two isolates that would send at once, D1 lets one claim. docs/accounts.md § 3.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { guardIdempotent, guardStore } from '../../store/guard.ts';
import type { AccountRow, Message } from '../model/ledger.ts';
import type { Regulator } from '../model/regulator.ts';
import { isDoubted } from './due.ts';
import { readFormer, SELECT_FORMER } from './former.ts';
import { type RawRegulator, REGULATOR_COLUMNS, toRegulator } from './regulators.ts';
import { type RawAccount, rowValues, toAccountRow } from './row.ts';

/** One vendor and what is known of the regulator's account there. */
export interface Pair {
  readonly editor: string;
  readonly name: string;
  /** Announced by some relay, with INT_R02. */
  readonly isServed: boolean;
  /** The operator's switch. */
  readonly isEnabled: boolean;
  /** Milliseconds; undefined = the edge's own. */
  readonly deadlineMs: number | undefined;
  readonly row: AccountRow | undefined;
  /** Another account of this vendor bears the identifier last confirmed for this one. */
  readonly isTaken: boolean;
  /** There are withdrawals that this vendor has not confirmed, of whomever it or another vendor was told of. */
  readonly hasWithdrawals: boolean;
  /** Under which the vendor may hold an account of his that it was never told of. */
  readonly former: readonly RegulatorIdentifier[];
}

/** A regulator, and how things stand at each vendor. */
export interface Loaded {
  readonly regulator: Regulator;
  readonly pairs: readonly Pair[];
}

interface RawPair extends Partial<RawAccount> {
  readonly id: string;
  readonly name: string;
  readonly enabled: number;
  readonly is_served: number;
  readonly deadline_ms: number | null;
  readonly is_taken: number;
  readonly has_withdrawals: number;
  readonly former: string;
}

/** Parameters: 1 regulator, 2 vendor or NULL for all. */
const SELECT_PAIRS = `SELECT a.*, e.id, e.name, e.enabled, e.deadline_ms,
    (e.flows LIKE '%"INT_R02"%' AND e.id IN (SELECT editor FROM relay_editors)) AS is_served,
    (a.confirmed_value IS NOT NULL AND (
      EXISTS (SELECT 1 FROM accounts AS o WHERE o.editor = a.editor AND o.confirmed_value = a.confirmed_value
        AND o.confirmed_system = a.confirmed_system AND o.regulator <> a.regulator)
      OR EXISTS (SELECT 1 FROM accounts AS o WHERE o.editor = a.editor AND o.sent_value = a.confirmed_value
        AND o.sent_system = a.confirmed_system AND o.regulator <> a.regulator))) AS is_taken,
    EXISTS (SELECT 1 FROM accounts AS w WHERE w.editor = e.id AND w.withdrawing = 1 AND w.is_unknown = 0) AS has_withdrawals,
    ${SELECT_FORMER} AS former
  FROM editors AS e LEFT JOIN accounts AS a ON a.editor = e.id AND a.regulator = ?1
  WHERE (?2 IS NULL OR e.id = ?2) ORDER BY e.id`;

const SELECT_REGULATOR = `SELECT ${REGULATOR_COLUMNS} FROM regulators WHERE id = ?1`;

/** The regulator and every vendor, or one, in two statements and one round trip. */
export async function loadPairs(db: D1Database, id: string, vendor?: string): Promise<Loaded | undefined> {
  const [who, where] = await guardIdempotent(() =>
    db.batch([db.prepare(SELECT_REGULATOR).bind(id), db.prepare(SELECT_PAIRS).bind(id, vendor ?? null)]),
  );
  const raw = who?.results[0] as RawRegulator | undefined;
  if (raw === undefined) return undefined;
  return { regulator: toRegulator(raw), pairs: ((where?.results ?? []) as RawPair[]).map(toPair) };
}

function toPair(raw: RawPair): Pair {
  return {
    editor: raw.id,
    name: raw.name,
    isServed: raw.is_served === 1,
    isEnabled: raw.enabled === 1,
    deadlineMs: raw.deadline_ms ?? undefined,
    row: typeof raw.regulator === 'string' ? toAccountRow(raw as RawAccount) : undefined,
    isTaken: raw.is_taken === 1,
    hasWithdrawals: raw.has_withdrawals === 1,
    former: readFormer(raw.former),
  };
}

const COLUMNS = [
  'regulator',
  'editor',
  'revision',
  'open',
  'confirmed_version',
  'confirmed_hash',
  'confirmed_active',
  'confirmed_system',
  'confirmed_value',
  'confirmed_status',
  'confirmed_ms',
  'location',
  'created_status',
  'sent_version',
  'sent_hash',
  'sent_system',
  'sent_value',
  'sent_ms',
  'doubt_hash',
  'doubt_until_ms',
  'recheck_ms',
  'lease',
  'lease_until_ms',
  'attempts',
  'next_try_ms',
  'asked_ms',
  'differs_ms',
  'error',
  'error_status',
  'error_ms',
  'checked_ms',
] as const;

const PLACES = COLUMNS.map((_name, i) => `?${i + 1}`).join(', ');
const REPLACE = COLUMNS.slice(2)
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');
/**
 * Of the row's own regulator, at this moment: a withdrawal saved meanwhile is not forgotten. ?4 is `open`, ?7
 * `confirmed_active`: what the vendor has not confirmed closed is to be withdrawn.
 */
const WITHDRAWING = '((?4 = 1 OR ?7 IS NOT 0) AND (SELECT active FROM regulators WHERE id = ?1) IS 0)';
const at = (offset: number): string => `?${COLUMNS.length + offset}`;

/**
 * The columns' parameters, then: +1 the regulator's version, +2, +3 the query's identifier or NULLs. Nothing is
 * claimed when the regulator changed, when another account may be active, or become so again, under the identifier of the body, or when
 * the identifier of the query names another account.
 */
const CLAIM = `INSERT INTO accounts (${COLUMNS.join(', ')}, withdrawing)
  SELECT ${PLACES}, ${WITHDRAWING}
  WHERE (SELECT version FROM regulators WHERE id = ?1) = ${at(1)}
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE editor = ?2 AND confirmed_value = ?17
      AND confirmed_system = ?16 AND regulator <> ?1 AND (open = 1 OR ${isDoubted('?18')}))
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE editor = ?2 AND sent_value = ?17
      AND sent_system = ?16 AND regulator <> ?1 AND (open = 1 OR ${isDoubted('?18')}))
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE editor = ?2 AND confirmed_value = ${at(3)}
      AND confirmed_system = ${at(2)} AND regulator <> ?1 AND ${at(3)} <> ?17)
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE editor = ?2 AND sent_value = ${at(3)}
      AND sent_system = ${at(2)} AND regulator <> ?1 AND ${at(3)} <> ?17)
  ON CONFLICT (regulator, editor) DO UPDATE SET ${REPLACE}, withdrawing = excluded.withdrawing
    WHERE accounts.revision = ?3 - 1
  RETURNING revision`;

/** Nothing of the row is different: this very outcome was recorded already, and only the word that it was has been lost. */
const IS_SAME = COLUMNS.slice(2)
  .map((name) => `accounts.${name} IS excluded.${name}`)
  .join(' AND ');

const SETTLE = `INSERT INTO accounts (${COLUMNS.join(', ')}, withdrawing) SELECT ${PLACES}, ${WITHDRAWING} WHERE TRUE
  ON CONFLICT (regulator, editor) DO UPDATE SET ${REPLACE}, withdrawing = excluded.withdrawing
    WHERE accounts.revision = ?3 - 1 OR (${IS_SAME})
  RETURNING (SELECT version FROM regulators WHERE id = ?1) AS version`;

/** A row to claim, and the message that the claim is for. */
export interface ClaimedRow {
  readonly row: AccountRow;
  readonly message: Message;
}

/** For each, whether it is ours now. One round trip; each claim stands alone. */
export async function storeClaims(db: D1Database, claims: readonly ClaimedRow[]): Promise<boolean[]> {
  if (claims.length === 0) return [];
  const statement = db.prepare(CLAIM);
  const results = await guardStore(() =>
    db.batch(
      claims.map(({ row, message }) =>
        statement.bind(
          ...rowValues(row),
          message.version,
          message.query?.system ?? null,
          message.query?.value ?? null,
        ),
      ),
    ),
  );
  return results.map(({ results: rows }) => rows.length === 1);
}

/** Whether an outcome was recorded. */
export interface Settled {
  /** False: the lease had run out and somebody else has claimed the row; our outcome is not recorded. */
  readonly isOurs: boolean;
  /** The regulator's version now, when it is. */
  readonly version: number | undefined;
}

/** Records an outcome under the lease of its claim. @throws GatewayError storage-unavailable. */
export async function storeSettled(db: D1Database, row: AccountRow): Promise<Settled> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(SETTLE)
      .bind(...rowValues(row))
      .all<{ readonly version: number | null }>(),
  );
  return { isOurs: results.length === 1, version: results[0]?.version ?? undefined };
}

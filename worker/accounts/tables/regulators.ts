// Table `regulators`: what SAS last said of each, one save at a time. A save and what it means for the accounts (a
// withdrawal is due at every vendor that may hold the account) are one transaction.

import { GatewayError } from '../../../shared/error.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { hasAccount, openEverywhere } from '../../store/account-openings.ts';
import { guardIdempotent } from '../../store/guard.ts';
import type { Regulator } from '../model/regulator.ts';
import type { WaveFacts, WithdrawalKind } from '../model/wave.ts';
import { keepFormer, takeFormer } from './former.ts';
import { openWave, readWaveFacts, type WaveQuestion, waveFactsStatement } from './waves.ts';

/** The columns that RawRegulator names. */
export const REGULATOR_COLUMNS =
  'id, system, value, technical_id, active, family, given, email, territories, version, hash, updated_ms, granted_ms, withdrawn_ms, withdrawn_as, withdrawn_by, wave';

/** A row of table `regulators`. */
export interface RawRegulator {
  readonly id: string;
  readonly system: string | null;
  readonly value: string | null;
  readonly technical_id: string | null;
  readonly active: number;
  readonly family: string;
  readonly given: string;
  readonly email: string;
  readonly territories: string;
  readonly version: number;
  readonly hash: string;
  readonly updated_ms: number;
  readonly granted_ms: number | null;
  readonly withdrawn_ms: number | null;
  readonly withdrawn_as: WithdrawalKind | null;
  readonly withdrawn_by: string | null;
  readonly wave: string | null;
}

/** From SQL's columns to the model. */
export function toRegulator(raw: RawRegulator): Regulator {
  return {
    id: raw.id,
    identifier:
      raw.system === null || raw.value === null ? undefined : { system: raw.system, value: raw.value },
    technicalId: raw.technical_id ?? undefined,
    active: raw.active === 1,
    family: raw.family,
    given: raw.given,
    email: raw.email,
    territories: JSON.parse(raw.territories) as string[],
    version: raw.version,
    hash: raw.hash,
    updatedMs: raw.updated_ms,
    grantedMs: raw.granted_ms ?? undefined,
    withdrawnMs: raw.withdrawn_ms ?? undefined,
    withdrawal:
      raw.withdrawn_as === null ? undefined : { kind: raw.withdrawn_as, by: raw.withdrawn_by ?? '' },
    wave: raw.wave ?? undefined,
  };
}

/** UUIDs are the same in capitals (RFC 9562 § 4): a withdrawal so spelt must find its account. As said, where both are kept. */
const isAlike = (at: string): string => `IN (${at}, lower(${at}), upper(${at}))`;
const FOUND = `SELECT ${REGULATOR_COLUMNS}, ${hasAccount('r')} AS has_account FROM regulators AS r`;
const BY_IDENTIFIER = `${FOUND} WHERE value ${isAlike('?2')} AND system = ?1
  ORDER BY value = ?2 DESC LIMIT 1`;
/** Beside a national identifier, or as the only one. */
const BY_TECHNICAL_ID = `SELECT * FROM (
    ${FOUND} WHERE technical_id ${isAlike('?1')}
    UNION ALL
    ${FOUND} WHERE value ${isAlike('?1')} AND system = '${SYSTEM.sas}')
  ORDER BY technical_id = ?1 DESC, value = ?1 DESC LIMIT 1`;

/** A regulator, and whether some vendor holds his account, or may, by a message of ours. */
export interface FoundRegulator extends Regulator {
  readonly hasAccount: boolean;
}

/** What a save has to know before it decides. */
export interface Lookup {
  /** Each answers one question of the list, in order. */
  readonly found: readonly (FoundRegulator | undefined)[];
  /** Of the caller, for each kind. */
  readonly waves: readonly WaveFacts[];
}

/** How a regulator is looked for. */
export type Question =
  | { readonly by: 'identifier'; readonly identifier: RegulatorIdentifier }
  | { readonly by: 'technical-id'; readonly technicalId: string };

/** All that a save must know, in one round trip. */
export async function lookUp(
  db: D1Database,
  questions: readonly Question[],
  wave: WaveQuestion,
): Promise<Lookup> {
  const results = await guardIdempotent(() =>
    db.batch([
      ...questions.map((question) =>
        question.by === 'identifier'
          ? db.prepare(BY_IDENTIFIER).bind(question.identifier.system, question.identifier.value)
          : db.prepare(BY_TECHNICAL_ID).bind(question.technicalId),
      ),
      waveFactsStatement(db, wave),
    ]),
  );
  const found = results.slice(0, questions.length).map(({ results: rows }) => {
    const raw = rows[0] as (RawRegulator & { readonly has_account: number }) | undefined;
    return raw === undefined ? undefined : { ...toRegulator(raw), hasAccount: raw.has_account === 1 };
  });
  return { found, waves: readWaveFacts(results.at(-1)) };
}

/** One save, as one transaction. */
export interface SaveRequest {
  /** The whole regulator as it is to be, its version included. */
  readonly next: Regulator;
  /** Version that was read; 0 for a regulator that is new. */
  readonly before: number;
  /** Regulators whose right is withdrawn, and who lose an identifier to this one; with the version that was read. */
  readonly released: readonly {
    readonly regulator: Regulator;
    readonly what: 'identifier' | 'technical-id';
  }[];
  /** Opens the wave that `next` belongs to. */
  readonly opensWave: boolean;
}

/**
 * False when somebody else saved meanwhile: read again. Everything hangs on the version that was read or on the stamp of this
 * save, so that it may run twice. @throws GatewayError storage-unavailable.
 */
export async function saveRegulator(db: D1Database, request: SaveRequest): Promise<boolean> {
  const { next, before, released, opensWave } = request;
  const stamp = crypto.randomUUID();
  const isUnchanged =
    '(?3 = 0 AND NOT EXISTS (SELECT 1 FROM regulators WHERE id = ?2) OR EXISTS (SELECT 1 FROM regulators WHERE id = ?2 AND version = ?3))';
  const statements = released.map(({ regulator, what }) =>
    db
      .prepare(
        `UPDATE regulators SET ${what === 'identifier' ? 'system = NULL, value = NULL' : 'technical_id = NULL'},
           version = version + 1, stamp = ?4
         WHERE id = ?1 AND active = 0 AND version = ?5 AND ${isUnchanged}`,
      )
      .bind(regulator.id, next.id, before, stamp, regulator.version),
  );
  if (opensWave) statements.push(openWave(db, next));
  statements.push(keepFormer(db, next, before));
  statements.push(upsert(db, request, stamp), ...follow(db, next, stamp), takeFormer(db, next, stamp));
  const isSaved = db.prepare('SELECT 1 FROM regulators WHERE id = ?1 AND stamp = ?2').bind(next.id, stamp);
  try {
    const results = await guardIdempotent(() => db.batch([...statements, isSaved]));
    return results.at(-1)?.results.length === 1;
  } catch (cause) {
    // Two saves for one identifier: the unique index lets one through.
    if (isTaken(cause)) return false;
    throw cause;
  }
}

function isTaken(cause: unknown): boolean {
  return (
    cause instanceof GatewayError &&
    cause.cause instanceof Error &&
    /UNIQUE constraint failed/.test(cause.cause.message)
  );
}

function upsert(db: D1Database, { next, before }: SaveRequest, stamp: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO regulators (${REGULATOR_COLUMNS}, stamp)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18
       WHERE ?19 = 0 OR EXISTS (SELECT 1 FROM regulators WHERE id = ?1 AND version = ?19)
       ON CONFLICT (id) DO UPDATE SET system = excluded.system, value = excluded.value,
         technical_id = excluded.technical_id, active = excluded.active, family = excluded.family,
         given = excluded.given, email = excluded.email, territories = excluded.territories,
         version = excluded.version, hash = excluded.hash, updated_ms = excluded.updated_ms,
         granted_ms = excluded.granted_ms, withdrawn_ms = excluded.withdrawn_ms, withdrawn_as = excluded.withdrawn_as,
         withdrawn_by = excluded.withdrawn_by, wave = excluded.wave, stamp = excluded.stamp
       WHERE regulators.version = ?19
       RETURNING version`,
    )
    .bind(
      next.id,
      next.identifier?.system ?? null,
      next.identifier?.value ?? null,
      next.technicalId ?? null,
      next.active ? 1 : 0,
      next.family,
      next.given,
      next.email,
      JSON.stringify(next.territories),
      next.version,
      next.hash,
      next.updatedMs,
      next.grantedMs ?? null,
      next.withdrawnMs ?? null,
      next.withdrawal?.kind ?? null,
      next.withdrawal?.by ?? null,
      next.wave ?? null,
      stamp,
      before,
    );
}

/** Without right, every account that may be active is to be withdrawn, now; with it, none is. */
function follow(db: D1Database, { id, active }: Regulator, stamp: string): D1PreparedStatement[] {
  if (!active) return [beKnown(db, id, stamp), ...openEverywhere(db, id, stamp)];
  const sql = `UPDATE accounts SET withdrawing = 0, next_try_ms = NULL WHERE regulator = ?1 AND withdrawing = 1
    AND EXISTS (SELECT 1 FROM regulators WHERE id = ?1 AND stamp = ?2)`;
  return [db.prepare(sql).bind(id, stamp)];
}

/** A login that crossed this save has told a vendor of him: he is no unknown, and no wave of unknown ones holds him. */
function beKnown(db: D1Database, id: string, stamp: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE regulators AS r SET withdrawn_as = 'account', wave = NULL
       WHERE id = ?1 AND stamp = ?2 AND withdrawn_as = 'unknown' AND ${hasAccount('r')}`,
    )
    .bind(id, stamp);
}

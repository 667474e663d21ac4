// Table `console_audit`: what was done in the console and who read personal data there, each entry chained to the one before.

import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS } from '../../store/purge-batches.ts';
import { type AuditEntry, hashEntry } from '../model/audit-chain.ts';

/** What is to be written. `once`: an entry under that name is written once, however often it is asked. */
export interface AuditNote extends Omit<AuditEntry, 'id' | 'previous' | 'hash'> {
  readonly once?: string;
}

interface Row {
  readonly id: number;
  readonly hash: string;
}

/** Others write at once: whoever comes second takes the next place. */
const TRIES_MAX = 30;
const COLUMNS = `id, at_ms AS atMs, actor, act, target, before, after, reason, request_id AS requestId, previous, hash`;
const LAST = 'SELECT id, hash FROM console_audit ORDER BY id DESC LIMIT 1';
const INSERT = `INSERT INTO console_audit
    (id, at_ms, actor, act, target, before, after, reason, request_id, once, previous, hash)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING`;

/** False: that was noted before. @throws GatewayError storage-unavailable: then it is not known whether it was written. */
export async function writeAudit(db: D1Database, { once, ...note }: AuditNote): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const last = await guardIdempotent(() => db.prepare(LAST).first<Row>());
    const entry = { ...note, id: (last?.id ?? 0) + 1, previous: last?.hash ?? '' };
    const hash = await hashEntry(entry);
    const [, own, named] = await guardIdempotent(() =>
      db.batch<Row>([
        db
          .prepare(INSERT)
          .bind(
            entry.id,
            entry.atMs,
            entry.actor,
            entry.act,
            entry.target,
            entry.before,
            entry.after,
            entry.reason,
            entry.requestId,
            once ?? null,
            entry.previous,
            hash,
          ),
        db.prepare('SELECT id, hash FROM console_audit WHERE id = ?1').bind(entry.id),
        db.prepare('SELECT id, hash FROM console_audit WHERE once = ?1').bind(once ?? ''),
      ]),
    );
    if (own?.results[0]?.hash === hash) return true;
    if (once !== undefined && named?.results.length === 1) return false;
  }
  throw new Error('the audit is written to faster than it can be followed');
}

/** The last ones, newest first. @throws GatewayError storage-unavailable. */
export async function listAudit(db: D1Database, max: number): Promise<AuditEntry[]> {
  const asked = () =>
    db.prepare(`SELECT ${COLUMNS} FROM console_audit ORDER BY id DESC LIMIT ?1`).bind(max).all<AuditEntry>();
  return (await guardIdempotent(asked)).results;
}

/** Those after one, oldest first. @throws GatewayError storage-unavailable. */
export async function readAuditAfter(db: D1Database, id: number, max: number): Promise<AuditEntry[]> {
  const asked = () =>
    db
      .prepare(`SELECT ${COLUMNS} FROM console_audit WHERE id > ?1 ORDER BY id LIMIT ?2`)
      .bind(id, max)
      .all<AuditEntry>();
  return (await guardIdempotent(asked)).results;
}

/** Those of one request. @throws GatewayError storage-unavailable. */
export async function findAudit(db: D1Database, requestId: string): Promise<AuditEntry[]> {
  const asked = () =>
    db
      .prepare(`SELECT ${COLUMNS} FROM console_audit WHERE request_id = ?1 LIMIT 20`)
      .bind(requestId)
      .all<AuditEntry>();
  return (await guardIdempotent(asked)).results;
}

/** Forgets what is older, in batches; parameter: before when, milliseconds since 1970. */
export function forgetAuditStatement(db: D1Database, beforeMs: number): D1PreparedStatement {
  return db
    .prepare(
      `DELETE FROM console_audit WHERE id IN
         (SELECT id FROM console_audit WHERE at_ms < ?1 ORDER BY at_ms LIMIT ${PURGED_ROWS})`,
    )
    .bind(beforeMs);
}

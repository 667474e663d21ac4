// Tables `console_users`, `console_sessions` and `console_entries`: who may enter, who is in, which one-use links were used.
// A session is read with its user's row at each request: a right that was taken away ends it at once.

import { lasts } from '../../base/clock.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS } from '../../store/purge-batches.ts';
import { type ConsoleUser, isRole } from '../model/roles.ts';

/** A session ends so long after it began, */
export const SESSION_MS = 12 * 3_600_000;
/** or so long after its last request. */
const IDLE_MS = 60 * 60_000;
/** How precisely the last request is written. */
const SEEN_MS = 60_000;

/** Someone who is in. */
export interface Session {
  /** SHA-256 of the cookie, hexadecimal. */
  readonly id: string;
  readonly user: ConsoleUser;
  /** The last request is to be written anew. */
  readonly isToBeSeen: boolean;
}

interface Row {
  readonly issuer: string;
  readonly subject: string;
  readonly roles: string;
  readonly territories: string;
  readonly vendor: string | null;
  readonly userEndsMs: number | null;
  readonly seenMs: number;
  readonly endsMs: number;
}

const SESSION = `SELECT u.issuer, u.subject, u.roles, u.territories, u.vendor, u.ends_ms AS userEndsMs,
    s.seen_ms AS seenMs, s.ends_ms AS endsMs
  FROM console_sessions AS s JOIN console_users AS u ON u.issuer = s.issuer AND u.subject = s.subject
  WHERE s.id = ?1`;

/** Undefined: there is none, it is over, or its user's right is. @throws GatewayError storage-unavailable. */
export async function readSession(db: D1Database, id: string, nowMs: number): Promise<Session | undefined> {
  const row = await guardIdempotent(() => db.prepare(SESSION).bind(id).first<Row>());
  if (row === null) return undefined;
  const isOn = lasts(row.endsMs, nowMs, SESSION_MS) && lasts(row.seenMs + IDLE_MS, nowMs, IDLE_MS);
  if (!isOn || (row.userEndsMs !== null && row.userEndsMs <= nowMs)) return undefined;
  const { issuer, subject } = row;
  const user = {
    issuer,
    subject,
    // A role of a newer version opens nothing here.
    roles: (JSON.parse(row.roles) as unknown[]).filter(isRole),
    territories: JSON.parse(row.territories) as string[],
    vendor: row.vendor ?? undefined,
  };
  return { id, user, isToBeSeen: Math.abs(nowMs - row.seenMs) >= SEEN_MS };
}

/** Its last request was now. @throws GatewayError storage-unavailable. */
export async function noteSeen(db: D1Database, id: string, nowMs: number): Promise<void> {
  const statement = db.prepare('UPDATE console_sessions SET seen_ms = ?2 WHERE id = ?1').bind(id, nowMs);
  await guardIdempotent(() => statement.run());
}

/** @throws GatewayError storage-unavailable. */
export async function endSession(db: D1Database, id: string): Promise<void> {
  const statement = db.prepare('DELETE FROM console_sessions WHERE id = ?1').bind(id);
  await guardIdempotent(() => statement.run());
}

/** A one-use link, and the session that it is to open. */
export interface Entry {
  /** SHA-256 of the link's id. */
  readonly code: string;
  /** The link itself is over then. */
  readonly untilMs: number;
  /** SHA-256 of the cookie. */
  readonly session: string;
  readonly user: ConsoleUser;
}

const IS_OURS = 'EXISTS (SELECT 1 FROM console_entries WHERE code = ?1 AND session = ?2)';

/** Uses the link and opens its session, both or neither; false: it was used before. @throws GatewayError storage-unavailable. */
export async function enterOnce(
  db: D1Database,
  { code, untilMs, session, user }: Entry,
  nowMs: number,
): Promise<boolean> {
  const { issuer, subject, roles, territories, vendor } = user;
  // When it is done already, by a try whose answer was lost, the link is this session's.
  const results = await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          'INSERT INTO console_entries (code, session, until_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING',
        )
        .bind(code, session, untilMs),
      db
        .prepare(
          `INSERT INTO console_users (issuer, subject, roles, territories, vendor, made_ms, ends_ms)
           SELECT ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ${IS_OURS}
           ON CONFLICT (issuer, subject) DO UPDATE SET roles = ?5, territories = ?6, vendor = ?7, ends_ms = ?9`,
        )
        .bind(
          code,
          session,
          issuer,
          subject,
          JSON.stringify(roles),
          JSON.stringify(territories),
          vendor ?? null,
          nowMs,
          nowMs + SESSION_MS,
        ),
      db
        .prepare(
          `INSERT INTO console_sessions (id, issuer, subject, made_ms, seen_ms, ends_ms)
           SELECT ?2, ?3, ?4, ?5, ?5, ?6 WHERE ${IS_OURS} ON CONFLICT (id) DO NOTHING`,
        )
        .bind(code, session, issuer, subject, nowMs, nowMs + SESSION_MS),
      db.prepare('SELECT 1 FROM console_entries WHERE code = ?1 AND session = ?2').bind(code, session),
    ]),
  );
  return results[3]?.results.length === 1;
}

/** What forgets sessions, links and users that have ended, each in batches. `usersBeforeMs`: users who ended before it. */
export function forgetStatements(
  db: D1Database,
  nowMs: number,
  usersBeforeMs: number,
): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `DELETE FROM console_sessions WHERE id IN
           (SELECT id FROM console_sessions WHERE ends_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(nowMs),
    db
      .prepare(
        `DELETE FROM console_entries WHERE code IN
           (SELECT code FROM console_entries WHERE until_ms < ?1 LIMIT ${PURGED_ROWS})`,
      )
      .bind(nowMs),
    db.prepare('DELETE FROM console_users WHERE ends_ms < ?1').bind(usersBeforeMs),
  ];
}

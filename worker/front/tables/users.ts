// Table `front_users`: who may sign in at login_check besides the users of the setting. Secrets are kept hashed, and
// are never read back by anyone.

import { guardIdempotent, guardStore } from '../../store/guard.ts';
import { type Reader, remember } from '../../store/remembered.ts';

/** A front's user, without its secret. */
export interface FrontUser {
  readonly name: string;
  readonly updatedMs: number;
}

/** A change is known to every isolate after this. */
const LIMITS = { freshMs: 30_000, patienceMs: 150 };

const secrets = remember<ReadonlyMap<string, string>>(async ({ DB: db }) => {
  const { results } = await db
    .prepare('SELECT name, secret FROM front_users')
    .all<{ name: string; secret: string }>();
  return new Map(results.map(({ name, secret }) => [name, secret]));
});

/** Hashed; undefined when there is no such user. @throws GatewayError storage-unavailable. */
export async function secretOfFrontUser(reader: Reader, name: string): Promise<string | undefined> {
  return (await secrets.read(reader, LIMITS)).get(name);
}

/** @throws GatewayError storage-unavailable. */
export async function listFrontUsers(db: D1Database): Promise<FrontUser[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare('SELECT name, updated_ms AS updatedMs FROM front_users ORDER BY name')
      .all<{ name: string; updatedMs: number }>(),
  );
  return results;
}

/** @throws GatewayError storage-unavailable. */
export async function saveFrontUser(
  db: D1Database,
  name: string,
  hashedSecret: string,
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `INSERT INTO front_users (name, secret, updated_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET secret = ?2, updated_ms = ?3`,
      )
      .bind(name, hashedSecret, nowMs)
      .run(),
  );
  secrets.forget();
}

/** False when there was no such user. @throws GatewayError storage-unavailable. */
export async function deleteFrontUser(db: D1Database, name: string): Promise<boolean> {
  const { meta } = await guardStore(() =>
    db.prepare('DELETE FROM front_users WHERE name = ?1').bind(name).run(),
  );
  secrets.forget();
  return meta.changes > 0;
}

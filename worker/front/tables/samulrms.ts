// Table `samu_lrms`: the operator's list of the SAMU whose dispatch software may open the front's search.

import { guardIdempotent } from '../../store/guard.ts';

/** A SAMU whose dispatch software may open the front's search. */
export interface SamuLrm {
  /** The front's `origin`, e.g. SAMU42. */
  readonly authority: string;
  readonly active: boolean;
}

/** In the order of their names. */
export async function readSamuLrms(db: D1Database): Promise<SamuLrm[]> {
  const { results } = await db
    .prepare('SELECT authority, active FROM samu_lrms ORDER BY authority')
    .all<{ authority: string; active: number }>();
  return results.map(({ authority, active }) => ({ authority, active: active === 1 }));
}

/** The whole list. @throws GatewayError storage-unavailable. */
export async function saveSamuLrms(db: D1Database, rows: readonly SamuLrm[]): Promise<void> {
  const list = JSON.stringify(rows);
  await guardIdempotent(() =>
    db.batch([
      db.prepare('DELETE FROM samu_lrms'),
      db
        .prepare(
          `INSERT INTO samu_lrms (authority, active)
           SELECT value ->> 'authority', value ->> 'active' FROM json_each(?1) WHERE true
           ON CONFLICT (authority) DO UPDATE SET active = excluded.active`,
        )
        .bind(list),
    ]),
  );
}

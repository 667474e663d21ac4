// Table `redirects`: how often booking pages were opened through our redirect, per vendor and day (Paris).

import { guardIdempotent, guardStore } from '../../store/guard.ts';

/** `expired`: the slot had started. `refused`: a host that the vendor has not declared. */
export type RedirectOutcome = 'opened' | 'expired' | 'refused';

/** How often links of a vendor ended so on a day. */
export interface RedirectCount {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly editor: string;
  readonly outcome: RedirectOutcome;
  readonly count: number;
}

/** Counts one. @throws GatewayError storage-unavailable. */
export async function countRedirect(
  db: D1Database,
  { day, editor, outcome }: Omit<RedirectCount, 'count'>,
): Promise<void> {
  await guardStore(() =>
    db
      .prepare(
        `INSERT INTO redirects (day, editor, outcome, count) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (day, editor, outcome) DO UPDATE SET count = count + 1`,
      )
      .bind(day, editor, outcome)
      .run(),
  );
}

/** The days before `oldest`. @throws GatewayError storage-unavailable. */
export async function purgeRedirects(db: D1Database, oldest: string): Promise<void> {
  await guardIdempotent(() => db.prepare('DELETE FROM redirects WHERE day < ?1').bind(oldest).run());
}

/** Both days included, in their order. @throws GatewayError storage-unavailable. */
export async function readRedirects(db: D1Database, first: string, last: string): Promise<RedirectCount[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT day, editor, outcome, count FROM redirects
         WHERE day >= ?1 AND day <= ?2 ORDER BY day, editor, outcome`,
      )
      .bind(first, last)
      .all<RedirectCount>(),
  );
  return results;
}

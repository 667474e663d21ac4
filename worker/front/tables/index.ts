// Table `front_index`, read: who became interfaced within a time. A practitioner that this never says is never asked
// for by the front's search "with slots". docs/guide.md G-904, G-913, G-933.

import { guardStore } from '../../store/guard.ts';

/** Milliseconds. */
export interface Interval {
  readonly fromMs: number;
  /** Itself included. */
  readonly toMs: number;
}

/** National ids with their prefix, by their kind. */
export interface NewlyInterfaced {
  readonly rpps: readonly string[];
  readonly adeli: readonly string[];
}

/** Also those of just before: the front's windows follow another clock, and it skips the RPPS that it knows. */
const MARGIN_MS = 10 * 60_000;

/**
 * An ADELI is told once and never again: the front's table would not know it a second time, and break. One with a
 * letter (Corsica) never is: the same table takes digits only. `isDry`: nothing is taken as told.
 * @throws GatewayError storage-unavailable, and then nothing is.
 */
export async function takeNewlyInterfaced(
  db: D1Database,
  { fromMs, toMs }: Interval,
  nowMs: number,
  isDry = false,
): Promise<NewlyInterfaced> {
  const isWithin = 'since_ms >= ?1 AND since_ms <= ?2';
  const adeli = `subject < '1' AND subject NOT GLOB '*[^0-9]*' AND announced_ms IS NULL`;
  const [rpps, told] = await guardStore(() =>
    db.batch<{ subject: string }>([
      db
        .prepare(`SELECT subject FROM front_index WHERE ${isWithin} AND subject >= '8' ORDER BY subject`)
        .bind(fromMs - MARGIN_MS, toMs),
      isDry
        ? db
            .prepare(`SELECT subject FROM front_index WHERE ${isWithin} AND ${adeli}`)
            .bind(fromMs - MARGIN_MS, toMs)
        : db
            .prepare(
              `UPDATE front_index SET announced_ms = ?3 WHERE ${isWithin} AND ${adeli} RETURNING subject`,
            )
            .bind(fromMs - MARGIN_MS, toMs, nowMs),
    ]),
  );
  const subjects = (result: typeof rpps): string[] => (result?.results ?? []).map(({ subject }) => subject);
  return { rpps: subjects(rpps), adeli: subjects(told).sort() };
}

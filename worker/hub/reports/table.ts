// Table `relay_reports`: what each relay last said of itself. Written by the hub, read by operators' screens.

import type { RelayReport } from '../../../shared/link/report.ts';
import type { Env } from '../../base/env.ts';
import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS, purgeInBatches } from '../../store/purge-batches.ts';

/** A relay that has said nothing for so long is no more. */
const GONE_MS = 30 * 24 * 3_600_000;

interface Row {
  readonly relay: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** JSON. */
  readonly report: string;
}

/** A relay's last report. */
export interface KeptReport {
  readonly relay: string;
  /** When the hub heard it, milliseconds since 1970; what stays the same is written once an hour. */
  readonly atMs: number;
  readonly report: RelayReport;
}

/** In place of what was there, unless that is newer. @throws what D1 throws. */
export async function saveReport(db: D1Database, { relay, atMs, report }: Row): Promise<void> {
  await db
    .prepare(
      `INSERT INTO relay_reports (relay, at_ms, report) VALUES (?1, ?2, ?3)
       ON CONFLICT (relay) DO UPDATE SET at_ms = ?2, report = ?3 WHERE at_ms <= ?2`,
    )
    .bind(relay, atMs, report)
    .run();
}

/** Of every relay, in the order of their ids. @throws GatewayError storage-unavailable. */
export async function readReports(db: D1Database): Promise<KeptReport[]> {
  const asked = () =>
    db.prepare('SELECT relay, at_ms AS atMs, report FROM relay_reports ORDER BY relay').all<Row>();
  const { results } = await guardIdempotent(asked);
  return results.map(({ report, ...row }) => ({ ...row, report: JSON.parse(report) as RelayReport }));
}

/** Nightly. @returns whether all is done. @throws GatewayError storage-unavailable. */
export async function forgetReports(
  { DB }: Pick<Env, 'DB'>,
  nowMs: number,
  budget: Budget,
): Promise<boolean> {
  const statement = DB.prepare(
    `DELETE FROM relay_reports WHERE relay IN
       (SELECT relay FROM relay_reports WHERE at_ms < ?1 LIMIT ${PURGED_ROWS})`,
  ).bind(nowMs - GONE_MS);
  return !(await purgeInBatches(statement, budget)).isBehind;
}

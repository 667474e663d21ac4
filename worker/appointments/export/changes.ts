// The nightly export of changes: every version of every appointment as NDJSON, in the order of arrival, before anything is
// forgotten. Objects of a few MB, each named by what it holds; the next run goes on where this one ended, or was interrupted.
// docs/storage.md "Export".

import { GatewayError } from '../../../shared/error.ts';
import type { Env } from '../../base/env.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import { resourceText } from '../model/resource.ts';
import {
  beginObject,
  type Change,
  countWaiting,
  finishObject,
  noteDone,
  noteFailure,
  readMark,
  readObject,
} from '../tables/changes.ts';
import { listUnexported, noteExported } from '../tables/erased.ts';
import { type ExportTarget, exportTargetOf } from './target.ts';

/** D1 statements of each object. */
const QUERIES = 6;

/** What one run may spend. */
export interface ExportBudget {
  /** D1 statements. */
  readonly queries: number;
  /** Milliseconds since 1970: no object is begun later. */
  readonly untilMs: number;
}

/** What one run did. */
export interface Exported {
  /** Versions in the objects that it wrote. */
  readonly count: number;
  /** More of them wait for the next run. */
  readonly isBehind: boolean;
}

/**
 * Nothing to do without a target. Run twice, or by two at once, it writes the same objects. @throws what stopped it, logged
 * and noted for operators; the next run goes on.
 */
export async function exportChanges(env: Env, nowMs: number, budget: ExportBudget): Promise<Exported> {
  const target = exportTargetOf(env);
  if (target === undefined) return { count: 0, isBehind: false };
  try {
    const done = await exportTo(target, env.APPOINTMENTS, nowMs, budget);
    log('info', 'changes-exported', { count: done.count, ...(done.isBehind && { detail: 'more is left' }) });
    return done;
  } catch (cause) {
    const failure = cause instanceof GatewayError ? cause.reason : describeUnexpected(cause);
    log('error', 'changes-not-exported', { detail: failure });
    await noteFailure(env.APPOINTMENTS, failure, nowMs).catch(() => undefined);
    throw cause;
  }
}

async function exportTo(
  target: ExportTarget,
  db: D1Database,
  nowMs: number,
  { queries, untilMs }: ExportBudget,
): Promise<Exported> {
  let count = 0;
  for (let left = queries; left >= QUERIES && Date.now() < untilMs; left -= QUERIES) {
    const mark = await beginObject(db);
    if (mark.untilSeq === mark.doneSeq) {
      await exportErased(target, db, nowMs);
      await noteDone(db, nowMs);
      return { count, isBehind: false };
    }
    const changes = await readObject(db, mark);
    const last = changes.at(-1);
    if (last === undefined) {
      // Forgotten while no target was configured: what is gone holds nothing up.
      log('warn', 'changes-gone-before-export', { count: mark.untilSeq - mark.doneSeq });
      await finishObject(db, mark, { upToMs: undefined, nowMs });
      continue;
    }
    await target.put(keyOf(changes), changes.map((change) => `${resourceText(change)}\n`).join(''));
    await finishObject(db, mark, { upToMs: last.updatedMs, nowMs });
    count += changes.length;
  }
  return { count, isBehind: true };
}

/** So many in an object. */
const ERASED_MAX = 1_500;

/** What was erased since, as the Bulk Data guide tells deletions: whoever reads the exports takes it out of his copy too. */
async function exportErased(target: ExportTarget, db: D1Database, nowMs: number): Promise<void> {
  const erased = await listUnexported(db, ERASED_MAX);
  const [first, last] = [erased.at(0), erased.at(-1)];
  if (first === undefined || last === undefined) return;
  const day = new Date(first.atMs).toISOString().slice(0, 10);
  const lines = erased.map(({ id }) => {
    const entry = [{ request: { method: 'DELETE', url: `Appointment/${id}` } }];
    return `${JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })}\n`;
  });
  await target.put(
    `appointments/deleted/${day}/${first.atMs}-${last.atMs}-${last.id}.ndjson`,
    lines.join(''),
  );
  await noteExported(
    db,
    erased.map(({ id }) => id),
    nowMs,
  );
}

/** By day of the first change, and by what it holds: the same object has the same name, whenever it is written. */
function keyOf(changes: readonly Change[]): string {
  const [first, last] = [changes.at(0), changes.at(-1)];
  const day = new Date(first?.updatedMs ?? 0).toISOString().slice(0, 10);
  const place = (change: Change | undefined): string => String(change?.seq ?? 0).padStart(12, '0');
  return `appointments/${day}/${place(first)}-${place(last)}.ndjson`;
}

/** How the export stands, for operators. Times in ISO. */
export interface ExportDescription {
  /** `off`: no target; `failing`: since `failure.since`; `unreadable`: its mark cannot be read. */
  readonly state: 'off' | 'well' | 'failing' | 'unreadable';
  readonly target?: ExportTarget['kind'];
  /** `lastUpdated` of the last version exported. */
  readonly upTo?: string;
  /** When a run last wrote an object, or had nothing to write. */
  readonly lastDone?: string;
  /** Versions that wait for the next run. */
  readonly waiting?: number;
  readonly failure?: { readonly since: string; readonly why: string };
}

/** Never rejects. */
export async function describeExport(env: Env): Promise<ExportDescription> {
  const target = exportTargetOf(env);
  if (target === undefined) return { state: 'off' };
  const { kind } = target;
  try {
    const [mark, waiting] = await Promise.all([readMark(env.APPOINTMENTS), countWaiting(env.APPOINTMENTS)]);
    const at = (ms: number): string => new Date(ms).toISOString();
    return {
      state: mark.failedMs === null ? 'well' : 'failing',
      target: kind,
      ...(mark.upToMs !== null && { upTo: at(mark.upToMs) }),
      ...(mark.doneMs !== null && { lastDone: at(mark.doneMs) }),
      waiting,
      ...(mark.failedMs !== null && { failure: { since: at(mark.failedMs), why: mark.failure ?? '' } }),
    };
  } catch {
    return { state: 'unreadable', target: kind };
  }
}

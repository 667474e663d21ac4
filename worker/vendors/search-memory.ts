// What the edge knows before it asks anybody, read from D1 in one go: the vendors and the operator's switches, what
// vendors said a moment ago, and which slots are booked. A search goes on without D1 as well as it can.

import { GatewayError } from '../../shared/error.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { RequestContext } from '../http.ts';
import { log } from '../log.ts';
import { availabilityStatement, keptRowsOf } from '../store/availability.ts';
import { type EditorRow, editorsOf, editorsStatement } from '../store/editors.ts';
import { knowledgeIn, knowledgeStatement } from '../store/routing.ts';
import { bookedSlotsOf, bookedSlotsStatement } from './booked-slots.ts';
import type { KeptRow } from './kept-row.ts';
import { freshEditors, lastEditors, rememberEditors } from './remembered-editors.ts';
import type { RoutingKnowledge } from './routing.ts';
import { NO_TOMBSTONES, type Tombstones } from './tombstones.ts';

export interface SearchMemory {
  readonly editors: readonly EditorRow[];
  readonly kept: readonly KeptRow[];
  readonly tombstones: Tombstones;
  /** Who holds whom; absent when everybody is asked for everybody. */
  readonly knowledge?: RoutingKnowledge;
  /** Rows that D1 read for it. */
  readonly rowsRead: number;
}

/** What a slow D1 may cost a search: little once the vendors are known, else nearly all it can spare. */
const WAIT_MS = 1_000;
const FIRST_WAIT_MS = 3_000;

/**
 * `isFresh`: leave out what vendors said before.
 * @throws GatewayError storage-unavailable: the vendors cannot be read and never were.
 */
export async function readSearchMemory(
  { env: { DB }, config, requestId }: Pick<RequestContext, 'env' | 'config' | 'requestId'>,
  query: SlotQuery,
  isFresh: boolean,
): Promise<SearchMemory> {
  const known = lastEditors(DB);
  try {
    return await within(
      read(DB, query, { isFresh, isRouted: config.routing.mode === 'learned' }),
      known === undefined ? FIRST_WAIT_MS : WAIT_MS,
    );
  } catch (cause) {
    log('error', 'search memory unreadable', {
      requestId,
      detail: cause instanceof Error ? cause.name : 'unknown',
    });
    if (known !== undefined) return { editors: known, kept: [], tombstones: NO_TOMBSTONES, rowsRead: 0 };
    throw new GatewayError({
      reason: 'storage-unavailable',
      text: 'Le registre des éditeurs ne peut être lu.',
      cause,
    });
  }
}

async function read(
  db: D1Database,
  query: SlotQuery,
  { isFresh, isRouted }: { readonly isFresh: boolean; readonly isRouted: boolean },
): Promise<SearchMemory> {
  const { flow, subjects } = query;
  const nowMs = Date.now();
  const known = freshEditors(db, nowMs);
  const statements = [bookedSlotsStatement(db, query)];
  if (known === undefined) statements.push(editorsStatement(db));
  if (!isFresh) statements.push(availabilityStatement(db, flow, subjects, nowMs));
  if (isRouted) statements.push(knowledgeStatement(db, flow, subjects, nowMs));
  const results = await db.batch(statements);
  const [booked, ...more] = results;
  const listed = known === undefined ? more.shift() : undefined;
  const editors = known ?? (listed && editorsOf(listed));
  if (booked === undefined || editors === undefined) throw new TypeError('batch cut short');
  if (known === undefined) rememberEditors(db, editors, nowMs);
  const kept = isFresh ? undefined : more.shift();
  const knowledge = isRouted ? more.shift() : undefined;
  return {
    editors,
    kept: kept === undefined ? [] : keptRowsOf(kept, flow),
    tombstones: bookedSlotsOf(booked),
    ...(knowledge === undefined ? {} : { knowledge: knowledgeIn(knowledge) }),
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
  };
}

async function within<T>(reading: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('late')), ms);
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

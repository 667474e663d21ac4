// What the edge knows before it asks anybody, read from D1 in one go: the vendors and the operator's switches, what
// vendors said a moment ago, and which slots are booked. A search goes on without D1 as well as it can.

import { rejectLate, within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { type EditorRow, editorsOf, editorsStatement } from '../store/editors.ts';
import { availabilityStatement, keptRowsOf } from './availability-table.ts';
import { NO_TOMBSTONES, type Tombstones } from './booked-slots.ts';
import { bookedSlotsOf, bookedSlotsStatement } from './booked-slots-reading.ts';
import type { KeptRow } from './kept-row.ts';
import { freshEditors, lastEditors, rememberEditors } from './remembered-editors.ts';
import type { RoutingKnowledge } from './routing.ts';
import { knowledgeIn, knowledgeStatement } from './routing-table.ts';

/**
 * What vendors said a moment ago: `used`; `renewed`: everyone is asked anew, without sharing a call, and what they say is
 * kept; `none`: the same, and nothing is kept.
 */
export type SearchMemoryUse = 'used' | 'renewed' | 'none';

export interface SearchMemory {
  readonly editors: readonly EditorRow[];
  /** Undefined when it was not read: what comes may then not take its place. */
  readonly kept: readonly KeptRow[] | undefined;
  readonly tombstones: Tombstones;
  /** Who holds whom; absent when everybody is asked for everybody. */
  readonly knowledge?: RoutingKnowledge;
  /** Rows that D1 read for it. */
  readonly rowsRead: number;
}

/** What a slow D1 may cost a search: little once the vendors are known; and never more than half of what it has. */
const WAIT_MS = 1_000;
const FIRST_WAIT_MS = 3_000;

export interface MemoryNeeds {
  readonly query: SlotQuery;
  readonly use: SearchMemoryUse;
  /** What the search may spend in all, milliseconds. */
  readonly budgetMs: number;
}

/**
 * @throws GatewayError storage-unavailable: the vendors cannot be read and never were.
 */
export async function readSearchMemory(
  { env: { DB }, config, requestId }: Pick<RequestContext, 'env' | 'config' | 'requestId'>,
  { query, use, budgetMs }: MemoryNeeds,
): Promise<SearchMemory> {
  const known = lastEditors(DB);
  const waitMs = Math.min(known === undefined ? FIRST_WAIT_MS : WAIT_MS, budgetMs / 2);
  // Who wants everybody asked anew wants everybody asked.
  const isRouted = config.routing.mode === 'learned' && use === 'used';
  try {
    return await within(read(DB, query, { use, isRouted }), waitMs, rejectLate);
  } catch (cause) {
    log('error', 'search-memory-unreadable', {
      requestId,
      detail: cause instanceof Error ? cause.name : 'unknown',
    });
    if (known !== undefined) {
      return { editors: known, kept: undefined, tombstones: NO_TOMBSTONES, rowsRead: 0 };
    }
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
  { use, isRouted }: { readonly use: SearchMemoryUse; readonly isRouted: boolean },
): Promise<SearchMemory> {
  const { flow, subjects } = query;
  const nowMs = Date.now();
  const known = freshEditors(db, nowMs);
  const statements = [bookedSlotsStatement(db, query, nowMs)];
  if (known === undefined) statements.push(editorsStatement(db));
  if (use !== 'none') statements.push(availabilityStatement(db, flow, subjects, nowMs));
  if (isRouted) statements.push(knowledgeStatement(db, flow, subjects, nowMs));
  const results = await db.batch(statements);
  const [booked, ...more] = results;
  const listed = known === undefined ? more.shift() : undefined;
  const editors = known ?? (listed && editorsOf(listed));
  if (booked === undefined || editors === undefined) throw new TypeError('batch cut short');
  if (known === undefined) rememberEditors(db, editors, nowMs);
  const kept = use === 'none' ? undefined : more.shift();
  const knowledge = isRouted ? more.shift() : undefined;
  return {
    editors,
    kept: kept && keptRowsOf(kept, flow, subjects, nowMs),
    tombstones: bookedSlotsOf(booked),
    ...(knowledge === undefined ? {} : { knowledge: knowledgeIn(knowledge) }),
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
  };
}

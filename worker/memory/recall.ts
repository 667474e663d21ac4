// What the Worker knows before it asks any vendor, read from D1 in one trip to each database: the vendors and the operator's
// switches, the kept answers, and the booked slots. A search goes on without any of them as well as it can. Called by
// search/find-slots.ts.

import { rejectLate, within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { type VendorRow, vendorsOf, vendorsStatement } from '../store/editors.ts';
import { availabilityStatement, keptRowsOf } from './availability-table.ts';
import { type BookedSlots, bookedSlotsOf, bookedSlotsStatement, NO_BOOKED_SLOTS } from './booked-slots.ts';
import {
  ANY_SERVES_OTHERS,
  servingOthersIn,
  servingOthersStatement,
  type VendorTest,
} from './booked-slots-table.ts';
import type { KeptRow } from './kept-row.ts';
import { freshVendors, lastVendors, rememberVendors } from './remembered-vendors.ts';
import type { RoutingKnowledge } from './routing.ts';
import { knowledgeIn, knowledgeStatement } from './routing-table.ts';

/**
 * What a search does with kept answers. `used`: they are taken for answers; `renewed`: every vendor is asked anew, without
 * sharing a call, and its answer is kept; `none`: as `renewed`, and nothing is kept.
 */
export type SearchMemoryUse = 'used' | 'renewed' | 'none';

/** What was recalled for one search. */
export interface SearchMemory {
  readonly vendors: readonly VendorRow[];
  /** Rows of kept answers; undefined when they were not read: an answer that comes may then not take their place. */
  readonly kept: readonly KeptRow[] | undefined;
  readonly bookedSlots: BookedSlots;
  /** Which vendor holds slots of which subject; absent when learned routing is off: all are asked for all. */
  readonly knowledge?: RoutingKnowledge;
  /** Rows that D1 read for it. */
  readonly rowsRead: number;
}

/** What a slow D1 may cost a search: little once the vendors are known; and never more than half of what it has. */
const WAIT_MS = 1_000;
const FIRST_WAIT_MS = 3_000;

/** The part of a question that recalling needs. */
export interface MemoryNeeds {
  readonly query: SlotQuery;
  /** Default: `used`. */
  readonly memory?: SearchMemoryUse;
  /** What the search may spend in all, milliseconds. */
  readonly budgetMs: number;
}

/** @throws GatewayError storage-unavailable: the vendors cannot be read and never were. */
export async function recall(
  { env, config, requestId }: Pick<RequestContext, 'env' | 'config' | 'requestId'>,
  { query, memory: use = 'used', budgetMs }: MemoryNeeds,
): Promise<SearchMemory> {
  const known = lastVendors(env.DB);
  const waitMs = Math.min(known === undefined ? FIRST_WAIT_MS : WAIT_MS, budgetMs / 2);
  /** A database that does not answer stops no other. */
  const read = async <T>(reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await within(reading, waitMs, rejectLate);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.name : 'unknown';
      log('error', 'search-memory-unreadable', { requestId, detail });
      return undefined;
    }
  };
  const nowMs = Date.now();
  // A caller that wants every answer renewed wants every vendor asked.
  const isRouted = config.routing.mode === 'learned' && use === 'used';
  const [core, booked, kept] = await Promise.all([
    read(readCore(env.DB, query, isRouted, nowMs)),
    read(readBooked(env.APPOINTMENTS, query, nowMs)),
    use === 'none' ? undefined : read(readKept(env.CACHE, query, nowMs)),
  ]);
  const vendors = core?.vendors ?? known;
  if (vendors === undefined) {
    throw new GatewayError({
      reason: 'storage-unavailable',
      text: 'Le registre des éditeurs ne peut être lu.',
    });
  }
  return {
    vendors,
    kept: kept?.rows,
    bookedSlots: booked?.slots(core?.servingOthers ?? ANY_SERVES_OTHERS) ?? NO_BOOKED_SLOTS,
    ...(core?.knowledge && { knowledge: core.knowledge }),
    rowsRead: [core, booked, kept].reduce((sum, read) => sum + (read?.rowsRead ?? 0), 0),
  };
}

interface CoreMemory {
  readonly vendors: readonly VendorRow[];
  readonly knowledge: RoutingKnowledge | undefined;
  /** Vendors known to serve associations that were not asked for. */
  readonly servingOthers: VendorTest;
  readonly rowsRead: number;
}

async function readCore(
  db: D1Database,
  { flow, subjects }: SlotQuery,
  isRouted: boolean,
  nowMs: number,
): Promise<CoreMemory> {
  const batch = new ReadBatch();
  const fresh = freshVendors(db, nowMs);
  const vendors = fresh === undefined ? batch.add(vendorsStatement(db), vendorsOf) : () => fresh;
  const knowledge = isRouted
    ? batch.add(knowledgeStatement(db, flow, subjects, nowMs), knowledgeIn)
    : () => undefined;
  const servingOthers =
    flow === 'SOS'
      ? batch.add(servingOthersStatement(db, subjects), servingOthersIn)
      : () => ANY_SERVES_OTHERS;
  const rowsRead = await batch.run(db);
  const rows = vendors();
  if (fresh === undefined) rememberVendors(db, rows, nowMs);
  return { vendors: rows, knowledge: knowledge(), servingOthers: servingOthers(), rowsRead };
}

async function readBooked(db: D1Database, query: SlotQuery, nowMs: number) {
  const result = await bookedSlotsStatement(db, query, nowMs).all();
  return {
    slots: (servingOthers: VendorTest): BookedSlots => bookedSlotsOf(result, servingOthers),
    rowsRead: result.meta.rows_read,
  };
}

async function readKept(db: D1Database, { flow, subjects }: SlotQuery, nowMs: number) {
  const result = await availabilityStatement(db, flow, subjects, nowMs).all();
  return { rows: keptRowsOf(result, flow, subjects, nowMs), rowsRead: result.meta.rows_read };
}

/** Statements that D1 answers in one round trip, each with the reader of its own result. */
class ReadBatch {
  readonly #statements: D1PreparedStatement[] = [];
  #results: readonly D1Result[] = [];

  /** Returns what reads this statement's result once the batch has run. */
  add<T>(statement: D1PreparedStatement, readResult: (result: D1Result) => T): () => T {
    const index = this.#statements.push(statement) - 1;
    return () => {
      const result = this.#results[index];
      if (result === undefined) throw new TypeError('batch cut short');
      return readResult(result);
    };
  }

  /** Rows that D1 read. */
  async run(db: D1Database): Promise<number> {
    if (this.#statements.length === 0) return 0;
    this.#results = await db.batch(this.#statements);
    return this.#results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
  }
}

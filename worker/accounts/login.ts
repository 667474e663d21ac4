// A regulator logs in: each vendor that should have the account as it is now is told, all at once, and the answer says
// where each stands within the budget. A vendor that is slower goes on behind; its outcome is recorded all the same.
// docs/guide.md G-405.

import { within } from '../../shared/deadline.ts';
import { type Delivery, deliverAll, deliverOne } from './deliver.ts';
import type { Engine } from './engine.ts';
import { isDue, newRow } from './model/ledger.ts';
import type { Regulator } from './model/regulator.ts';
import { type Loaded, loadPairs, type Pair } from './tables/accounts.ts';
import { flushWithdrawals } from './withdraw.ts';

/** Where the account stands at one vendor when the login is answered. `status`: HTTP, of the vendor. */
export interface VendorAnswer {
  readonly editor: string;
  readonly name: string;
  readonly state: 'done' | 'unchanged' | 'refused' | 'unreachable' | 'unconfirmed' | 'not-asked';
  /** Why not: a VendorFailure, an AccountDoubt, an issue code, `under-way`, `settling`, `identifier-borne`, `withdrawals-first`, `switched-off`. */
  readonly reason?: string;
  readonly status?: number;
  /** Absent when only the next login tries again. */
  readonly nextTryMs?: number;
}

/** What a login answers. */
export interface LoginAnswer {
  readonly regulator: Regulator;
  readonly vendors: readonly VendorAnswer[];
  /** What goes on behind. */
  readonly rest: Promise<unknown>;
}

/** Undefined when there is no such regulator. Nothing to do costs two D1 statements and no vendor call. */
export async function logIn(engine: Engine, id: string): Promise<LoginAnswer | undefined> {
  const loaded = await loadPairs(engine.db, id);
  if (loaded === undefined) return undefined;
  const { regulator } = loaded;
  const nowMs = engine.nowMs();
  const asked = loaded.pairs.filter(({ isServed }) => isServed);
  const due = asked.filter((pair) => isAskable(pair, regulator) && isPairDue(pair, regulator, nowMs));
  const answers = await begin(engine, loaded, due);
  const vendors = await Promise.all(
    asked.map(async (pair): Promise<VendorAnswer> => {
      const working = answers.get(pair.editor);
      if (working === undefined) return idle(pair);
      return within(working, engine.settings.loginMs, () => underWay(pair, nowMs + engine.deadlineMs));
    }),
  );
  return { regulator, vendors, rest: allToTheEnd([...answers.values()]) };
}

/** Rejects with the first that failed, once all are over. */
async function allToTheEnd(working: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(working)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** The operator's switch stops creations and changes, never a withdrawal. */
function isAskable({ isEnabled }: Pair, { active }: Regulator): boolean {
  return isEnabled || !active;
}

function isPairDue({ editor, row }: Pair, regulator: Regulator, nowMs: number): boolean {
  if (regulator.wave !== undefined) return false;
  return isDue(row ?? newRow(regulator.id, editor), regulator, nowMs);
}

async function begin(
  engine: Engine,
  loaded: Loaded,
  due: readonly Pair[],
): Promise<ReadonlyMap<string, Promise<VendorAnswer>>> {
  const free = due.filter(({ hasWithdrawals }) => !hasWithdrawals);
  const behind = due.filter(({ hasWithdrawals }) => hasWithdrawals);
  const deliveries = await deliverAll(engine, loaded, free, 'login');
  const answers = new Map<string, Promise<VendorAnswer>>();
  for (const pair of free) {
    const delivery = deliveries.get(pair.editor);
    if (delivery !== undefined)
      answers.set(
        pair.editor,
        delivery.then((one) => answerOf(pair, one)),
      );
  }
  for (const pair of behind) answers.set(pair.editor, afterWithdrawals(engine, loaded.regulator, pair));
  return answers;
}

async function afterWithdrawals(engine: Engine, { id }: Regulator, pair: Pair): Promise<VendorAnswer> {
  const isThere = await flushWithdrawals(engine, pair.editor, 'known');
  if (isThere) return answerOf(pair, await deliverOne(engine, id, pair.editor, 'login'));
  return { ...named(pair), state: 'unreachable', reason: 'withdrawals-first' };
}

function named({ editor, name }: Pair): Pick<VendorAnswer, 'editor' | 'name'> {
  return { editor, name };
}

function idle(pair: Pair): VendorAnswer {
  return pair.isEnabled
    ? { ...named(pair), state: 'unchanged' }
    : { ...named(pair), state: 'not-asked', reason: 'switched-off' };
}

function underWay(pair: Pair, nextTryMs: number): VendorAnswer {
  return { ...named(pair), state: 'unreachable', reason: 'under-way', nextTryMs };
}

function answerOf(pair: Pair, delivery: Delivery): VendorAnswer {
  switch (delivery.kind) {
    case 'unchanged':
      return { ...named(pair), state: 'unchanged' };
    case 'done':
      return { ...named(pair), state: 'done', status: delivery.verdict.status };
    case 'waiting':
      return {
        ...named(pair),
        state: 'unreachable',
        reason: delivery.reason,
        nextTryMs: delivery.untilMs,
      };
    case 'failed': {
      const { kind, reason, status } = delivery.verdict;
      const { nextTryMs } = delivery.row;
      return {
        ...named(pair),
        state: kind,
        reason,
        ...(status === undefined ? {} : { status }),
        ...(nextTryMs === undefined ? {} : { nextTryMs }),
      };
    }
  }
}

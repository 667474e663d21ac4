// Withdrawals go first: at once when the right ends, and again before anything else is said to a vendor that has not
// confirmed them all. docs/accounts.md § 4.

import { type Delivery, deliverAll, deliverOne } from './deliver.ts';
import type { Engine } from './engine.ts';
import { isDue } from './model/ledger.ts';
import { isAway } from './model/verdict.ts';
import { loadPairs } from './tables/accounts.ts';
import { listWithdrawals, postponeWithdrawals } from './tables/due.ts';

/** Of one vendor, in one go; the rest in the next. */
const WITHDRAWALS_MAX = 100;
const AT_ONCE_MAX = 4;

/** To every vendor that may hold the account active; resolves when all have answered, or not. */
export async function withdrawEverywhere(engine: Engine, id: string): Promise<void> {
  const loaded = await loadPairs(engine.db, id);
  if (loaded === undefined || loaded.regulator.active || loaded.regulator.wave !== undefined) return;
  const nowMs = engine.nowMs();
  const open = loaded.pairs.filter(({ row }) => row !== undefined && isDue(row, loaded.regulator, nowMs));
  const deliveries = await deliverAll(engine, loaded, open, 'withdrawal');
  await Promise.all(deliveries.values());
}

/**
 * All that the vendor has not confirmed. The first one tells whether it is there; when it is not, the others wait for
 * the same next try. False: it is not there, and nothing else should be said to it now.
 */
export async function flushWithdrawals(engine: Engine, editor: string): Promise<boolean> {
  const [first, ...others] = await listWithdrawals(engine.db, editor, engine.nowMs(), WITHDRAWALS_MAX);
  if (first === undefined) return true;
  const probe = await deliverOne(engine, first.regulator, editor, 'withdrawal');
  if (foundNobody(probe)) {
    const nextTryMs = probe.row.nextTryMs ?? engine.nowMs();
    if (others.length > 0) await postponeWithdrawals(engine.db, editor, nextTryMs);
    return false;
  }
  const queue = others.values();
  const work = async (): Promise<void> => {
    for (const { regulator } of queue) await deliverOne(engine, regulator, editor, 'withdrawal');
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, work));
  return true;
}

/** A vendor that answers, if only with an error, is there. */
function foundNobody(delivery: Delivery): delivery is Extract<Delivery, { kind: 'failed' }> {
  return delivery.kind === 'failed' && isAway(delivery.verdict);
}

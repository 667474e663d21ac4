// Withdrawals go first: at once when the right ends, and again before anything else is said to a vendor that has not
// confirmed them all. docs/accounts.md § 4.

import { type Delivery, deliverAll, deliverOne } from './deliver.ts';
import type { Engine } from './engine.ts';
import { isDue } from './model/ledger.ts';
import { isAway } from './model/verdict.ts';
import { loadPairs } from './tables/accounts.ts';
import { type DueAccount, listWithdrawals, postponeWithdrawals } from './tables/due.ts';

/** Of one vendor, in one go; the rest in the next. */
const WITHDRAWALS_MAX = 100;
const AT_ONCE_MAX = 4;
/** How many withdrawals find nobody before the vendor is taken to be away. */
const PROBES_MAX = 4;
/** About an hour of pauses: what the vendor never answers by then does not keep others from logging in. */
const ATTEMPTS_IN_THE_WAY = 8;

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
 * All that the vendor has not confirmed, the least tried first. The first one tells whether the vendor is there; when
 * it was said and nothing came back, that may be its account alone, and three others are asked as well. When all of them
 * find nobody, the rest wait for the next try. False: nothing else should be said to the vendor now.
 */
export async function flushWithdrawals(engine: Engine, editor: string): Promise<boolean> {
  const due = await listWithdrawals(engine.db, editor, engine.nowMs(), WITHDRAWALS_MAX);
  const say = ({ regulator }: DueAccount): Promise<Delivery> =>
    deliverOne(engine, regulator, editor, 'withdrawal');
  const [first, ...others] = due;
  if (first === undefined) return true;
  const probes = [await say(first)];
  if (probes.every(isSaidInVain)) {
    probes.push(...(await Promise.all(others.splice(0, PROBES_MAX - 1).map(say))));
  }
  if (probes.every(foundNobody)) {
    const nextTryMs = Math.min(...probes.map(({ row }) => row.nextTryMs ?? engine.nowMs()));
    if (others.length > 0) await postponeWithdrawals(engine.db, editor, nextTryMs);
    return probes.every((probe) => isSaidInVain(probe) && probe.row.attempts > ATTEMPTS_IN_THE_WAY);
  }
  const queue = others.values();
  const work = async (): Promise<void> => {
    for (const one of queue) await say(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, work));
  return true;
}

/** No answer, although the vendor may have read it: its program, or that account alone. */
function isSaidInVain(delivery: Delivery): boolean {
  return foundNobody(delivery) && delivery.verdict.isUncertain;
}

/** A vendor that answers, if only with an error, is there. */
function foundNobody(delivery: Delivery): delivery is Extract<Delivery, { kind: 'failed' }> {
  return delivery.kind === 'failed' && isAway(delivery.verdict);
}

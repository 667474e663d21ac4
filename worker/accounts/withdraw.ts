// Withdrawals go first: at once when the right ends, and again before anything else is said to a vendor that has not
// confirmed them all. docs/accounts.md § 4.

import { type Delivery, deliverAll, deliverOne } from './deliver.ts';
import type { Engine } from './engine.ts';
import { isDue } from './model/ledger.ts';
import { isAway } from './model/verdict.ts';
import { loadPairs } from './tables/accounts.ts';
import { type DueAccount, listWithdrawals, postponeWithdrawals } from './tables/due.ts';

/** Of one vendor, in one go: no budget is enough for more. */
export const WITHDRAWALS_MAX = 200;
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

/** As `sayWithdrawals`, of all that are due at that vendor now. `known`: not of people whom no vendor was ever told of. */
export async function flushWithdrawals(
  engine: Engine,
  vendor: string,
  ofWhom: 'everybody' | 'known',
): Promise<boolean> {
  const due = await listWithdrawals(engine.db, [vendor], engine.nowMs(), WITHDRAWALS_MAX, ofWhom);
  engine.turns.expect(due.length);
  return sayWithdrawals(engine, vendor, due);
}

/**
 * Withdrawals that one vendor has not confirmed, the least tried first, as expected of the engine's turns. The first one
 * tells whether the vendor is there; when it was said and nothing came back, that may be its account alone, and three
 * others are asked as well. When all of them find nobody, the rest wait for the next try. False: nothing else should be
 * said to the vendor now, or some had to be left.
 */
export async function sayWithdrawals(
  engine: Engine,
  vendor: string,
  due: readonly DueAccount[],
): Promise<boolean> {
  let asked = 0;
  const say = ({ regulator, sinceMs, isUnknown }: DueAccount): Promise<Delivery | undefined> => {
    asked += 1;
    return engine.turns.withdraw({ sinceMs, isUnknown: isUnknown === 1 }, () =>
      deliverOne(engine, regulator, vendor, 'withdrawal'),
    );
  };
  try {
    return await sayInOrder(engine, vendor, due, say);
  } finally {
    engine.turns.expect(asked - due.length);
  }
}

async function sayInOrder(
  engine: Engine,
  vendor: string,
  due: readonly DueAccount[],
  say: (one: DueAccount) => Promise<Delivery | undefined>,
): Promise<boolean> {
  const queue = due.values();
  // A full list may not be all of them.
  let isLeft = due.length >= WITHDRAWALS_MAX;
  /** Says the next ones until one tells something of the vendor; undefined: none is left that does. */
  const probe = async (): Promise<Told | undefined> => {
    for (const one of queue) {
      const delivery = await say(one);
      if (delivery === undefined) isLeft = true;
      else if (isTold(delivery)) return delivery;
    }
    return undefined;
  };
  const first = await probe();
  if (first === undefined) return !isLeft;
  const probes = [first];
  if (isSaidInVain(first)) {
    const others = await Promise.all(Array.from({ length: PROBES_MAX - 1 }, probe));
    probes.push(...others.filter((told) => told !== undefined));
  }
  if (probes.every(foundNobody)) {
    const nextTryMs = Math.min(...probes.map(({ row }) => row.nextTryMs ?? engine.nowMs()));
    if (queue.next().done !== true) {
      await postponeWithdrawals(engine.db, vendor, nextTryMs, engine.nowMs());
    }
    return probes.every((told) => isSaidInVain(told) && told.row.attempts > ATTEMPTS_IN_THE_WAY);
  }
  const work = async (): Promise<void> => {
    for (const one of queue) if ((await say(one)) === undefined) isLeft = true;
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE_MAX }, work));
  // Only once none is under way any more: what comes behind withdrawals waits for them.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return !isLeft;
}

type Told = Extract<Delivery, { readonly kind: 'done' | 'failed' }>;

/** The vendor was spoken to: one that waits for another message, or needs none, says nothing of whether it is there. */
function isTold(delivery: Delivery): delivery is Told {
  return delivery.kind === 'done' || delivery.kind === 'failed';
}

/** No answer, although the vendor may have read it: its program, or that account alone. */
function isSaidInVain(told: Told): boolean {
  return foundNobody(told) && told.verdict.isUncertain;
}

/** A vendor that answers, if only with an error, is there. */
function foundNobody(told: Told): told is Extract<Told, { kind: 'failed' }> {
  return told.kind === 'failed' && isAway(told.verdict);
}

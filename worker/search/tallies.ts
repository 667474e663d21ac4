// What searches of this isolate taught of their vendors' slots and the hub does not know yet: many searches make one
// message. What an isolate loses with its life is the last moment's counts.

import type { RuleCount } from '../../shared/sas/answer.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { CallTally } from '../hub/hub-calls.ts';
import { hubOf } from '../hub/hub-of.ts';
import type { Answers } from './answers.ts';
import type { HiddenSlots } from './selection.ts';

/** How long the first of them waits for the others. */
const GATHER_MS = 250;
/** A request that was to send them and has not by now is gone. */
const GIVEN_UP_MS = 10_000;

interface Pending {
  tallies: CallTally[];
  /** When a request took it on itself to send them, milliseconds; absent when none has. */
  takenMs?: number;
}

const pendings = new WeakMap<Env, Pending>();

/** Resolves when they are sent, or at once when another request will: for `waitUntil`. Never rejects. */
export async function noteTallies(env: Env, tallies: readonly CallTally[], nowMs: number): Promise<void> {
  if (tallies.length === 0) return;
  const pending = pendings.get(env) ?? { tallies: [] };
  pendings.set(env, pending);
  pending.tallies.push(...tallies);
  if (pending.takenMs !== undefined && nowMs - pending.takenMs < GIVEN_UP_MS) return;
  pending.takenMs = nowMs;
  await scheduler.wait(GATHER_MS);
  try {
    await sendTallies(env);
  } catch {
    log('warn', 'rule-counts-not-sent', { count: tallies.length });
  }
}

/** Sends them at once: for an operator's page that is about to read the counts. */
export async function sendTallies(env: Env): Promise<void> {
  const pending = pendings.get(env);
  pendings.delete(env);
  if (pending !== undefined) await hubOf(env).noteRules(pending.tallies);
}

/** What one search teaches of each vendor's slots: received = shown + dropped, counted after the Worker's own selection. */
export function tallySearch(answers: Answers, hidden: readonly HiddenSlots[]): CallTally[] {
  const tallies = new Map<
    string,
    { received: number; shown: number; dropped: RuleCount[]; repaired: RuleCount[] }
  >();
  for (const { call, answer, isShared } of answers.results) {
    // The search that made a shared call counts it; a kept answer was counted when it came, and received nothing.
    if (answer === undefined || isShared === true) continue;
    if (answer.received === 0 && answer.repaired.length === 0) continue;
    const row = tallies.get(call.vendor) ?? { received: 0, shown: 0, dropped: [], repaired: [] };
    tallies.set(call.vendor, row);
    row.received += answer.received;
    row.shown += answer.shown;
    row.dropped.push(...answer.dropped);
    row.repaired.push(...answer.repaired);
  }
  for (const { vendor, rule, count, isShared } of hidden) {
    const row = tallies.get(vendor);
    if (row === undefined || isShared) continue;
    row.shown -= count;
    row.dropped.push({ rule, count, ids: [] });
  }
  return [...tallies].map(([vendor, row]) => ({ vendor, ...row }));
}

// What searches of this isolate taught of their vendors' slots and the hub does not know yet: many searches make one
// message. What an isolate loses with its life is the last moment's counts.

import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { CallTally } from '../hub/hub-calls.ts';
import { hubOf } from '../hub/hub-of.ts';

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

/** At once: for who wants to read the counts. */
export async function sendTallies(env: Env): Promise<void> {
  const pending = pendings.get(env);
  pendings.delete(env);
  if (pending !== undefined) await hubOf(env).noteRules(pending.tallies);
}

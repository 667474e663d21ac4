// Which withdrawals wait for an operator. Each caller has an allowance of its own for each kind, so that neither another
// caller's mistake nor a flood of names that never had an account holds a right that really ends. docs/accounts.md § 4.
// Pure, but for the hash.

import { sha256Hex } from '../../../shared/hash.ts';
import { CLOCK_SKEW_MS } from '../../base/clock.ts';

/**
 * `account`: a vendor holds his account, or may, by a message of ours. `recent`: the same, and he got the right within the
 * wave's window, as those whom a test makes and takes away. `unknown`: no vendor was ever told of him.
 */
export type WithdrawalKind = 'account' | 'recent' | 'unknown';

/** All of them. */
export const WITHDRAWAL_KINDS: readonly WithdrawalKind[] = ['account', 'recent', 'unknown'];

/** How much of its allowance a caller has used, for one kind. */
export interface WaveFacts {
  readonly kind: WithdrawalKind;
  /** Withdrawals within the window, as far as the allowance goes. */
  readonly lately: number;
  /** The wave that waits for an operator, if one does. */
  readonly open: string | undefined;
  /** A wave was confirmed so lately that what follows it belongs to it. */
  readonly isConfirmed: boolean;
}

/** `grantedMs`: since when he has the right; undefined: since before that was noted. A grant of the future is of a wrong clock. */
export function kindOf(
  hasAccount: boolean,
  grantedMs: number | undefined,
  nowMs: number,
  windowMs: number,
): WithdrawalKind {
  if (!hasAccount) return 'unknown';
  const isRecent =
    grantedMs !== undefined && grantedMs > nowMs - windowMs && grantedMs <= nowMs + CLOCK_SKEW_MS;
  return isRecent ? 'recent' : 'account';
}

const KEY_LENGTH = 16;

/** A caller as tables keep it: enough to tell callers apart, and no subject, which may name a person. */
export async function callerKey(caller: string): Promise<string> {
  return (await sha256Hex(`caller\n${caller}`)).slice(0, KEY_LENGTH);
}

/** A wave that no operator has decided is released by itself after so long, as many at once as the allowance has. */
const HELD_MS: Readonly<Record<WithdrawalKind, number>> = {
  account: 24 * 3600 * 1000,
  recent: 24 * 3600 * 1000,
  unknown: 0,
};

/** A wave that waits. Milliseconds since 1970; `pacedMs`: when some of it was last released. */
export interface HeldWave {
  readonly kind: WithdrawalKind;
  readonly openedMs: number;
  readonly pacedMs: number | undefined;
}

/** Whether as many as the allowance has may go now: no right stays open for ever because nobody looks. */
export function isReleased({ kind, openedMs, pacedMs }: HeldWave, nowMs: number, windowMs: number): boolean {
  if (nowMs - openedMs < Math.max(windowMs, HELD_MS[kind])) return false;
  return pacedMs === undefined || nowMs - pacedMs >= windowMs;
}

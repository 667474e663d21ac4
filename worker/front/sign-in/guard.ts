// Sign-ins precede every call of the front's server: a pair found right is known for a while, so that only the first
// pays the slow hash; tries are bounded per address, and per name and address, and never shut out a pair known to be
// right. In the memory of one isolate: it spares work and slows guessing, it is no account of who tried what.

import { LRUCache } from 'lru-cache';
import { sha256Hex } from '../../../shared/hash.ts';
import { createAllowance } from '../../http/allowance.ts';
import { isSecretOf, NOBODYS_SECRET } from './secret-hash.ts';

const RIGHT_MS = 10 * 60_000;
const RIGHT_MAX = 200;
const PER_NAME = { max: 20, everyMs: 3_000 };
/** Whatever the names: guessing them all from one place stays slow, and pushes no spent name out of memory. */
const PER_ADDRESS = { max: 100, everyMs: 1_000 };

/** Of one try to sign in. */
export type Verdict = 'right' | 'wrong' | 'too-many';

interface SignInTry {
  readonly name: string;
  readonly secret: string;
  /** Plain or hashed; undefined: nobody has that name. */
  readonly stored: string | undefined;
  /** Whence it comes. */
  readonly address: string;
}

/** Judges one try at `nowMs`. */
export type SignInGuard = (attempt: SignInTry, nowMs: number) => Promise<Verdict>;

/** One per isolate, with memory of its own. */
export function createSignInGuard(): SignInGuard {
  /** Salted digests of pairs found right → until when that holds. */
  const right = new LRUCache<string, number>({ max: RIGHT_MAX });
  /** Pairs being judged: a burst of one pair, at a start, is one try. */
  const judged = new Map<string, number>();
  const names = createAllowance(PER_NAME);
  const addresses = createAllowance(PER_ADDRESS);
  let salt: string | undefined;

  const judge = async (pair: string, { secret, stored }: SignInTry): Promise<boolean> => {
    judged.set(pair, (judged.get(pair) ?? 0) + 1);
    try {
      // A name that nobody has takes as long as another.
      const isRight = await isSecretOf(stored ?? NOBODYS_SECRET, secret);
      return isRight && stored !== undefined;
    } finally {
      const others = (judged.get(pair) ?? 1) - 1;
      if (others === 0) judged.delete(pair);
      else judged.set(pair, others);
    }
  };

  return async (attempt, nowMs) => {
    const { name, secret, stored, address } = attempt;
    // Not at start: a Worker has no randomness outside requests.
    salt ??= crypto.randomUUID();
    const pair = await sha256Hex(JSON.stringify([salt, name, secret, stored ?? '']));
    if ((right.get(pair) ?? Number.NEGATIVE_INFINITY) > nowMs) {
      right.set(pair, nowMs + RIGHT_MS);
      return 'right';
    }
    // Taken before the slow hash, and given back to whoever was right: tries at once are counted like the others.
    const source = `${address} ${name.slice(0, 100)}`;
    if (!addresses.spend(address, nowMs)) return 'too-many';
    const isFirst = !judged.has(pair);
    if (isFirst && !names.spend(source, nowMs)) {
      addresses.giveBack(address);
      return 'too-many';
    }
    if (!(await judge(pair, attempt))) return 'wrong';
    addresses.giveBack(address);
    if (isFirst) names.giveBack(source);
    right.set(pair, nowMs + RIGHT_MS);
    return 'right';
  };
}

// Sign-ins precede every call of the front's server: a pair found right is known for a while, so that only the first
// pays the slow hash; tries are bounded (worker/gate/brakes.ts), and never shut out a pair known to be right. Tries
// count in this isolate's memory, and then in the gate's, which all isolates share.

import { LRUCache } from 'lru-cache';
import { within } from '../../../shared/deadline.ts';
import { sha256Hex } from '../../../shared/hash.ts';
import { type Brakes, SignInBrakes, type SignInTry } from '../../gate/brakes.ts';
import { isSecretOf, NOBODYS_SECRET } from './secret-hash.ts';

const RIGHT_MS = 10 * 60_000;
const RIGHT_MAX = 200;
/** A gate that says nothing for so long is away: this isolate counts alone. */
const GATE_MS = 1_000;
/** A verdict that another request's end took with it. */
const LOST_MS = 3_000;

/** Of one try to sign in. */
export type Verdict = 'right' | 'wrong' | 'too-many';

interface GivenPair {
  readonly name: string;
  readonly secret: string;
  /** Plain or hashed; undefined: nobody has that name. */
  readonly stored: string | undefined;
  /** Whence it comes. */
  readonly address: string;
}

/** What the request lends. */
interface Surroundings {
  readonly nowMs: number;
  readonly brakes: Brakes;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Judges one try. */
export type SignInGuard = (given: GivenPair, surroundings: Surroundings) => Promise<Verdict>;

/** One per isolate and door, with memory of its own. */
export function createSignInGuard(door: SignInTry['door']): SignInGuard {
  /** Salted digests of pairs found right → until when that holds. */
  const right = new LRUCache<string, number>({ max: RIGHT_MAX });
  /** Pairs being judged: a burst of one pair, at a start, is one try and one hash. */
  const judging = new Map<string, Promise<Verdict>>();
  const own = new SignInBrakes();
  let salt: string | undefined;

  /** Taken before the slow hash, and given back to whoever was right: tries at once are counted like the others. */
  const spend = async (attempt: SignInTry, { brakes, nowMs }: Surroundings): Promise<boolean> => {
    if (!own.spend(attempt, nowMs)) return false;
    const answer = brakes.trySignIn(attempt).catch(() => true);
    if (await within(answer, GATE_MS, () => true)) return true;
    own.giveBack(attempt);
    return false;
  };

  const judge = async (pair: string, given: GivenPair, around: Surroundings): Promise<Verdict> => {
    const attempt = { door, address: given.address, name: given.name };
    if (!(await spend(attempt, around))) return 'too-many';
    // A name that nobody has takes as long as another.
    const isRight = await isSecretOf(given.stored ?? NOBODYS_SECRET, given.secret);
    if (!isRight || given.stored === undefined) return 'wrong';
    right.set(pair, around.nowMs + RIGHT_MS);
    own.giveBack(attempt);
    around.waitUntil(around.brakes.signedIn(attempt).catch(() => undefined));
    return 'right';
  };

  const judgeOnce = (pair: string, given: GivenPair, around: Surroundings): Promise<Verdict> => {
    const verdict = judge(pair, given, around).finally(() => judging.delete(pair));
    judging.set(pair, verdict);
    // It goes on when the caller who began it has gone: others wait for it.
    around.waitUntil(verdict);
    return verdict;
  };

  return async (given, around) => {
    // Not at start: a Worker has no randomness outside requests.
    salt ??= crypto.randomUUID();
    const pair = await sha256Hex(JSON.stringify([salt, given.name, given.secret, given.stored ?? '']));
    if ((right.get(pair) ?? Number.NEGATIVE_INFINITY) > around.nowMs) {
      right.set(pair, around.nowMs + RIGHT_MS);
      return 'right';
    }
    const verdict = judging.get(pair) ?? judgeOnce(pair, given, around);
    return within(verdict, LOST_MS, () => {
      judging.delete(pair);
      return 'too-many';
    });
  };
}

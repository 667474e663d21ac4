// Sign-ins precede every call of the front's server: a pair found right is known for a while, so that only the first
// pays the slow hash; tries are bounded (worker/gate/brakes.ts), and never shut out a pair known to be right in that
// network. Tries count in this isolate's memory, and then in the gate's, which all isolates share.

import { LRUCache } from 'lru-cache';
import { within } from '../../../shared/deadline.ts';
import { sha256Hex } from '../../../shared/hash.ts';
import { networksOf } from '../../base/callers/address.ts';
import { type Brakes, SignInBrakes, type SignInTry, sourcesOf } from '../../gate/brakes.ts';
import { isSecretOf } from './secret-hash.ts';

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

/** A try that this isolate counts. */
interface Taken {
  readonly giveBack: () => void;
}

/** Judges tries. */
export interface SignInGuard {
  readonly judge: (given: GivenPair, surroundings: Surroundings) => Promise<Verdict>;
  /** The pair was right a moment ago, there: `judge` would say so at once. */
  readonly knows: (given: GivenPair, nowMs: number) => Promise<boolean>;
}

/** One per isolate and door, with memory of its own. */
export function createSignInGuard(door: SignInTry['door']): SignInGuard {
  /** Salted digests of pairs found right → until when that holds. */
  const right = new LRUCache<string, number>({ max: RIGHT_MAX });
  /** Pairs being judged: a burst of one pair, at a start, is one try and one hash. */
  const judging = new Map<string, Promise<Verdict>>();
  const own = new SignInBrakes();
  let salt: string | undefined;

  /** Taken before the slow hash, and given back to whoever was right: tries at once are counted like the others. */
  const spend = async (attempt: SignInTry, { brakes, nowMs }: Surroundings): Promise<Taken | undefined> => {
    const sources = sourcesOf(attempt);
    // The gate knows where a name has signed in before: here only what counts there too is counted before it is asked.
    if (!own.spend(sources, nowMs, true)) return undefined;
    const answer = brakes.trySignIn(attempt).catch(() => undefined);
    const verdict = await within(answer, GATE_MS, () => undefined);
    const giveBack = (isByGate: boolean) => () => own.giveBack(sources, isByGate);
    if (verdict === true) return { giveBack: giveBack(true) };
    own.giveBack(sources, true);
    return verdict === undefined && own.spend(sources, nowMs) ? { giveBack: giveBack(false) } : undefined;
  };

  const judge = async (pair: string, given: GivenPair, around: Surroundings): Promise<Verdict> => {
    const attempt = { door, address: given.address, name: given.name };
    const taken = await spend(attempt, around);
    if (taken === undefined) return 'too-many';
    if (!(await isSecretOf(given.stored, given.secret))) return 'wrong';
    right.set(pair, around.nowMs + RIGHT_MS);
    taken.giveBack();
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

  /** A pair is known to be right in its network alone: a right guess from elsewhere is a try like the others. */
  const pairOf = ({ name, secret, stored = '', address }: GivenPair): Promise<string> => {
    // Not at start: a Worker has no randomness outside requests.
    salt ??= crypto.randomUUID();
    return sha256Hex(JSON.stringify([salt, name, secret, stored, networksOf(address).near]));
  };

  const isKnown = (pair: string, nowMs: number): boolean => {
    if ((right.get(pair) ?? Number.NEGATIVE_INFINITY) <= nowMs) return false;
    right.set(pair, nowMs + RIGHT_MS);
    return true;
  };

  const judgeOne: SignInGuard['judge'] = async (given, around) => {
    const pair = await pairOf(given);
    if (isKnown(pair, around.nowMs)) return 'right';
    const verdict = judging.get(pair) ?? judgeOnce(pair, given, around);
    return within(verdict, LOST_MS, () => {
      judging.delete(pair);
      return 'too-many';
    });
  };

  return {
    judge: judgeOne,
    knows: async (given, nowMs) => isKnown(await pairOf(given), nowMs),
  };
}

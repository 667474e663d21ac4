// Sign-ins precede every call of the front's server: a pair found right is known for a while, so that only the first
// pays the slow hash; wrong tries are bounded per name and address, and never shut out a pair known to be right.
// In the memory of one isolate: it spares work and slows guessing, it is no account of who tried what.

import { createAllowance } from './allowance.ts';
import { isSecretOf } from './secret-hash.ts';

const RIGHT_MS = 10 * 60_000;
const RIGHT_MAX = 200;
const WRONG_MAX = 20;
const WRONG_EVERY_MS = 3_000;

export type Verdict = 'right' | 'wrong' | 'too-many';

export interface SignInTry {
  readonly name: string;
  readonly secret: string;
  /** Plain or hashed; undefined: nobody has that name. */
  readonly stored: string | undefined;
  /** Whence it comes. */
  readonly address: string;
}

export type SignInGuard = (attempt: SignInTry, nowMs: number) => Promise<Verdict>;

export function createSignInGuard(): SignInGuard {
  /** Salted digests of pairs found right → until when that holds. */
  const right = new Map<string, number>();
  const wrong = createAllowance({ max: WRONG_MAX, everyMs: WRONG_EVERY_MS });
  let salt: string | undefined;

  return async ({ name, secret, stored, address }, nowMs) => {
    // Not at start: a Worker has no randomness outside requests.
    salt ??= crypto.randomUUID();
    const pair = await digest(JSON.stringify([salt, name, secret, stored ?? '']));
    const isKnown = (right.get(pair) ?? Number.NEGATIVE_INFINITY) > nowMs;
    const source = `${address} ${name.slice(0, 100)}`;
    if (!isKnown && wrong.isSpent(source, nowMs)) return 'too-many';
    if (stored === undefined || !(isKnown || (await isSecretOf(stored, secret)))) {
      wrong.spend(source, nowMs);
      return 'wrong';
    }
    right.delete(pair);
    right.set(pair, nowMs + RIGHT_MS);
    const [oldest] = right.keys();
    if (right.size > RIGHT_MAX && oldest !== undefined) right.delete(oldest);
    return 'right';
  };
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return String.fromCharCode(...bytes);
}

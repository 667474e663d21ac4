// Sign-ins precede every call of the front's server: a pair found right is known for a while, so that only the first
// pays the slow hash; wrong tries are bounded per name and address, and never shut out a pair known to be right.
// In the memory of one isolate: it spares work and slows guessing, it is no account of who tried what.

import { isSecretOf } from './secret-hash.ts';

const RIGHT_MS = 10 * 60_000;
const RIGHT_MAX = 200;
/** So many wrong tries at once, then one each few seconds. */
const TRIES_MAX = 20;
const TRY_EVERY_MS = 3_000;
const SOURCES_MAX = 5_000;

export type Verdict = 'right' | 'wrong' | 'too-many';

export interface SignInTry {
  readonly name: string;
  readonly secret: string;
  /** Plain or hashed; undefined: nobody has that name. */
  readonly stored: string | undefined;
  /** Whence it comes. */
  readonly address: string;
}

export interface SignInGuard {
  judge(attempt: SignInTry, nowMs: number): Promise<Verdict>;
}

export function createSignInGuard(): SignInGuard {
  /** Salted digests of pairs found right → until when that holds. */
  const right = new Map<string, number>();
  const tries = new Map<string, { readonly spent: number; readonly atMs: number }>();
  /** Made at the first try: a Worker draws no random number before its first request. */
  let salt: string | undefined;

  const spentBy = (source: string, nowMs: number): number => {
    const known = tries.get(source);
    return known === undefined ? 0 : Math.max(0, known.spent - (nowMs - known.atMs) / TRY_EVERY_MS);
  };
  const spend = (source: string, nowMs: number): void => {
    const spent = spentBy(source, nowMs) + 1;
    tries.delete(source);
    tries.set(source, { spent, atMs: nowMs });
    forgetOldest(tries, SOURCES_MAX);
  };

  return {
    judge: async ({ name, secret, stored, address }, nowMs) => {
      salt ??= crypto.randomUUID();
      const pair = await digest(JSON.stringify([salt, name, secret, stored ?? '']));
      const known = right.get(pair);
      const isKnown = known !== undefined && known > nowMs;
      const source = `${address} ${name.slice(0, 100)}`;
      if (!isKnown && spentBy(source, nowMs) + 1 > TRIES_MAX) return 'too-many';
      if (stored === undefined || !(isKnown || (await isSecretOf(stored, secret)))) {
        spend(source, nowMs);
        return 'wrong';
      }
      right.delete(pair);
      right.set(pair, nowMs + RIGHT_MS);
      forgetOldest(right, RIGHT_MAX);
      return 'right';
    },
  };
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  if (map.size <= max) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return String.fromCharCode(...bytes);
}

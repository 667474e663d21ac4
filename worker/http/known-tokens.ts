// Tokens found right a moment ago: a SAS front shows the same one with each of its searches, and its signature costs a
// tenth of what a search from kept answers costs. Known per set of keys, for a minute, never past their own end.

import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';

/** A key that its issuer withdraws stops its tokens at the latest after this; remote key sets are kept far longer. */
const KNOWN_MS = 60_000;
/** Each browser has one; a token that is pushed out is verified again. */
const TOKENS_MAX = 1_000;

interface Known {
  readonly payload: JWTPayload;
  readonly untilMs: number;
}

const byKeys = new WeakMap<JWTVerifyGetKey, LRUCache<string, Known>>();

/** What the token says; undefined when it has to be verified. */
export function knownToken(keys: JWTVerifyGetKey, token: string, nowMs: number): JWTPayload | undefined {
  const known = byKeys.get(keys)?.get(token);
  return known !== undefined && nowMs < known.untilMs ? known.payload : undefined;
}

/** Keeps a token that was just verified; `payload` has an `exp`. */
export function rememberToken(
  keys: JWTVerifyGetKey,
  token: string,
  payload: JWTPayload,
  nowMs: number,
): void {
  const tokens = byKeys.get(keys) ?? new LRUCache<string, Known>({ max: TOKENS_MAX });
  byKeys.set(keys, tokens);
  tokens.set(token, { payload, untilMs: Math.min(nowMs + KNOWN_MS, (payload.exp ?? 0) * 1_000) });
}

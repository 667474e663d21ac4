// Tokens found right a moment ago: a SAS front shows the same one with each of its searches, and its signature costs a
// tenth of what a search from kept answers costs. Known per set of keys, for a minute, never past their own end.

import type { JWTPayload, JWTVerifyGetKey } from 'jose';

/** A key that is taken back stops its tokens at the latest after this. Remote key sets are kept far longer than that. */
const KNOWN_MS = 60_000;
/** Browsers have one each; who is pushed out is verified again. */
const TOKENS_MAX = 1_000;

interface Known {
  readonly payload: JWTPayload;
  readonly untilMs: number;
}

const byKeys = new WeakMap<JWTVerifyGetKey, Map<string, Known>>();

export function knownToken(keys: JWTVerifyGetKey, token: string, nowMs: number): JWTPayload | undefined {
  const known = byKeys.get(keys)?.get(token);
  return known !== undefined && nowMs < known.untilMs ? known.payload : undefined;
}

/** `payload` has an `exp`. */
export function rememberToken(
  keys: JWTVerifyGetKey,
  token: string,
  payload: JWTPayload,
  nowMs: number,
): void {
  const tokens = byKeys.get(keys) ?? new Map<string, Known>();
  byKeys.set(keys, tokens);
  tokens.delete(token);
  const [oldest] = tokens.keys();
  if (tokens.size >= TOKENS_MAX && oldest !== undefined) tokens.delete(oldest);
  tokens.set(token, { payload, untilMs: Math.min(nowMs + KNOWN_MS, (payload.exp ?? 0) * 1_000) });
}

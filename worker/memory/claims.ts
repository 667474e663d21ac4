// Which vendors each practitioner declares, as this isolate last read it: with PRACTITIONER_CLAIMS=strict a vendor shows
// slots of nobody else. Read before a search, all its practitioners in one query; what is known serves a minute, and for as
// long as D1 cannot be read. docs/front.md § 5.

import { LRUCache } from 'lru-cache';
import { within } from '../../shared/deadline.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { readDeclared } from '../store/interfaced.ts';

/** Whether a vendor may speak of a practitioner; `unread`: D1 has never said, and does not now. */
export type Claim = 'declared' | 'undeclared' | 'unread';

/** The claims that one search may meet. */
export type Claims = (vendor: string, subject: string) => Claim;

const FRESH_MS = 60_000;
/** A search has better uses for its time than a D1 that hangs. */
const WAIT_MS = 1_000;
const PRACTITIONERS_MAX = 50_000;

interface Declared {
  readonly editors: ReadonlySet<string>;
  readonly readMs: number;
}

const declaredIn = new WeakMap<Env, LRUCache<string, Declared>>();

function knownIn(env: Env): LRUCache<string, Declared> {
  const known = declaredIn.get(env) ?? new LRUCache<string, Declared>({ max: PRACTITIONERS_MAX });
  declaredIn.set(env, known);
  return known;
}

/** Never rejects. `waitMs`: how long D1 is waited for at most. */
export async function readClaims(
  { env, requestId, waitUntil }: Pick<RequestContext, 'env' | 'requestId' | 'waitUntil'>,
  practitioners: readonly string[],
  waitMs: number,
): Promise<Claims> {
  const known = knownIn(env);
  const nowMs = Date.now();
  const aged = practitioners.filter((one) => (known.get(one)?.readMs ?? -FRESH_MS) <= nowMs - FRESH_MS);
  if (aged.length > 0) {
    const reading = readDeclared(env.DB, aged).then(
      (read) => {
        for (const one of aged) known.set(one, { editors: new Set(read.get(one)), readMs: nowMs });
      },
      () => log('warn', 'declarations-unread', { requestId, count: aged.length }),
    );
    waitUntil(reading);
    await within(reading, Math.min(waitMs, WAIT_MS), () => undefined);
  }
  // As it is known now: what another search reads meanwhile changes nothing within this one.
  const editorsOf = new Map(practitioners.map((one) => [one, known.get(one)?.editors]));
  return (vendor, subject) => {
    const vendors = editorsOf.get(subject);
    if (vendors === undefined) return 'unread';
    return vendors.has(vendor) ? 'declared' : 'undeclared';
  };
}

/** A practitioner's declarations have changed: the next search of this isolate reads them. */
export function forgetClaims(env: Env, practitioner: string): void {
  knownIn(env).delete(practitioner);
}

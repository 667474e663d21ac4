// Which relay may report appointments of which vendor: the one that announced it for INT_R03. The announcement stands in
// another database than the appointments, and must not stop them: what was announced a moment ago still is when that
// database does not answer, and what it has not saved yet the hub knows.

import { LRUCache } from 'lru-cache';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { hubOf } from '../hub/hub-of.ts';
import { isAnnouncedFor } from '../store/editors.ts';
import { guardIdempotent } from '../store/guard.ts';

/** Of appointments. */
const FLOW = 'INT_R03';
/** A relay that no longer announces a vendor is believed for so long. */
const FRESH_MS = 2_000;
/** How long the database is waited for while an older word is known. */
const PATIENCE_MS = 1_000;
/** And while none is. */
const FIRST_MS = 3_000;
const PAIRS_MAX = 1_000;

/** Relay and vendor → when the announcement was last read, milliseconds. Never a refusal: that is always read anew. */
const announced = new LRUCache<string, number>({ max: PAIRS_MAX });

/** @throws GatewayError storage-unavailable, when it cannot be read and never was; hub-lost, hub-overloaded. */
export async function mayReport(env: Env, relay: string, editor: string, nowMs: number): Promise<boolean> {
  const pair = `${relay} ${editor}`;
  const knownMs = announced.get(pair);
  if (knownMs !== undefined && nowMs - knownMs < FRESH_MS) return true;
  const reading = guardIdempotent(
    () => isAnnouncedFor(env.DB, relay, editor, FLOW),
    knownMs === undefined ? FIRST_MS : PATIENCE_MS,
  );
  const isSaved = await (knownMs === undefined
    ? reading
    : reading.catch(() => {
        log('warn', 'sender-not-read', { relay, editor });
        return true;
      }));
  const may = isSaved || (await hubOf(env, editor).hasJustAnnounced(relay, editor, FLOW));
  if (may) announced.set(pair, nowMs);
  else announced.delete(pair);
  return may;
}

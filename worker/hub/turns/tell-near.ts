// The hub's word to the log of a caller that comes near one of its limits. Who it is stands in GET /admin/relays alone: the
// subject of a token may be a person's.

import { log } from '../../base/log.ts';
import type { NearCaller } from './callers.ts';

/** Writes one line, `caller-near-limit`. */
export function tellNear({ limit, percent }: NearCaller): void {
  log('warn', 'caller-near-limit', { detail: limit, percent });
}

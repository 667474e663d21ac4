// What the account machinery works with: the store, the way to a vendor, a clock that callers own, settings. Handlers,
// the front's face and the scheduled run each make one with `openEngine`; tests give it another clock.
// docs/decisions/0010-accounts.md.

import type { AccountRequest } from '../../shared/link/accounts.ts';
import { type Config, readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import type { HubAccountReply } from '../hub/hub-calls.ts';
import { hubOf } from '../hub/hub-of.ts';

/** What every step on accounts needs: the store, the way to vendors, the clock, the settings. */
export interface Engine {
  readonly db: D1Database;
  readonly send: (request: AccountRequest) => Promise<HubAccountReply>;
  readonly nowMs: () => number;
  /** In both programs' logs. */
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly settings: Config['accounts'];
}

/** `startMs`: what time it is now, for whoever replays another day. */
export function openEngine(env: Env, requestId: string, startMs = Date.now()): Engine {
  const { deadlineMs, accounts } = readConfig(env);
  const offsetMs = startMs - Date.now();
  return {
    db: env.DB,
    send: (request) => hubOf(env).sendAccount(request) as Promise<HubAccountReply>,
    nowMs: () => Date.now() + offsetMs,
    requestId,
    deadlineMs,
    settings: accounts,
  };
}

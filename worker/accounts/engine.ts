// What the account machinery works with: the store, the way to a vendor, a clock that callers own, settings. Handlers,
// the front's face and the scheduled run each make one with `openEngine`; tests give it another clock.
// docs/decisions/0010-accounts.md.

import { rejectLate, within } from '../../shared/deadline.ts';
import type { AccountRequest } from '../../shared/link/accounts.ts';
import { type Config, readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import type { HubAccountReply } from '../hub/reach/calls.ts';
import { hubOf } from '../hub/reach/hub-of.ts';
import { Budget } from '../store/budget.ts';
import { type KeptBack, Turns } from './turns.ts';

const HUB_GRACE_MS = 2_000;
/** Of a request and of what goes on behind its answer, which the platform ends 30 s after it. */
const BEHIND_MS = 20_000;

/** What every step on accounts needs: the store, the way to vendors, the clock, the settings. */
export interface Engine {
  readonly db: D1Database;
  readonly send: (request: AccountRequest) => Promise<HubAccountReply>;
  readonly nowMs: () => number;
  /** In both programs' logs. */
  readonly requestId: string;
  /** Who asks: the door and the token's subject. Tells callers apart, and is stored nowhere. */
  readonly caller: string;
  readonly deadlineMs: number;
  readonly settings: Config['accounts'];
  /** Of all that speaks to many vendors, or of many people, in one invocation. */
  readonly turns: Turns;
}

/** What an engine may have besides its environment. */
export interface EngineOptions {
  /** What time it is now, for whoever replays another day. */
  readonly startMs?: number;
  /** Default: nobody, as what only carries on withdraws nothing. */
  readonly caller?: string;
  readonly budget?: Budget;
  readonly keptBack?: KeptBack;
}

/** An engine lives for one invocation, and so does its budget. */
export function openEngine(
  env: Env,
  requestId: string,
  { startMs = Date.now(), caller = '', budget = new Budget(BEHIND_MS), keptBack }: EngineOptions = {},
): Engine {
  const { deadlineMs, accounts } = readConfig(env);
  const offsetMs = startMs - Date.now();
  return {
    db: budget.counted(env.DB),
    send: (request) => {
      budget.count(1);
      // The hub ends by itself, unless it cannot.
      return within(
        hubOf(env, request.editor).sendAccount(request),
        request.budgetMs + HUB_GRACE_MS,
        rejectLate,
      );
    },
    turns: new Turns(budget, keptBack),
    nowMs: () => Date.now() + offsetMs,
    requestId,
    caller,
    deadlineMs,
    settings: accounts,
  };
}

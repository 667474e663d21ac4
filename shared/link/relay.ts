// What the edge may ask of a relay over the link (Cap'n Web over one WebSocket that the relay dialled).
// Types only. What crosses is compact: resources travel as JSON text that the edge pastes without parsing,
// and a slot is a row that points to its shape. docs/link-protocol.md tells the whole exchange.

import type { FailedCall } from '../failure.ts';
import type { Flow } from '../sas/query.ts';
import type { AccountReply, AccountRequest } from './accounts.ts';
import type { Turn } from './fair-queue.ts';

/** One question to one vendor: at most 25 practitioners or 10 associations. */
export interface SearchCall {
  readonly editor: string;
  /** Prefixed national identifiers: `8…`/`0…` for practitioners, `3…` for associations. */
  readonly subjects: readonly string[];
  /** Less time than the plan's, when the operator gives this vendor less. */
  readonly budgetMs?: number;
}

export interface SearchPlan {
  /** Unique per search; names it in `cancel` and in both programs' logs. */
  readonly id: string;
  /** Of the trace of the request that asks; a call that several searches share bears the first one's. Older edges say none. */
  readonly traceId?: string;
  readonly flow: Flow;
  /** Inclusive bounds on `Slot.start`, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What the relay may spend on the whole, from the moment it reads the plan. */
  readonly budgetMs: number;
  /** Answers are gathered for this long before they cross, so that many small ones make one message; 0 sends each at once. */
  readonly gatherMs: number;
  /** For whom it asks: calls wait at each vendor in fair turns. Numbers of the hub; an older edge says nothing. */
  readonly from?: Turn;
  /** Tell what became of each slot received, for "why is my slot not shown?". */
  readonly trace?: boolean;
  readonly calls: readonly SearchCall[];
}

/** What the hub must know of an answer without reading it. */
export interface CallHead {
  /** Index in `SearchPlan.calls`. */
  readonly call: number;
  readonly failure?: FailedCall;
  /** Without what it waited for its turn at the relay: what the vendor's breaker goes by. An older relay counts that too. */
  readonly durationMs: number;
}

/** What a relay serves to the edge. */
export interface RelayApi {
  /**
   * Answers land as frames of their own (answer-frame.ts) that name the plan, all of them before this resolves: when
   * every call has been answered, at the latest when the budget is spent.
   */
  search(plan: SearchPlan): Promise<void>;
  /**
   * Gives up what is still running of a search, or only the calls named by their index in `SearchPlan.calls`: their
   * vendor exchanges are aborted and no answer is due for them (one on its way may still land), the others go on.
   * Unknown ids and indexes are ignored; rejects only when malformed.
   */
  cancel(id: string, calls?: readonly number[]): void;
  /** One message about one regulator's account to one vendor, sent at most once (INT_R02). Rejects only when malformed. */
  sendAccount(request: AccountRequest): Promise<AccountReply>;
  /** A message for Hub Santé is due: a relay that carries them (hub-sante.ts) asks at once. Older relays have none. */
  publishDue?(): void;
}

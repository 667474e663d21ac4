// What the Worker asks of the relay hub, and what the hub reports while relays answer. Types only: both sides
// of that call live in worker/, one in the Worker's isolate, the other in the Durable Object.

import type { VendorFailure } from '../../shared/failure.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';

export interface HubSearch {
  readonly id: string;
  readonly flow: Flow;
  /** As vendors are asked. */
  readonly window: SlotWindow;
  /** A call's place in the list is its number. */
  readonly calls: readonly AskedCall[];
  /** What may be spent from now until the last event. */
  readonly budgetMs: number;
  /** 0: events as soon as a vendor has answered; else many answers may travel in one event. */
  readonly gatherMs: number;
  /** Calls of its own: it waits for none that is under way already, and no other search waits for its. */
  readonly isAlone: boolean;
  /** Tell what became of each slot; no breaker holds it back. */
  readonly isTraced: boolean;
}

/** Why a vendor that should have been asked told us nothing: its own failures, ours on the way to it, and
 * `open`: not called, after too many failures (breaker.ts). */
export type CallFailure = VendorFailure | 'relay-absent' | 'relay-lost' | 'out-of-order' | 'open';

/** One question to one vendor. */
export interface AskedCall {
  readonly editor: string;
  readonly subjects: readonly string[];
  /** Less time than the search's, when the operator gives this vendor less. */
  readonly budgetMs?: number;
}

export type HubEvent =
  /** First, unless all are well: since when every call to a vendor has failed, milliseconds. */
  | { readonly kind: 'failing'; readonly sinceMs: Readonly<Record<string, number>> }
  /**
   * `body` as in answer-frame.ts; `numbers` turns each `call` in it into a number of the list, null for what
   * another search asked. `shared`: of these calls another search notes what they bring, and keeps it.
   */
  | {
      readonly kind: 'answers';
      readonly numbers: readonly (number | null)[];
      readonly body: string;
      readonly shared: readonly number[];
    }
  /** `sinceMs`: since when a vendor is held back, with `open`. */
  | {
      readonly kind: 'failed';
      readonly calls: readonly number[];
      readonly reason: CallFailure;
      readonly sinceMs?: number;
    };

export type HubListener = (event: HubEvent) => void;

export type HubOutcome = 'done' | 'no-relay';

// What the Worker asks of the relay hub, and what the hub reports while relays answer. Types only: both sides
// of that call live in worker/, one in the Worker's isolate, the other in the Durable Object.

import type { VendorFailure } from '../../shared/link/relay.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';

export interface HubSearch {
  readonly id: string;
  readonly query: SlotQuery;
  /** What may be spent from now until the last event. */
  readonly budgetMs: number;
  /** 0: events as soon as a vendor has answered; else many answers may travel in one event. */
  readonly gatherMs: number;
  /** Ask this vendor only, also when the operator switched it off, and tell what became of each slot. */
  readonly explain?: string;
}

/** Why a vendor that should have been asked told us nothing: its own failures, ours on the way to it, and
 * `open`: not called, after too many failures (breaker.ts). */
export type CallFailure = VendorFailure | 'relay-absent' | 'relay-lost' | 'open';

export interface AskedEditor {
  readonly id: string;
  readonly name: string;
  /** Since when every call to it has failed, milliseconds; absent when the last one went well. */
  readonly failingSinceMs?: number;
}

/** One question to one vendor. Its place in the list is its number. */
export interface AskedCall {
  readonly editor: string;
  readonly subjects: readonly string[];
  /** Less time than the search's, when the operator gives this vendor less. */
  readonly budgetMs?: number;
}

export type HubEvent =
  | { readonly kind: 'asked'; readonly editors: readonly AskedEditor[]; readonly calls: readonly AskedCall[] }
  /** `body` as in answer-frame.ts; `numbers` turns each `call` in it into a number of the asked list. */
  | { readonly kind: 'answers'; readonly numbers: readonly number[]; readonly body: string }
  | { readonly kind: 'failed'; readonly calls: readonly number[]; readonly reason: CallFailure };

export type HubListener = (event: HubEvent) => void;

/** `no-registry`: D1 cannot be read and nothing of it is remembered. */
export type HubOutcome = 'done' | 'no-relay' | 'no-registry';

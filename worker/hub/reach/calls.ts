// What the Worker asks of the relay hub, and what the hub reports while relays answer. Types, and the few
// names that both need: both sides of these calls live in worker/, one in the Worker's isolate, the other in the Durable Object.

import type { VendorFailure } from '../../../shared/failure.ts';
import type { AccountReply, AccountRequest } from '../../../shared/link/accounts.ts';
import type { EditorFlow } from '../../../shared/link/hub.ts';
import type { RuleCount } from '../../../shared/sas/answer.ts';
import type { AppointmentTimes } from '../../appointments/model/taken-times.ts';
import type { OneTimeToken } from '../../http/relay-token.ts';
import type { VendorRow } from '../../store/editors.ts';
import type { RelayDescription } from '../link/relay-link.ts';
import type { BookedSlot } from '../memory/booked-slots-table.ts';
import type { HubPlan, LearnedAnswers, RememberedQuestion } from '../memory/search-memory.ts';
import type { SearchTrace, TraceFilter } from '../traces/trace-ring.ts';
import type { NearCaller, Throttled } from '../turns/callers.ts';
import type { SavingDescription } from '../vendors/announcement-saver.ts';
import type { VendorFacts } from '../vendors/state.ts';
import type { HubFailureReason } from './failure.ts';

/** One search, as the Worker asks it of the hub. */
export interface HubSearch extends RememberedQuestion {
  readonly id: string;
  /** Key of whoever asks; absent from an older Worker: not counted, and of one line with all such. */
  readonly caller?: string;
  /** Of the request's trace (shared/link/trace.ts); absent from an older Worker. */
  readonly traceId?: string;
  /** What may be spent from now until the last event, milliseconds. */
  readonly budgetMs: number;
  /** 0: events as soon as a vendor has answered; else many answers may travel in one event. */
  readonly gatherMs: number;
  /** Tell what became of each slot; no breaker holds it back. */
  readonly isTraced: boolean;
  /** Of a search whose hub ended in its midst: what its plan asks and no vendor has answered yet. It is not planned anew. */
  readonly rest?: Pick<HubPlan, 'askedWindow' | 'calls'>;
}

/** Why a vendor that should have been asked told us nothing: its own failures, ours on the way to it, and
 * `open`: not called, after too many failures (breaker.ts). */
export type CallFailure =
  | VendorFailure
  | 'relay-absent'
  | 'relay-lost'
  | 'out-of-order'
  | 'open'
  | HubFailureReason;

/** By vendor, since when every call to it has failed, milliseconds since 1970. */
export type FailingSince = Readonly<Record<string, number>>;

/** What the hub reports of a search while it runs. */
export type HubEvent =
  /** First, when some vendor is asked: what the search does. */
  | { readonly kind: 'planned'; readonly plan: HubPlan; readonly failing: FailingSince }
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
    }
  /** An appointment was written meanwhile: all that is taken, in place of what the plan said. Told before it is acknowledged. */
  | { readonly kind: 'booked'; readonly booked: readonly BookedSlot[] };

/** Passed to the hub over RPC; called in the order of events. Over RPC it resolves once the Worker has heard. */
export type HubListener = (event: HubEvent) => void | Promise<void>;

/**
 * How a search ended; `no-relay`: none could be asked; `throttled`: its caller exceeds a limit, and nothing was begun.
 * `plan`: of a search that asked no vendor, and that told no event.
 */
export type HubOutcome =
  | { readonly kind: 'done' | 'no-relay'; readonly plan?: HubPlan }
  | { readonly kind: 'throttled'; readonly throttled: Throttled };

/** What a search leaves behind, told once its answer has left. */
export interface Lesson extends LearnedAnswers {
  readonly tallies: readonly CallTally[];
  /** Of the searches since the last message, on its first lesson. Absent from older Workers. */
  readonly traces?: readonly SearchTrace[];
}

/** What one call to a vendor brought. */
export interface CallTally {
  readonly vendor: string;
  readonly received: number;
  readonly shown: number;
  readonly dropped: readonly RuleCount[];
  readonly repaired: readonly RuleCount[];
}

/**
 * What the relay said, or why none could: `relay-lost` is sent but unanswered; of `hub-lost` and `hub-overloaded`, the hub's
 * own, nobody knows; `relay-absent` and `out-of-order` (its
 * entry at the relay is broken) are never sent.
 */
export type HubAccountReply =
  | AccountReply
  | {
      readonly kind: 'failed';
      readonly reason: 'relay-absent' | 'relay-lost' | 'out-of-order' | HubFailureReason;
      readonly status?: undefined;
      readonly sent: boolean;
      readonly durationMs: number;
    };

/** The relays of this moment and the searches under way, for operators. */
export interface HubDescription {
  readonly relays: readonly RelayDescription[];
  readonly searches: number;
  /** Vendor calls under way for which some search waits. */
  readonly calls: number;
  /** By vendor, its breaker's state: `closed`, `open`, `half-open`. */
  readonly breakers: Readonly<Record<string, string>>;
  /** Those near their limits; absent from an older hub. */
  readonly callers?: readonly NearCaller[];
  /** Announcements that serve and that D1 does not have yet; absent when it has all. */
  readonly unsaved?: SavingDescription;
}

/** Who wants to write an appointment, under a token that was verified. */
export interface SenderClaim {
  readonly token: OneTimeToken;
  /** Names the request: the call may be made twice for it. */
  readonly by: string;
  readonly editor: string;
  readonly appointmentSystem: string;
}

/**
 * `not-announced`: this relay may not write for that vendor. `other-system`: the vendor's appointments are of another one.
 * `used`: the token was. `full`: the vendor has used too many in a short time.
 */
export type SenderVerdict = 'admitted' | 'not-announced' | 'other-system' | 'used' | 'full';

/**
 * What both sides of a call speak: one more with each change of what crosses. A Worker and a hub of two neighbouring
 * releases meet for seconds to minutes at each deployment: docs/link-protocol.md "Worker and hub".
 */
export const HUB_PROTOCOL = 7;

/** One call as it crosses: which method of HubCalls, and who calls. A hub ignores what it does not know. */
export interface HubCall {
  /** The Worker's HUB_PROTOCOL. */
  readonly protocol: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Every method of HubCalls: what a hub lets a Worker call. */
const HUB_METHODS: Readonly<Record<keyof HubCalls, true>> = {
  hasRelay: true,
  search: true,
  cancel: true,
  vendors: true,
  associations: true,
  noteAssociations: true,
  learned: true,
  takeAppointment: true,
  writeRuleCounts: true,
  sendAccount: true,
  describe: true,
  describeVendors: true,
  noteSwitches: true,
  admitSender: true,
  noteClaims: true,
  hasJustAnnounced: true,
  useToken: true,
  publishDue: true,
  traces: true,
};

/** True of a name that this hub serves. */
export function isHubMethod(name: string): name is keyof HubCalls {
  return Object.hasOwn(HUB_METHODS, name);
}

/** What comes back. `unknown`: this hub has no such method. */
export type HubReply = { readonly protocol: number } & (
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'unknown' }
);

/** The relay hub as the rest of the Worker calls it (hub-of.ts). Every call rejects when the hub cannot be reached. */
export interface HubCalls {
  /** True when at least one relay can be asked. */
  hasRelay(): Promise<boolean>;
  /**
   * Every vendor that some relay has announced, in the order of their ids, with the operator's switches. Rejects while neither
   * the hub's storage nor D1 nor a relay has said whether there is any.
   */
  vendors(): Promise<readonly VendorRow[]>;
  /** SIRETs, prefixed, of every SOS association that the operator lists or a vendor has shown slots of. */
  associations(): Promise<readonly string[]>;
  /** Takes the operator's list of them, whole, once D1 has it. */
  noteAssociations(sirets: readonly string[]): Promise<void>;
  /**
   * Plans the search from what the hub remembers, and tells the plan. Gives each call to a relay that serves its vendor, or
   * waits with a search that asked the same a moment ago; `listener` receives each answer. Resolves when all have answered
   * or the budget is spent: a call that was never reported has timed out.
   */
  search(search: HubSearch, listener: HubListener): Promise<HubOutcome>;
  /** Gives up a search whose caller has disconnected. Unknown ids are ignored. */
  cancel(id: string): Promise<void>;
  /** Takes what searches learned; the hub writes it to D1 some time later. */
  learned(lessons: readonly Lesson[]): Promise<void>;
  /** An appointment has been written to D1: resolves once no search shows what it takes, under way or to come, nor after a restart. */
  takeAppointment(times: AppointmentTimes): Promise<void>;
  /** Writes to D1 what was noted so far. */
  writeRuleCounts(): Promise<void>;
  /** Hands one message about one account to a relay that serves the vendor; docs/accounts.md. */
  sendAccount(request: AccountRequest): Promise<HubAccountReply>;
  describe(): Promise<HubDescription>;
  /** What the hub remembers of these vendors, by id, for operators. */
  describeVendors(vendors: readonly string[]): Promise<Readonly<Record<string, VendorFacts>>>;
  /** Takes what the operator has just changed of a vendor, once D1 has it; `isTurned`: switched on or off. */
  noteSwitches(row: VendorRow, isTurned: boolean): Promise<void>;
  /**
   * Takes the token, once, and says whether this relay may write this vendor's appointments under that system; undefined from
   * a hub of before. Rejects while neither storage nor D1 has said who may.
   */
  admitSender(claim: SenderClaim): Promise<SenderVerdict | undefined>;
  /** Reads in D1 who may be what, as an operator has just decided it; resolves when it counts. */
  noteClaims(): Promise<void>;
  /** The relay announces this vendor for this flow, and D1 may not know of it yet. */
  hasJustAnnounced(relay: string, vendor: string, flow: EditorFlow): Promise<boolean>;
  /**
   * Takes the token of a relay that carries messages of INT_L02, once. `by` names the request: the call may be made twice for
   * it. Undefined from a hub of before.
   */
  useToken(token: OneTimeToken, by: string): Promise<'first' | 'used' | 'full' | undefined>;
  /** `max` of the last searches that pass, the newest first (traces/trace-ring.ts); none from a hub of before. */
  traces(filter: TraceFilter, max: number): Promise<readonly SearchTrace[]>;
  /** Tells the relays that carry messages of INT_L02 that one is due. Best effort: they also ask by themselves. */
  publishDue(): Promise<void>;
}

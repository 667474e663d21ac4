// What the edge may ask of a relay over the link (Cap'n Web over one WebSocket that the relay dialled).
// Types only. What crosses is compact: resources travel as JSON text that the edge pastes without parsing,
// and a slot is a row that points to its shape. docs/link-protocol.md tells the whole exchange.

import type { Flow } from '../sas/query.ts';
import type { AccountReply, AccountRequest } from './accounts.ts';

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
  readonly flow: Flow;
  /** Inclusive bounds on `Slot.start`, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What the relay may spend on the whole, from the moment it reads the plan. */
  readonly budgetMs: number;
  /** Answers are gathered for this long before they cross, so that many small ones make one message; 0 sends each at once. */
  readonly gatherMs: number;
  /** Tell what became of each slot received, for "why is my slot not shown?". */
  readonly trace?: boolean;
  readonly calls: readonly SearchCall[];
}

/**
 * Why a vendor gave no (or no whole) answer. `docs/errors.md` says what each means; the edge turns each into
 * one French sentence (worker/search/ledger.ts).
 */
export type VendorFailure =
  | 'timeout' // no whole answer inside the budget
  | 'connect' // name not resolved, refused, unreachable
  | 'tls' // handshake refused by either side
  | 'certificate' // the vendor's certificate is not the one expected: chain, dates, CRL, host name, CN or OU
  | 'reset' // connection closed in mid-exchange
  | 'refused' // HTTP 4xx
  | 'error' // HTTP 5xx
  | 'busy' // 429 or 503: asked to come back later
  | 'redirect' // 3xx: never followed
  | 'not-json' // HTML, truncated or otherwise unreadable
  | 'too-deep' // JSON nested past VENDOR_JSON_DEPTH_MAX
  | 'too-large' // past VENDOR_BODY_BYTES_MAX or VENDOR_HEADER_BYTES_MAX
  | 'too-many-entries'
  | 'too-many-pages'
  | 'foreign-next' // `next` leaves the vendor's origin or base path, or repeats
  | 'not-bundle' // JSON, but no searchset Bundle
  | 'overloaded' // our own queue for that vendor is full
  | 'not-served' // this relay does not know that vendor or flow, or its entry there is broken
  | 'draining' // the relay is closing
  | 'internal'; // our own mistake

export interface FailedCall {
  readonly reason: VendorFailure;
  /** HTTP status, when there was one. */
  readonly status?: number;
  /** From Retry-After, in seconds. */
  readonly retryAfterS?: number;
}

/** A resource the edge pastes as it is. `id` is the gateway's. */
export interface ResourceText {
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/**
 * One free slot: index of its shape in the answer's `shapes`, gateway id, `start` and `end` in the guide's
 * strict form, `comment` when it differs from the place's.
 */
export type SlotRow = readonly [shape: number, id: string, start: string, end: string, comment?: string];

/** One Schedule and what hangs on it: a PractitionerRole (INT_R01, INT_R04) or a Location (SOS). */
export interface Place {
  readonly schedule: ResourceText;
  readonly site: ResourceText;
  /** Booking page shared by the slots of this place. */
  readonly comment?: string;
  /** The structure's id as the vendor wrote it, when it is no national identifier: the site then shows none. */
  readonly vendorStructure?: string;
  readonly slots: readonly SlotRow[];
  /** For each slot the key of the vendor's own id (shared/sas/slot-key.ts), without separators. Absent from older relays. */
  readonly slotKeys?: string;
  /** What the vendor calls this place: `PractitionerRole/id`, `Location/id`, `system|value`. Absent from older relays. */
  readonly names?: readonly string[];
}

/** What one vendor says of one practitioner or association that has at least one slot to show. */
export interface SubjectAnswer {
  readonly subject: string;
  /** The Practitioner, or the SOS Organization: one per national identifier, whichever vendor sends it. */
  readonly holder: ResourceText;
  /** The fuller of two vendors' holders wins. */
  readonly holderRank: number;
  readonly places: readonly Place[];
}

/** What every slot of one shape has in common: a piece of JSON between `id` and `schedule`, without outer commas. */
export interface SlotShape {
  readonly text: string;
  /** Indexes in `services` of the CPTS this kind of slot is shown to. */
  readonly services: readonly number[];
}

/** One CPTS: its HealthcareService and its Organization, always together (FAQ: one of each). */
export interface CptsService {
  readonly service: ResourceText;
  readonly organization: ResourceText;
}

/** How often a rule dropped or repaired something, and where: the vendor's own resource ids, no personal data. */
export interface RuleCount {
  readonly rule: string;
  readonly count: number;
  readonly ids: readonly string[];
}

/** Something of the answer was not understood, so that it proves nobody's "none" (shared/sas/read/doubts.ts). */
export interface Doubt {
  readonly rule: string;
  /** Whom it may be about; absent: all whom the call asks for. */
  readonly subjects?: readonly string[];
}

/** One slot as the vendor sent it, and what became of it. Only in answers to plans with `trace`. */
export interface SlotTrace {
  /** The vendor's own id and texts, cut to 100 characters. */
  readonly id: string;
  readonly schedule: string;
  readonly start: string;
  readonly end: string;
  /** The rule that dropped it; absent when it is shown. */
  readonly dropped?: string;
  readonly repaired: readonly string[];
  /** The gateway's id, when shown. */
  readonly shownAs?: string;
}

/** The answer to one SearchCall. `failure` with slots means: this came before it went wrong. */
export interface CallAnswer {
  /** Index in `SearchPlan.calls`. */
  readonly call: number;
  readonly failure?: FailedCall;
  readonly subjects: readonly SubjectAnswer[];
  readonly shapes: readonly SlotShape[];
  readonly services: readonly CptsService[];
  /** Slots the vendor sent; received = shown + dropped. */
  readonly received: number;
  readonly shown: number;
  readonly dropped: readonly RuleCount[];
  readonly repaired: readonly RuleCount[];
  /** Absent from relays that do not tell doubts yet: `dropped` then says as much as it can. */
  readonly doubts?: readonly Doubt[];
  readonly durationMs: number;
  readonly bytes: number;
  readonly pages: number;
  /** The vendor said `Cache-Control: no-store`. */
  readonly noStore: boolean;
  readonly trace?: readonly SlotTrace[];
}

/** What the hub must know of an answer without reading it. */
export interface CallHead {
  /** Index in `SearchPlan.calls`. */
  readonly call: number;
  readonly failure?: FailedCall;
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
}

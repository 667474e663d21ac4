// What the relay reads out of one vendor's answer, in the compact form that crosses the link: resources are JSON text that
// the Worker pastes without parsing, and a slot is a row that points to its shape. Types only; docs/link-protocol.md.

import type { FailedCall } from '../failure.ts';

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
  /** The Practitioner, or the SOS Organization, as this vendor describes it; its id names the national identifier alone. */
  readonly holder: ResourceText;
  /** Read by Workers of the release before: they show the fuller of two vendors' holders. */
  readonly holderRank: number;
  /** Names the holder's text: 20 hexadecimal characters. Absent from older relays. worker/search/own-resources.ts. */
  readonly said?: string;
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
  /** As `SubjectAnswer.said`, of both texts. */
  readonly said?: string;
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

/** Where a call's milliseconds went, over all its pages and both tries; whole numbers. They add up to its `durationMs`. */
export interface CallTiming {
  /** Until its turn at the vendor came, and the pause before a second try. */
  readonly queue: number;
  /** Until the question left: name, TCP and TLS; next to nothing on a kept connection. */
  readonly connection: number;
  /** From the question to the first byte of the answer: the vendor's own. */
  readonly firstByte: number;
  readonly body: number;
  /** Read by the relay, with the wait for a thread. */
  readonly reading: number;
  /** What became of a second try; absent when none was wished for. */
  readonly retry?: 'answered' | 'failed' | 'no-budget' | 'no-time' | 'no-place';
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
  /** Absent from older relays. */
  readonly timing?: CallTiming;
  readonly bytes: number;
  readonly pages: number;
  /** The vendor said `Cache-Control: no-store`. */
  readonly noStore: boolean;
  readonly trace?: readonly SlotTrace[];
}

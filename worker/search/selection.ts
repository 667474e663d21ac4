// What may be shown of the vendors' answers: per practitioner or association, each place with its slots that have
// not started, are not booked and lie in the window asked. Both faces are written from it: the FHIR Bundle
// (bundle.ts) and the SAS front's cards. Pure. docs/guide.md G-207, G-208, G-210, G-216.

import { ANSWER_LENGTH_MAX, SLOTS_PER_PRACTITIONER_MAX } from '../../shared/limits.ts';
import type {
  CallAnswer,
  CptsService,
  Place,
  ResourceText,
  SlotRow,
  SlotShape,
  SubjectAnswer,
} from '../../shared/sas/answer.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { CallResult } from '../hub/call-result.ts';
import { VendorShares } from '../hub/link/vendor-shares.ts';
import type { BookedSlots } from '../memory/booked-slots.ts';
import type { Claims } from '../memory/claims.ts';
import { type PlaceTest, type SlotTest, takenOfPractitioner, takenOfSos } from '../memory/taken.ts';

/** One place of one vendor, with at least one slot to show. */
export interface Offer {
  readonly vendor: string;
  readonly place: Place;
  readonly slots: readonly SlotRow[];
  /** What the slots' numbers point to. */
  readonly shapes: readonly SlotShape[];
  readonly services: readonly CptsService[];
  /** The practitioner or association as this vendor describes it. */
  readonly holder: ResourceText;
  /** Names the holder's text; absent from older relays. */
  readonly said: string | undefined;
  /** From what is kept: this very place will be shown again. */
  readonly isKept: boolean;
}

/** A practitioner or association with at least one slot to show. */
export interface SubjectOffers {
  readonly subject: string;
  /** In the order of the vendors' ids. */
  readonly offers: readonly Offer[];
  /** Slots in all offers. */
  readonly count: number;
}

/** Slots of one vendor that the Worker leaves out, by rule. */
export interface HiddenSlots {
  readonly vendor: string;
  readonly rule: 'slot-booked' | 'slot-started' | 'slot-not-asked' | WithheldRule;
  readonly count: number;
  /** In the answer to a call that another search made. */
  readonly isShared: boolean;
}

/** Why all that a vendor says of somebody is left out. */
type WithheldRule = 'slot-over-limit' | 'slot-undeclared' | 'slot-declarations-unread';

/** Somebody of whom a vendor's slots are left out, so that nobody may take it for "none". */
export interface Withheld {
  readonly vendor: string;
  readonly subject: string;
  readonly rule: WithheldRule;
}

/** What may be shown. */
export interface Selection {
  /** In the order asked; without those that have nothing to show. */
  readonly subjects: readonly SubjectOffers[];
  /** Slots in all. */
  readonly total: number;
  /** What vendors just sent in good order and the edge leaves out; what is kept of earlier answers was counted then. */
  readonly hidden: readonly HiddenSlots[];
  readonly withheld: readonly Withheld[];
}

/** What decides which slots may be shown. */
export interface SelectionContext {
  readonly query: SlotQuery;
  readonly nowMs: number;
  readonly bookedSlots?: BookedSlots;
  /** Vendors of which this is a part. Absent: everything is here. */
  readonly partial?: ReadonlySet<string>;
  /** What vendors may fill of the answer, of which this may be a part. Absent: this is all, and each has its share. */
  readonly shares?: VendorShares;
  /** Whom a vendor may speak of. Absent: of anybody. */
  readonly claims?: Claims | undefined;
}

/** Keeps the order of `query.subjects`; the order in which vendors answered changes nothing. */
export function selectSlots(results: readonly CallResult[], context: SelectionContext): Selection {
  const selecting = new Selecting(results, context);
  return selecting.select();
}

/** One answer told in parts, as one. */
export function joinParts(parts: readonly Selection[]): Selection {
  return {
    subjects: parts.flatMap(({ subjects }) => subjects),
    total: parts.reduce((sum, { total }) => sum + total, 0),
    hidden: parts.flatMap(({ hidden }) => hidden),
    withheld: parts.flatMap(({ withheld }) => withheld),
  };
}

/** Slots per subject, for the ledger. */
export function shownOf({ subjects }: Selection): Map<string, number> {
  const shown = new Map<string, number>();
  for (const { subject, count } of subjects) shown.set(subject, (shown.get(subject) ?? 0) + count);
  return shown;
}

/** What one call says of one subject. */
interface SaidOf {
  readonly result: CallResult;
  readonly answer: CallAnswer;
  readonly one: SubjectAnswer;
}

/** What one vendor offers of one subject. */
interface VendorOffers {
  readonly vendor: string;
  readonly subject: string;
  readonly offers: readonly Offer[];
  readonly result: CallResult;
}

function countOf({ offers }: VendorOffers): number {
  return sum(offers.map(({ slots }) => slots.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** What a slot's entry has besides its shape and its booking page. */
const SLOT_LENGTH = 300;

/** Characters that an offer takes in the Bundle, about. */
function lengthOf({ place, slots, shapes, holder }: Offer): number {
  const shared = place.comment?.length ?? 0;
  let length = place.schedule.text.length + place.site.text.length + holder.text.length;
  for (const [shape, , , , comment] of slots)
    length += SLOT_LENGTH + (shapes[shape]?.text.length ?? 0) + (comment?.length ?? shared);
  return length;
}

interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Of places that are kept, for as long as they are: reading ten thousand times anew costs more than all the rest. */
const spans = new WeakMap<Place, Span>();

function spanOf(place: Place): Span {
  const known = spans.get(place);
  if (known !== undefined) return known;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const [, , start] of place.slots) {
    const startMs = Date.parse(start);
    firstMs = Math.min(firstMs, startMs);
    lastMs = Math.max(lastMs, startMs);
  }
  const span = { firstMs, lastMs };
  spans.set(place, span);
  return span;
}

class Selecting {
  readonly #context: SelectionContext;
  readonly #bySubject = new Map<string, SaidOf[]>();
  readonly #results: readonly CallResult[];
  readonly #hidden = new Map<string, HiddenSlots>();
  readonly #withheld: Withheld[] = [];
  readonly #sosTaken = new Map<string, ReadonlySet<SlotRow>>();

  constructor(results: readonly CallResult[], context: SelectionContext) {
    this.#context = context;
    this.#results = results;
    for (const result of results) {
      const { answer } = result;
      for (const one of answer?.subjects ?? []) {
        if (answer === undefined) continue;
        const said = { result, answer, one };
        const known = this.#bySubject.get(one.subject);
        if (known === undefined) this.#bySubject.set(one.subject, [said]);
        else known.push(said);
      }
    }
  }

  select(): Selection {
    const { subjects } = this.#context.query;
    const found = subjects
      .flatMap((subject) => this.#selectSubject(subject))
      .filter((one) => this.#isAdmitted(one));
    const shown = Map.groupBy(this.#withinShares(found), ({ subject }) => subject);
    const kept = subjects.flatMap((subject): SubjectOffers[] => {
      const own = shown.get(subject);
      if (own === undefined) return [];
      return [{ subject, offers: own.flatMap(({ offers }) => offers), count: sum(own.map(countOf)) }];
    });
    const total = sum(kept.map(({ count }) => count));
    return { subjects: kept, total, hidden: [...this.#hidden.values()], withheld: this.#withheld };
  }

  /** In the order of the vendors' ids. */
  #selectSubject(subject: string): VendorOffers[] {
    const said = (this.#bySubject.get(subject) ?? []).sort(byVendor);
    return said.flatMap(({ result, answer, one }) => {
      const { vendor } = result.call;
      const { shapes, services } = answer;
      const { holder, said: words } = one;
      const isKept = result.saidMs !== undefined;
      const takenTest = this.#takenTest(result, one);
      const offers = one.places.flatMap((place): Offer[] => {
        const slots = this.#visible(place, result, takenTest?.(place));
        return slots.length === 0
          ? []
          : [{ vendor, place, slots, shapes, services, holder, said: words, isKept }];
      });
      return offers.length === 0 ? [] : [{ vendor, subject, offers, result }];
    });
  }

  #isAdmitted(one: VendorOffers): boolean {
    const claim = this.#context.claims?.(one.vendor, one.subject) ?? 'declared';
    if (claim === 'declared') return true;
    this.#withhold(one, claim === 'unread' ? 'slot-declarations-unread' : 'slot-undeclared');
    return false;
  }

  /** Without what is past a vendor's share: of each vendor the longest go first, and its others stay. */
  #withinShares(found: readonly VendorOffers[]): readonly VendorOffers[] {
    const byVendor = [...Map.groupBy(found, ({ vendor }) => vendor)].sort(([a], [b]) => (a < b ? -1 : 1));
    const shares = this.#context.shares ?? new VendorShares(ANSWER_LENGTH_MAX, byVendor.length);
    const over = new Set<VendorOffers>();
    for (const [vendor, own] of byVendor) {
      const sized = own.map((one) => ({ one, length: sum(one.offers.map(lengthOf)) }));
      for (const { one, length } of sized.sort((a, b) => a.length - b.length)) {
        if (countOf(one) <= SLOTS_PER_PRACTITIONER_MAX && shares.take(vendor, length)) continue;
        over.add(one);
        this.#withhold(one, 'slot-over-limit');
      }
    }
    return over.size === 0 ? found : found.filter((one) => !over.has(one));
  }

  #withhold(one: VendorOffers, rule: WithheldRule): void {
    const { vendor, subject, result } = one;
    this.#withheld.push({ vendor, subject, rule });
    if (result.saidMs === undefined) this.#hide(result, rule, countOf(one));
  }

  #visible(place: Place, result: CallResult, isTaken: SlotTest | undefined): readonly SlotRow[] {
    if (isTaken === undefined && result.saidMs !== undefined && this.#isAllToCome(place)) return place.slots;
    return place.slots.filter((row, index) => {
      const hiddenBy = this.#hiddenBy(row, index, isTaken);
      if (hiddenBy !== undefined && result.saidMs === undefined) this.#hide(result, hiddenBy);
      return hiddenBy === undefined;
    });
  }

  #isAllToCome(place: Place): boolean {
    const { nowMs } = this.#context;
    const { window: shownWindow } = this.#context.query;
    const { firstMs, lastMs } = spanOf(place);
    return firstMs >= Math.max(nowMs, shownWindow.fromMs) && lastMs <= shownWindow.toMs;
  }

  #hiddenBy(row: SlotRow, index: number, isTaken: SlotTest | undefined): HiddenSlots['rule'] | undefined {
    const { nowMs } = this.#context;
    const { window: shownWindow } = this.#context.query;
    const startMs = Date.parse(row[2]);
    // The relay has dropped what had started when it answered, as `slot-started`, and what lies outside the wider window
    // asked (`Plan.askedWindow`), as `slot-outside-window`: shared/sas/read/answer-reader.ts. Here: now, and the window shown.
    if (startMs < nowMs) return 'slot-started';
    if (startMs < shownWindow.fromMs || startMs > shownWindow.toMs) return 'slot-not-asked';
    return isTaken?.(row, index) === true ? 'slot-booked' : undefined;
  }

  #hide({ call: { vendor }, isShared = false }: CallResult, rule: HiddenSlots['rule'], more = 1): void {
    const key = `${vendor} ${rule} ${isShared}`;
    this.#hidden.set(key, { vendor, rule, count: (this.#hidden.get(key)?.count ?? 0) + more, isShared });
  }

  /** Undefined when nothing of this subject is booked: the usual search looks at no end time. */
  #takenTest({ call: { vendor }, saidMs }: CallResult, one: SubjectAnswer): PlaceTest | undefined {
    const { bookedSlots, query } = this.#context;
    if (bookedSlots === undefined || bookedSlots.isEmpty) return undefined;
    if (query.flow !== 'SOS') {
      return takenOfPractitioner(bookedSlots.of(vendor, one.subject, saidMs), one.places);
    }
    const taken = this.#takenOfSos(bookedSlots, vendor, saidMs);
    return taken.size === 0 ? undefined : () => (row) => taken.has(row);
  }

  /** Once per vendor and age of its words: which of its slots are taken only all that it answered can tell. */
  #takenOfSos(bookedSlots: BookedSlots, vendor: string, saidMs: number | undefined): ReadonlySet<SlotRow> {
    const key = `${vendor} ${saidMs}`;
    const known = this.#sosTaken.get(key);
    if (known !== undefined) return known;
    const booked = bookedSlots.ofVendor(vendor, saidMs);
    const places = this.#results
      .filter(({ call }) => call.vendor === vendor)
      .flatMap(({ answer }) => answer?.subjects ?? [])
      .flatMap((one) => one.places.map((place) => ({ subject: one.subject, place })));
    const isWhole = this.#context.partial?.has(vendor) !== true;
    const taken = booked.length === 0 ? NOTHING : takenOfSos(booked, places, isWhole);
    this.#sosTaken.set(key, taken);
    return taken;
  }
}

const NOTHING: ReadonlySet<SlotRow> = new Set();

function byVendor({ result: one }: SaidOf, { result: other }: SaidOf): number {
  const [a, b] = [one.call.vendor, other.call.vendor];
  return a < b ? -1 : Number(a > b);
}

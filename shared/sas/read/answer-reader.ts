// Reads one vendor's answer to one search: tolerant of what vendors send, strict in what it gives back. Every
// slot received is either shown or dropped for exactly one named reason, and whatever was not understood is a doubt
// about those whom it may concern (doubts.ts). Pure: no I/O, no clock, hash passed in.
// Called by the relay for each exchange; its result crosses the link as it is. docs/guide.md G-207, G-213, G-219,
// G-220. docs/decisions/0008-answer.md.

import { countEntries } from '../../fhir/bundle-entries.ts';
import type { Found, Scope } from '../../fhir/bundle-page.ts';
import { asObject, asText, type JsonObject } from '../../fhir/json.ts';
import { Wholeness } from '../../fhir/wholeness.ts';
import { SLOTS_PER_PRACTITIONER_MAX, VENDOR_ENTRIES_MAX } from '../../limits.ts';
import { err, ok, type Result } from '../../result.ts';
import type { CallAnswer, SlotTrace, SubjectAnswer } from '../answer.ts';
import type { Flow } from '../query.ts';
import { Doubts, NOBODY, type Refusal, refuse } from './doubts.ts';
import { BundleIndex, vendorId } from './elements/bundle-index.ts';
import { CptsRegister } from './elements/cpts.ts';
import type { ReadRuleId } from './elements/rules.ts';
import { readSlotFacts, type SlotFacts } from './elements/slot-facts.ts';
import { bookingLink } from './link.ts';
import { PlaceReader } from './place.ts';
import { contentOf, type ReadPlace, toPlace } from './place-rows.ts';
import { ReaderMemory } from './reader-memory.ts';
import { ShapeRegister } from './shape-register.ts';
import { Tally } from './tally.ts';

export interface Question {
  readonly editor: string;
  readonly flow: Flow;
  /** Prefixed national identifiers asked. */
  readonly subjects: readonly string[];
  /** Inclusive bounds on `Slot.start`, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** 20 lower-case hexadecimal characters of the text's SHA-256. */
  readonly hash: (text: string) => string;
  /** Keep what became of each slot. */
  readonly trace?: boolean;
  /** Of this vendor; absent: nothing was read before. */
  readonly memory?: ReaderMemory;
}

export type ReadAnswer = Pick<
  CallAnswer,
  'subjects' | 'shapes' | 'services' | 'received' | 'shown' | 'dropped' | 'repaired' | 'trace'
> &
  Required<Pick<CallAnswer, 'doubts'>>;

/** What became of one slot. */
type SlotFate =
  | { readonly dropped: ReadRuleId }
  | { readonly shownAs: string; readonly repaired: readonly ReadRuleId[] };

/** One of a call: takes its pages, then gives its answer once, by `finish`. */
export class AnswerReader {
  readonly #question: Question;
  readonly #memory: ReaderMemory;
  readonly #index: BundleIndex;
  readonly #wholeness = new Wholeness();
  readonly #doubts = new Doubts();
  #items = 0;
  #schedules = 0;
  readonly #dropped = new Tally();
  readonly #repaired = new Tally();
  readonly #places: PlaceReader;
  readonly #cpts: CptsRegister;
  readonly #shapes: ShapeRegister;
  readonly #taken = new Map<Scope, Set<unknown>>();
  readonly #slotIds = new Set<string>();
  /** By practitioner or association, the slots shown. */
  readonly #counts = new Map<string, number>();
  readonly #links = new Map<string, string | undefined>();

  constructor(question: Question) {
    this.#question = question;
    this.#memory = question.memory ?? new ReaderMemory();
    this.#index = new BundleIndex(this.#memory.bases);
    this.#cpts = new CptsRegister(this.#index, question.hash, (rules) => this.#repaired.addAll(rules));
    this.#shapes = new ShapeRegister(question.flow, this.#cpts, this.#memory);
    this.#places = new PlaceReader(
      { ...question, memory: this.#memory },
      this.#index,
      this.#repaired,
      this.#doubts,
    );
  }

  /**
   * Reads one page. `next` is the raw URL of the link, when there is one; a link that cannot be read leads nowhere, and
   * there is more: it is not the last page.
   */
  add(value: unknown): Result<{ readonly next?: string }, 'not-bundle' | 'too-many-entries'> {
    const bundle = asObject(value);
    if (bundle === undefined || !isAnswer(bundle)) return err('not-bundle');
    // Counted before anything is read: a flood costs its parsing, no more.
    this.#items += countEntries(bundle.entry);
    if (this.#items > VENDOR_ENTRIES_MAX) return err('too-many-entries');
    const before = this.#index.entries;
    this.#index.add(bundle, this.#hear, this.#look);
    const next = this.#wholeness.takePage(bundle, this.#index.entries - before);
    return this.#index.entries > VENDOR_ENTRIES_MAX
      ? err('too-many-entries')
      : ok(next === undefined ? {} : { next });
  }

  /** The vendor said by other means that this is not all (HTTP 206). */
  addPartial(): void {
    this.#wholeness.takePartial();
  }

  /** A Bundle within the Bundle is a page of its own: its ids hold there. What follows it is not asked for. */
  readonly #hear = (resource: JsonObject): void => {
    const { resourceType } = resource;
    if (resourceType === 'Schedule') this.#schedules += 1;
    if (resourceType !== 'Bundle') {
      const { plain } = this.#memory;
      if (!plain.has(resource) && this.#wholeness.takeResource(resource)) plain.add(resource);
      return;
    }
    this.#wholeness.takeResource(resource);
    const before = this.#index.entries;
    this.#index.add(resource, this.#hear, this.#look);
    const next = this.#wholeness.takePage(resource, this.#index.entries - before);
    if (!isAnswer(resource) || next !== undefined) this.#wholeness.takePartial();
  };

  readonly #look = (beside: object): void => this.#wholeness.takeWithin(beside);

  /** Everything read so far: call once, after the last page. */
  finish(): ReadAnswer {
    let shown = 0;
    const trace: SlotTrace[] | undefined = this.#question.trace === true ? [] : undefined;
    const facts = this.#allFacts();
    for (const [i, found] of this.#index.slots.entries()) {
      const slot = found.resource;
      if (slot.contained !== undefined) this.#wholeness.takeWithin([slot.contained]);
      const fate = this.#read(found, facts[i] as SlotFacts | ReadRuleId);
      if ('dropped' in fate) this.#dropped.add(fate.dropped, vendorId(slot));
      else {
        shown += 1;
        if (fate.repaired.length > 0) this.#repaired.addAll(fate.repaired, vendorId(slot));
      }
      trace?.push(traceOf(slot, fate));
    }
    const { entries, unread, slots } = this.#index;
    // The guide counts slots in every flow; of SOS R4 would count the Schedules.
    const results = Math.max(slots.length, this.#question.flow === 'SOS' ? this.#schedules : 0);
    for (const lack of this.#wholeness.lacks(entries, results, unread)) {
      const rule = lack === 'incomplete' ? 'answer-incomplete' : 'answer-not-understood';
      this.#repaired.add(rule);
      this.#doubts.add(refuse(rule, 'anybody'));
    }
    return {
      subjects: this.#subjects(),
      shapes: this.#shapes.shapes,
      services: this.#cpts.services,
      received: this.#index.slots.length,
      shown,
      dropped: this.#dropped.rows(),
      repaired: this.#repaired.rows(),
      doubts: this.#doubts.rows(),
      ...(trace === undefined ? {} : { trace }),
    };
  }

  /** Shows the slot, or says why not. */
  #read(found: Found, facts: SlotFacts | ReadRuleId): SlotFate {
    const slot = found.resource;
    if (facts === 'slot-not-free') return { dropped: facts };
    const isRead = typeof facts !== 'string';
    if (isRead) {
      const { fromMs, toMs, nowMs } = this.#question;
      // The window asked. The Worker drops once more for its time what is shown later, or of a narrower window:
      // worker/search/selection.ts (`slot-started`, `slot-not-asked`).
      if (facts.startMs < fromMs || facts.startMs > toMs) return { dropped: 'slot-outside-window' };
      if (facts.startMs < nowMs) return { dropped: 'slot-started' };
    }
    const place = this.#placeOf(found);
    // Whose it is, where that can be told, also when the slot itself cannot be read.
    if (!isRead) return this.#drop(refuse(facts, 'rule' in place ? place.concern : [place.subject]));
    if ('rule' in place) return this.#drop(place);
    if (this.#taken.size > 0 && this.#taken.get(found.scope)?.has(slot.id))
      return this.#drop(refuse('slot-reference-ambiguous', [place.subject]));
    const shape = this.#shapes.of(found, facts.signature);
    if (typeof shape === 'string')
      return this.#drop(refuse(shape, UNDERSTOOD.has(shape) ? NOBODY : [place.subject]));
    const count = this.#counts.get(place.subject) ?? 0;
    if (count >= SLOTS_PER_PRACTITIONER_MAX) return this.#drop(refuse('slot-over-limit', [place.subject]));
    const shownAs = this.#show(slot, place, shape.index, facts);
    if (shownAs === undefined) return { dropped: 'slot-duplicate' };
    this.#counts.set(place.subject, count + 1);
    const { repairs } = facts;
    return { shownAs, repaired: shape.repairs.length === 0 ? repairs : [...repairs, ...shape.repairs] };
  }

  /** Of each slot, in order; notes the taken: one id of one scope that is both free and not free is neither. */
  #allFacts(): readonly (SlotFacts | ReadRuleId)[] {
    return this.#index.slots.map(({ resource, scope }) => {
      const facts = this.#factsOf(resource);
      if (resource.id !== undefined && (facts === 'slot-not-free' || facts === 'slot-status-unknown')) {
        const ids = this.#taken.get(scope) ?? new Set();
        this.#taken.set(scope, ids.add(resource.id));
      }
      return facts;
    });
  }

  #drop(refusal: Refusal): SlotFate {
    this.#doubts.add(refusal);
    return { dropped: refusal.rule };
  }

  #factsOf(slot: JsonObject): SlotFacts | ReadRuleId {
    let facts = this.#memory.slots.get(slot);
    if (facts === undefined) {
      facts = readSlotFacts(slot, this.#linkOf);
      this.#memory.slots.set(slot, facts);
    }
    return facts;
  }

  #placeOf(slot: Found): ReadPlace | Refusal {
    const schedule = this.#index.resolve(asObject(slot.resource.schedule), 'Schedule', slot);
    if (schedule === undefined) return refuse('slot-schedule-unresolved', 'anybody');
    return schedule === 'ambiguous'
      ? refuse('slot-reference-ambiguous', 'anybody')
      : this.#places.read(schedule);
  }

  /**
   * The gateway's id; undefined when this place already shows the same slot. Place and times are the id, so no slot
   * needs a hash of its own: the first 13 characters of the place's, start in seconds and length in minutes in base 36.
   * Two slots at one time get one by their own id and content. Stable between searches, also for a vendor that counts
   * from 1 in every answer; at most 64 characters.
   */
  #show(slot: JsonObject, place: ReadPlace, shape: number, facts: SlotFacts): string | undefined {
    const { start, end, comment, key } = facts;
    const row = { shape, id: place.idHead + facts.idTail, start, end, comment, key };
    // The same content would have had the same id.
    if (place.contents !== undefined || this.#slotIds.has(row.id)) {
      place.contents ??= new Set(place.rows.map(contentOf));
      const content = contentOf(row);
      if (place.contents.has(content)) return undefined;
      place.contents.add(content);
      if (this.#slotIds.has(row.id)) {
        const { editor, hash } = this.#question;
        row.id = `${editor}-${hash(`${vendorId(slot) ?? ''}|${place.schedule.id}|${content}`)}`;
      }
    }
    this.#slotIds.add(row.id);
    place.rows.push(row);
    return row.id;
  }

  readonly #linkOf = (written: string): string | undefined => {
    let link = this.#links.get(written);
    if (link === undefined && !this.#links.has(written)) {
      link = bookingLink(written);
      this.#links.set(written, link);
    }
    return link;
  };

  #subjects(): SubjectAnswer[] {
    const answers: SubjectAnswer[] = [];
    for (const subject of this.#question.subjects) {
      const holder = this.#places.holderOf(subject);
      const places = this.#places.placesOf(subject).map(toPlace);
      if (holder === undefined || places.length === 0) continue;
      const { resource, rank, said } = holder;
      answers.push({ subject, holder: resource, holderRank: rank, said, places });
    }
    return answers;
  }
}

/** Why a slot of this shape is rightly not shown. */
const UNDERSTOOD: ReadonlySet<ReadRuleId> = new Set(['slot-kind-not-shown', 'slot-cpts-out-of-use']);

/** A list without a type is read as what was asked for; a declared other type is not an answer to a search. */
function isAnswer({ resourceType, type }: JsonObject): boolean {
  const written = asText(type)?.toLowerCase();
  return (
    resourceType === 'Bundle' &&
    (written === undefined || written === 'searchset' || written === 'collection')
  );
}

function traceOf(slot: JsonObject, fate: SlotFate): SlotTrace {
  const short = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 100) : '');
  return {
    id: short(slot.id),
    schedule: short(asObject(slot.schedule)?.reference),
    start: short(slot.start),
    end: short(slot.end),
    ...('dropped' in fate ? { dropped: fate.dropped, repaired: [] } : fate),
  };
}

// Reads one vendor's answer to one search: tolerant of what vendors send, strict in what it gives back. Every
// slot received is either shown or dropped for exactly one named reason. Pure: no I/O, no clock, hash passed in.
// Called by the relay for each exchange; its result crosses the link as it is. flows.md §§ 3.3, 3.4, 8.

import { asObject, asText, type JsonObject, objectsOf } from '../../fhir/json.ts';
import type { CallAnswer, Place, SlotRow, SlotShape, SlotTrace, SubjectAnswer } from '../../link/relay.ts';
import { err, ok, type Result } from '../../result.ts';
import type { Flow } from '../query.ts';
import { BundleIndex, vendorId } from './bundle-index.ts';
import { CptsRegister } from './cpts.ts';
import { bookingLink } from './link.ts';
import { type PlaceFailure, PlaceReader, type ReadPlace, type ReadSlot } from './place.ts';
import { ReaderMemory } from './reader-memory.ts';
import type { ReadRuleId } from './rules.ts';
import { readSlotFacts, type SlotFacts } from './slot-facts.ts';
import { isOwnShape, readShape, type ShapedSlot } from './slot-shape.ts';
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
>;

/** What became of one slot. */
type SlotFate =
  | { readonly dropped: ReadRuleId }
  | { readonly shownAs: string; readonly repaired: readonly ReadRuleId[] };

interface KnownShape {
  readonly index: number;
  readonly repairs: readonly ReadRuleId[];
}

export class AnswerReader {
  readonly #question: Question;
  readonly #memory: ReaderMemory;
  readonly #index = new BundleIndex();
  readonly #dropped = new Tally();
  readonly #repaired = new Tally();
  readonly #places: PlaceReader;
  readonly #cpts: CptsRegister;
  readonly #shapes: SlotShape[] = [];
  readonly #shapeBySignature = new Map<string, KnownShape | ReadRuleId>();
  readonly #slotIds = new Set<string>();
  readonly #links = new Map<string, string | undefined>();

  constructor(question: Question) {
    this.#question = question;
    this.#memory = question.memory ?? new ReaderMemory();
    this.#cpts = new CptsRegister(this.#index, question.hash, (rules) => this.#repaired.addAll(rules));
    this.#places = new PlaceReader({ ...question, memory: this.#memory }, this.#index, this.#repaired);
  }

  /** Reads one page. `next` is the raw URL of the link, when there is one. */
  add(value: unknown): Result<{ readonly entries: number; readonly next?: string }, 'not-bundle'> {
    const bundle = asObject(value);
    if (bundle === undefined || bundle.resourceType !== 'Bundle') return err('not-bundle');
    const type = asText(bundle.type)?.toLowerCase();
    // A list without a type is read as what was asked for; a declared other type is not an answer to a search.
    if (type !== undefined && type !== 'searchset' && type !== 'collection') return err('not-bundle');
    const before = this.#index.entries;
    this.#index.add(bundle);
    const next = objectsOf(bundle.link).find((link) => link.relation === 'next');
    // A link that cannot be read leads nowhere, and there is more: it is not the last page.
    return ok({ entries: this.#index.entries - before, ...(next && { next: asText(next.url) ?? '' }) });
  }

  /** Everything read so far: call once, after the last page. */
  finish(): ReadAnswer {
    let shown = 0;
    const trace: SlotTrace[] | undefined = this.#question.trace === true ? [] : undefined;
    for (const slot of this.#index.slots) {
      const fate = this.#read(slot);
      if ('dropped' in fate) this.#dropped.add(fate.dropped, vendorId(slot));
      else {
        shown += 1;
        if (fate.repaired.length > 0) this.#repaired.addAll(fate.repaired, vendorId(slot));
      }
      trace?.push(traceOf(slot, fate));
    }
    return {
      subjects: this.#subjects(),
      shapes: this.#shapes,
      services: this.#cpts.services,
      received: this.#index.slots.length,
      shown,
      dropped: this.#dropped.rows(),
      repaired: this.#repaired.rows(),
      ...(trace === undefined ? {} : { trace }),
    };
  }

  /** Shows the slot, or says why not. */
  #read(slot: JsonObject): SlotFate {
    const facts = this.#factsOf(slot);
    if (typeof facts === 'string') return { dropped: facts };
    const { fromMs, toMs, nowMs } = this.#question;
    if (facts.startMs < fromMs || facts.startMs > toMs) return { dropped: 'slot-outside-window' };
    if (facts.startMs < nowMs) return { dropped: 'slot-started' };
    const place = this.#placeOf(slot);
    if (typeof place === 'string') return { dropped: place };
    const shape = this.#shapeOf(slot, facts.signature);
    if (typeof shape === 'string') return { dropped: shape };
    const shownAs = this.#show(slot, place, shape.index, facts);
    if (shownAs === undefined) return { dropped: 'slot-duplicate' };
    const { repairs } = facts;
    return { shownAs, repaired: shape.repairs.length === 0 ? repairs : [...repairs, ...shape.repairs] };
  }

  #factsOf(slot: JsonObject): SlotFacts | ReadRuleId {
    let facts = this.#memory.slots.get(slot);
    if (facts === undefined) {
      facts = readSlotFacts(slot, this.#linkOf);
      this.#memory.slots.set(slot, facts);
    }
    return facts;
  }

  #placeOf(slot: JsonObject): ReadPlace | PlaceFailure {
    const schedule = this.#index.resolve(asObject(slot.schedule), 'Schedule');
    return schedule === undefined ? 'slot-schedule-unresolved' : this.#places.read(schedule);
  }

  #shapeOf(slot: JsonObject, signature: string): KnownShape | ReadRuleId {
    let shape = this.#shapeBySignature.get(signature);
    if (shape === undefined) {
      const read = this.#readShape(slot, signature);
      if (typeof read === 'string') shape = read;
      else {
        this.#shapes.push({ text: read.text, services: read.services });
        shape = { index: this.#shapes.length - 1, repairs: read.repairs };
      }
      this.#shapeBySignature.set(signature, shape);
    }
    return shape;
  }

  #readShape(slot: JsonObject, signature: string): ShapedSlot | ReadRuleId {
    const { flow } = this.#question;
    const read = (): ShapedSlot | ReadRuleId => readShape(slot, flow, this.#cpts);
    return isOwnShape(signature) ? this.#memory.shapeOf(flow, signature, read) : read();
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
      answers.push({ subject, holder: holder.resource, holderRank: holder.rank, places });
    }
    return answers;
  }
}

function contentOf({ shape, start, end, comment }: Omit<ReadSlot, 'id' | 'key'>): string {
  return `${shape}|${start}|${end}|${comment ?? ''}`;
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

/** The place's most frequent booking page is written once; only slots with another one repeat it. */
function toPlace(place: ReadPlace): Place {
  const counts = new Map<string | undefined, number>();
  for (const { comment } of place.rows) counts.set(comment, (counts.get(comment) ?? 0) + 1);
  const everySlotHasOne = !counts.has(undefined);
  const [common] = [...counts].reduce((best, row) => (row[1] > best[1] ? row : best), [undefined, 0] as [
    string | undefined,
    number,
  ]);
  const shared = everySlotHasOne ? common : undefined;
  const slots = place.rows.map(
    ({ shape, id, start, end, comment }): SlotRow =>
      comment === undefined || comment === shared
        ? [shape, id, start, end]
        : [shape, id, start, end, comment],
  );
  return {
    schedule: place.schedule,
    site: place.site,
    ...(shared === undefined ? {} : { comment: shared }),
    ...(place.vendorStructure === undefined ? {} : { vendorStructure: place.vendorStructure }),
    slots,
    slotKeys: place.rows.map(({ key }) => key).join(''),
    names: place.names,
  };
}

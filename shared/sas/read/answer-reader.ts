// Reads one vendor's answer to one search: tolerant of what vendors send, strict in what it gives back. Every
// slot received is either shown or dropped for exactly one named reason. Pure: no I/O, no clock, hash passed in.
// Called by the relay for each exchange; its result crosses the link as it is. flows.md §§ 3.3, 3.4, 8.

import { asObject, asText, type JsonObject, objectsOf } from '../../fhir/json.ts';
import type { CallAnswer, Place, SlotRow, SlotShape, SlotTrace, SubjectAnswer } from '../../link/relay.ts';
import { err, ok, type Result } from '../../result.ts';
import { formatInstant, parseInstant, strictMillis } from '../../time.ts';
import type { Flow } from '../query.ts';
import { BundleIndex, vendorId } from './bundle-index.ts';
import { CptsRegister } from './cpts.ts';
import { bookingLink } from './link.ts';
import { type PlaceFailure, PlaceReader, type ReadPlace } from './place.ts';
import type { ReadRuleId } from './rules.ts';
import { readShape, shapeSignature } from './slot-shape.ts';
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

interface Times {
  readonly start: string;
  readonly end: string;
  readonly startMs: number;
  readonly endMs: number;
}

export class AnswerReader {
  readonly #question: Question;
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
    this.#cpts = new CptsRegister(this.#index, question.hash, (rules) => this.#repaired.addAll(rules));
    this.#places = new PlaceReader(question, this.#index, this.#repaired);
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
    const url = asText(next?.url);
    return ok({ entries: this.#index.entries - before, ...(url === undefined ? {} : { next: url }) });
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
        this.#repaired.addAll(fate.repaired, vendorId(slot));
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
    const repairs: ReadRuleId[] = [];
    const status = asText(slot.status);
    if (status?.toLowerCase() !== 'free') return { dropped: 'slot-not-free' };
    if (status !== 'free') repairs.push('status-spelling');
    const times = readTimes(slot, repairs);
    if (typeof times === 'string') return { dropped: times };
    const { fromMs, toMs, nowMs } = this.#question;
    if (times.startMs < fromMs || times.startMs > toMs) return { dropped: 'slot-outside-window' };
    if (times.startMs < nowMs) return { dropped: 'slot-started' };
    const place = this.#placeOf(slot);
    if (typeof place === 'string') return { dropped: place };
    const shape = this.#shapeOf(slot);
    if (typeof shape === 'string') return { dropped: shape };
    const shownAs = this.#show(slot, place, shape.index, times, repairs);
    if (shownAs === undefined) return { dropped: 'slot-duplicate' };
    return { shownAs, repaired: shape.repairs.length === 0 ? repairs : [...repairs, ...shape.repairs] };
  }

  #placeOf(slot: JsonObject): ReadPlace | PlaceFailure {
    const schedule = this.#index.resolve(asObject(slot.schedule), 'Schedule');
    return schedule === undefined ? 'slot-schedule-unresolved' : this.#places.read(schedule);
  }

  #shapeOf(slot: JsonObject): KnownShape | ReadRuleId {
    const signature = shapeSignature(slot);
    const known = this.#shapeBySignature.get(signature);
    if (known !== undefined) return known;
    const read = readShape(slot, this.#question.flow, this.#cpts);
    let shape: KnownShape | ReadRuleId;
    if (typeof read === 'string') shape = read;
    else {
      // `{"meta":…}` without its braces: the edge pastes it between id and schedule.
      const text = JSON.stringify(read.content).slice(1, -1);
      this.#shapes.push({ text, services: read.services });
      shape = { index: this.#shapes.length - 1, repairs: read.repairs };
    }
    this.#shapeBySignature.set(signature, shape);
    return shape;
  }

  /** The gateway's id; undefined when this place already shows the same slot. */
  #show(
    slot: JsonObject,
    place: ReadPlace,
    shape: number,
    times: Times,
    repairs: ReadRuleId[],
  ): string | undefined {
    const comment = this.#commentOf(slot, repairs);
    const content = `${shape}|${times.start}|${times.end}|${comment ?? ''}`;
    if (place.contents.has(content)) return undefined;
    place.contents.add(content);
    const id = this.#idOf(slot, place, times, content);
    place.rows.push({ shape, id, start: times.start, end: times.end, comment });
    return id;
  }

  /**
   * Place and times are the id, so no slot needs a hash of its own: the first 13 characters of the place's, start in
   * seconds and length in minutes in base 36. Two slots at one time get one by their own id and content. Stable
   * between searches, also for a vendor that counts from 1 in every answer; at most 64 characters.
   */
  #idOf(slot: JsonObject, place: ReadPlace, times: Times, content: string): string {
    const { editor, hash } = this.#question;
    const at = editor.length + 1;
    const start = Math.floor(times.startMs / 1000)
      .toString(36)
      .padStart(7, '0');
    const minutes = Math.floor((times.endMs - times.startMs) / 60_000).toString(36);
    let id = `${place.schedule.id.slice(0, at + 13)}${start}${minutes.slice(0, 3)}`;
    if (this.#slotIds.has(id)) {
      id = `${editor}-${hash(`${vendorId(slot) ?? ''}|${place.schedule.id}|${content}`)}`;
    }
    this.#slotIds.add(id);
    return id;
  }

  #commentOf(slot: JsonObject, repairs: ReadRuleId[]): string | undefined {
    const written = slot.comment;
    if (typeof written !== 'string' || written === '') return undefined;
    let link = this.#links.get(written);
    if (link === undefined && !this.#links.has(written)) {
      link = bookingLink(written);
      this.#links.set(written, link);
    }
    if (link === undefined) repairs.push('comment-not-a-link');
    return link;
  }

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
  };
}

function readTimes(slot: JsonObject, repairs: ReadRuleId[]): Times | ReadRuleId {
  const start = readInstant(slot.start, repairs);
  const end = readInstant(slot.end, repairs);
  if (start === undefined || end === undefined) return 'slot-dates-unreadable';
  if (end.ms <= start.ms) return 'slot-end-not-after-start';
  return { start: start.text, end: end.text, startMs: start.ms, endMs: end.ms };
}

function readInstant(value: unknown, repairs: ReadRuleId[]): { text: string; ms: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const strict = strictMillis(value);
  if (strict !== undefined) return { text: value, ms: strict };
  const written = value.trim();
  const parsed = parseInstant(written);
  // A bare day or an hour without minutes does not say when to come.
  if (parsed === undefined || !written.includes('T')) return undefined;
  repairs.push(/(Z|[+-]\d{2}:?\d{2})$/i.test(written.slice(16)) ? 'instant-form' : 'instant-without-offset');
  return { text: formatInstant(parsed.ms, parsed.offsetMinutes), ms: parsed.ms };
}

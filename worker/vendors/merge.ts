// Makes one Bundle of the vendors' answers, mostly by pasting text: each resource once, one Practitioner or
// association per national identifier, one Schedule per place, slots that have not started. flows.md § 3.3,
// § 8 A7, A8, A21; testkit-requirements.md § 5.

import type { CptsService, Place, ResourceText, SlotRow, SubjectAnswer } from '../../shared/link/relay.ts';
import { PROFILE } from '../../shared/sas/canonical.ts';
import type { Flow, SlotQuery } from '../../shared/sas/query.ts';
import type { CallResult } from './fan-out.ts';
import type { Tombstones } from './tombstones.ts';

export interface MergedSearch {
  /** JSON texts of the Bundle's entries, without the outcome. */
  readonly entries: readonly string[];
  /** Slots in the Bundle. */
  readonly total: number;
  /** Slots shown per subject; absent for those with none. */
  readonly shown: ReadonlyMap<string, number>;
  /** What the vendor sent in good order and the edge leaves out: booked or started meanwhile. */
  readonly hidden: readonly HiddenSlots[];
}

export interface HiddenSlots {
  readonly editor: string;
  readonly rule: 'slot-booked' | 'slot-started';
  readonly count: number;
}

export interface MergeContext {
  readonly query: SlotQuery;
  /** Base of every `fullUrl`, without a last slash. */
  readonly base: string;
  readonly nowMs: number;
  readonly tombstones?: Tombstones;
}

export function mergeAnswers(results: readonly CallResult[], context: MergeContext): MergedSearch {
  const merge = new Merge(context);
  const bySubject = groupBySubject(results);
  for (const subject of context.query.subjects) {
    const answers = bySubject.get(subject);
    if (answers !== undefined) merge.addSubject(subject, answers);
  }
  return merge.finish();
}

interface OneAnswer {
  readonly editor: string;
  readonly subject: SubjectAnswer;
  readonly from: NonNullable<CallResult['answer']>;
}

function groupBySubject(results: readonly CallResult[]): Map<string, OneAnswer[]> {
  const bySubject = new Map<string, OneAnswer[]>();
  for (const { call, answer } of results) {
    for (const subject of answer?.subjects ?? []) {
      const known = bySubject.get(subject.subject);
      const one = { editor: call.editor, subject, from: answer as NonNullable<typeof answer> };
      if (known === undefined) bySubject.set(subject.subject, [one]);
      else known.push(one);
    }
  }
  return bySubject;
}

class Merge {
  readonly #context: MergeContext;
  readonly #slotMode: string;
  readonly #scheduleMode: string;
  readonly #entries: string[] = [];
  readonly #written = new Set<string>();
  readonly #services = new Map<string, CptsService>();
  readonly #shown = new Map<string, number>();
  readonly #hidden = new Map<string, HiddenSlots>();
  readonly #isBooked: BookedTest | undefined;
  #total = 0;

  constructor(context: MergeContext) {
    this.#context = context;
    const isSos = context.query.flow === 'SOS';
    this.#isBooked = bookedTest(context);
    this.#slotMode = isSos ? 'include' : 'match';
    this.#scheduleMode = isSos ? 'match' : 'include';
  }

  addSubject(subject: string, answers: readonly OneAnswer[]): void {
    let shown = 0;
    let holder: SubjectAnswer | undefined;
    for (const one of answers) {
      const answer = one.subject;
      const isBooked = this.#isBooked?.(one);
      let ofVendor = 0;
      for (const place of answer.places) ofVendor += this.#addPlace(place, one, isBooked);
      if (ofVendor > 0 && (holder === undefined || answer.holderRank > holder.holderRank)) holder = answer;
      shown += ofVendor;
    }
    if (holder === undefined) return;
    this.#addResource(holder.holder, 'include');
    this.#shown.set(subject, shown);
    this.#total += shown;
  }

  /** Slots written; a place whose slots have all started meanwhile is left out with its Schedule. */
  #addPlace(place: Place, { editor, from }: OneAnswer, isBooked: SlotTest | undefined): number {
    let count = 0;
    for (const row of place.slots) {
      const shape = from.shapes[row[0]];
      if (shape === undefined) continue;
      const hiddenBy = this.#hiddenBy(row, isBooked);
      if (hiddenBy !== undefined) {
        this.#hide(editor, hiddenBy);
        continue;
      }
      this.#addEntry('Slot', row[1], slotText(row, shape.text, place), this.#slotMode);
      count += 1;
      for (const index of shape.services) {
        const service = from.services[index];
        if (service !== undefined && !this.#services.has(service.service.id)) {
          this.#services.set(service.service.id, service);
        }
      }
    }
    if (count > 0) {
      this.#addResource(place.schedule, this.#scheduleMode);
      this.#addResource(place.site, 'include');
    }
    return count;
  }

  #hiddenBy(row: SlotRow, isBooked: SlotTest | undefined): HiddenSlots['rule'] | undefined {
    const startMs = Date.parse(row[2]);
    if (startMs < this.#context.nowMs) return 'slot-started';
    return isBooked?.(startMs, Date.parse(row[3])) === true ? 'slot-booked' : undefined;
  }

  #hide(editor: string, rule: HiddenSlots['rule']): void {
    const key = `${editor} ${rule}`;
    this.#hidden.set(key, { editor, rule, count: (this.#hidden.get(key)?.count ?? 0) + 1 });
  }

  #addResource(resource: ResourceText, mode: string): void {
    const key = `${resource.type}/${resource.id}`;
    if (this.#written.has(key)) return;
    this.#written.add(key);
    this.#addEntry(resource.type, resource.id, resource.text, mode);
  }

  #addEntry(type: string, id: string, text: string, mode: string): void {
    this.#entries.push(
      `{"fullUrl":"${this.#context.base}/${type}/${id}","resource":${text},"search":{"mode":"${mode}"}}`,
    );
  }

  finish(): MergedSearch {
    // Services and organizations in the same order: ANS's kit compares the first of each.
    for (const { service } of this.#services.values()) this.#addResource(service, 'include');
    for (const { organization } of this.#services.values()) this.#addResource(organization, 'include');
    return {
      entries: this.#entries,
      total: this.#total,
      shown: this.#shown,
      hidden: [...this.#hidden.values()],
    };
  }
}

type SlotTest = (startMs: number, endMs: number) => boolean;
type BookedTest = (answer: OneAnswer) => SlotTest;

/** Undefined when nothing is booked: the usual search looks at no end time. */
function bookedTest({ query, tombstones }: MergeContext): BookedTest | undefined {
  if (tombstones === undefined || tombstones.isEmpty) return undefined;
  if (query.flow !== 'SOS') {
    return ({ editor, subject }) =>
      (startMs, endMs) =>
        tombstones.isBooked(editor, subject.subject, startMs, endMs);
  }
  return ({ editor, from }) => {
    const slots = new Map<string, number>();
    for (const { places } of from.subjects) {
      for (const [, , start, end] of places.flatMap((place) => place.slots)) {
        const key = `${Date.parse(start)} ${Date.parse(end)}`;
        slots.set(key, (slots.get(key) ?? 0) + 1);
      }
    }
    return (startMs, endMs) => {
      const booked = tombstones.unnamedAt(editor, startMs, endMs);
      return booked > 0 && booked >= (slots.get(`${startMs} ${endMs}`) ?? 0);
    };
  };
}

function slotText(row: SlotRow, shape: string, place: Place): string {
  const comment = row[4] ?? place.comment;
  const link = comment === undefined ? '' : `,"comment":${JSON.stringify(comment)}`;
  return `{"resourceType":"Slot","id":"${row[1]}",${shape},"schedule":{"reference":"Schedule/${place.schedule.id}"},"status":"free","start":"${row[2]}","end":"${row[3]}"${link}}`;
}

const BUNDLE_PROFILE: Readonly<Record<Flow, string>> = {
  INT_R01: PROFILE.bundleIndividual,
  INT_R04: PROFILE.bundleCpts,
  SOS: PROFILE.bundleSos,
};

/** The searchset; without any entry it has no `entry` element at all (FAQ 9). */
export function bundleText(
  id: string,
  flow: Flow,
  total: number,
  selfUrl: string,
  entries: readonly string[],
): string {
  const list = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","id":"${id}","meta":{"profile":["${BUNDLE_PROFILE[flow]}"]},"type":"searchset","total":${total},"link":[{"relation":"self","url":${JSON.stringify(selfUrl)}}]${list}}`;
}

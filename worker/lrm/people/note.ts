// What searches of this isolate heard of practitioners and associations, noted behind the answer for the messages to LRMs.
// Each vendor's word on each is parsed and told to D1 once in half a day, or when its text is another; D1 writes what is
// news.

import { LRUCache } from 'lru-cache';
import type { CallAnswer, SubjectAnswer } from '../../../shared/sas/answer.ts';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import { isCptsAlone, readAssociation, readPractitioner, readStructure, type SaidRow } from './read-said.ts';
import { savePeople, type VendorSaidRow } from './table.ts';

/** What one vendor answered to a call of this search: neither kept nor another search's. */
interface FreshAnswer {
  readonly vendor: string;
  /** What the slots' numbers point to. */
  readonly answer: Pick<CallAnswer, 'shapes' | 'services'>;
  /** Of the answer, those of whom the vendor may speak. */
  readonly subjects: readonly SubjectAnswer[];
}

const TOLD_MS = 12 * 3_600_000;
const TOLD_MAX = 100_000;
const ROWS_PER_STATEMENT = 300;

/** What was told → when, milliseconds. */
const toldMs = new LRUCache<string, number>({ max: TOLD_MAX });

/** A row that may be news, and what names it. */
interface Candidate {
  readonly key: string;
  readonly read: () => SaidRow;
}

/** @throws GatewayError storage-unavailable: the next search notes it. */
export async function notePeople(
  db: D1Database,
  flow: SlotQuery['flow'],
  answers: readonly FreshAnswer[],
  nowMs: number,
): Promise<void> {
  const news = answers.flatMap(({ vendor, answer, subjects }) =>
    subjects
      .flatMap((one) => candidatesOf(one, answer, flow))
      .map(({ key, read }) => ({ vendor, key: `${vendor} ${key}`, read }))
      .filter(({ key }) => (toldMs.get(key) ?? Number.NEGATIVE_INFINITY) <= nowMs - TOLD_MS),
  );
  for (let from = 0; from < news.length; from += ROWS_PER_STATEMENT) {
    const part = news.slice(from, from + ROWS_PER_STATEMENT);
    const rows = part.map(({ vendor, read }): VendorSaidRow => ({ editor: vendor, ...read() }));
    await savePeople(db, rows, nowMs);
    for (const { key } of part) toldMs.set(key, nowMs);
  }
}

function candidatesOf(
  one: SubjectAnswer,
  answer: FreshAnswer['answer'],
  flow: SlotQuery['flow'],
): Candidate[] {
  const { subject, said = '', places } = one;
  if (places.every(({ slots }) => slots.length === 0)) return [];
  if (flow === 'SOS') return [{ key: `${subject} ${said}`, read: () => readAssociation(one) }];
  const isCpts = isCptsAlone(one, answer, flow);
  return [
    { key: `${subject} ${said} ${isCpts}`, read: () => readPractitioner(one, answer, isCpts) },
    ...places.map((place) => ({
      key: `${subject} ${place.site.id}`,
      read: () => readStructure(subject, place, answer),
    })),
  ];
}

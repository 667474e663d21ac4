// The reader of vendor answers with the defaults of its tests: one question, its ids, and what came of each rule.

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { AnswerReader, type Question, type ReadAnswer } from '../../../shared/sas/read/answer-reader.ts';
import { FROM, type Json, NOW, RPPS, TO } from '../samples/vendor-bundle.ts';

/** As the relay makes ids. */
const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

export function makeReader(over: Partial<Question> = {}): AnswerReader {
  const question = {
    editor: 'agenda-a',
    flow: 'INT_R01',
    subjects: [RPPS],
    fromMs: FROM,
    toMs: TO,
    nowMs: NOW,
    hash: shortHash,
  } as const;
  return new AnswerReader({ ...question, ...over });
}

/** Reads pages to the end; every slot received must be shown or dropped. */
export function readPages(pages: readonly unknown[], over: Partial<Question> = {}): ReadAnswer {
  const reader = makeReader(over);
  for (const page of pages) reader.add(page);
  const answer = reader.finish();
  const dropped = answer.dropped.reduce((sum, { count }) => sum + count, 0);
  expect(answer.received).toBe(answer.shown + dropped);
  return answer;
}

/** Counts by rule instead of lists. */
export function readCounted(pages: Json | readonly Json[], over: Partial<Question> = {}) {
  const answer = readPages([pages].flat(), over);
  const counts = (rows: ReadAnswer['dropped']) =>
    Object.fromEntries(rows.map(({ rule, count }) => [rule, count]));
  return { ...answer, dropped: counts(answer.dropped), repaired: counts(answer.repaired) };
}

/** The first slot as it would leave, and its parsed surroundings. */
export function firstSlot(answer: Pick<ReadAnswer, 'subjects' | 'shapes'>) {
  const place = answer.subjects[0]!.places[0]!;
  const row = place.slots[0]!;
  return {
    row,
    place,
    shape: JSON.parse(`{${answer.shapes[row[0]]!.text}}`) as Json,
    site: JSON.parse(place.site.text) as Json & { contained: Json[] },
    schedule: JSON.parse(place.schedule.text) as Json,
    holder: JSON.parse(answer.subjects[0]!.holder.text) as Json,
  };
}

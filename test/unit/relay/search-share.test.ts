// What one vendor may bring to one search, over all its calls: accepted at the bound, cut as a whole one past it.

import { expect, test } from 'vitest';
import { answerNothing, writeAnswer } from '../../../relay/reading/answer-reading.ts';
import { SearchShare } from '../../../relay/search/search-share.ts';
import { FRAME_BYTES_MAX, VENDOR_SLOTS_PER_SEARCH_MAX } from '../../../shared/limits.ts';
import { readAnswerLines } from '../../../shared/link/answer-frame.ts';

const answered = (call: number, shown: number, bytes = 0) => {
  const { failure: _, ...nothing } = answerNothing(call, { reason: 'internal' });
  const shapes = [{ text: 'x'.repeat(bytes), services: [] }];
  return writeAnswer({ ...nothing, shapes, received: shown, shown, pages: 1 });
};

test('a vendor shows so many slots in a search and not one more; others have their own share', () => {
  const share = new SearchShare();
  const half = VENDOR_SLOTS_PER_SEARCH_MAX / 2;
  for (const call of [0, 1]) {
    const answer = answered(call, half);
    expect(share.take('agenda-a', answer)).toBe(answer);
  }
  const cut = share.take('agenda-a', answered(2, 1));
  expect(cut.facts).toMatchObject({
    call: 2,
    failure: { reason: 'too-many-entries', bound: 'slots' },
    shown: 0,
    pages: 1,
  });
  expect(readAnswerLines(Buffer.from(cut.lines).toString())).toMatchObject([
    { call: 2, subjects: [], shapes: [] },
  ]);
  expect(share.take('agenda-b', answered(3, half)).facts.failure).toBeUndefined();
  // What shows nothing takes nothing.
  expect(share.take('agenda-a', answered(4, 0)).facts.failure).toBeUndefined();
});

test('nor does it take more of the link than one message holds', () => {
  const share = new SearchShare();
  const third = Math.floor(FRAME_BYTES_MAX / 3) - 1_000;
  for (const call of [0, 1, 2]) {
    expect(share.take('agenda-a', answered(call, 1, third)).facts.failure).toBeUndefined();
  }
  expect(share.take('agenda-a', answered(3, 1, 3_000)).facts.failure).toEqual({
    reason: 'too-many-entries',
    bound: 'lines',
  });
});

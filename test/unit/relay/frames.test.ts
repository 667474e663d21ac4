// Answers as they cross the link: whole, in order, and no message past its bound.

import { expect, test } from 'vitest';
import { answerNothing, writeAnswer } from '../../../relay/reading/answer-reading.ts';
import { cutFrames } from '../../../relay/search/write-frames.ts';
import { FRAME_BYTES_MAX } from '../../../shared/limits.ts';
import { readAnswerLines, writeAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';

function answer(call: number, length: number): CallAnswer {
  const holder = { type: 'Practitioner', id: 'p', text: 'x'.repeat(length) };
  const { failure: _, ...nothing } = answerNothing(call, { reason: 'internal' });
  return {
    ...nothing,
    subjects: [{ subject: '8', holder, holderRank: 1, places: [] }],
    bytes: length,
    pages: 1,
  };
}

const cut = (answers: readonly CallAnswer[]) =>
  [...cutFrames(answers.map(writeAnswer))].map(({ heads, body }) => ({
    heads,
    body: Buffer.concat(body).toString('utf8'),
  }));

test('puts small answers in one message, heads in the order of the answers', () => {
  const [frame, ...others] = cut([answer(2, 10), answerNothing(0, { reason: 'timeout' }), answer(1, 10)]);
  expect(others).toEqual([]);
  expect(frame?.heads).toEqual([
    { call: 2, durationMs: 0 },
    { call: 0, durationMs: 0, failure: { reason: 'timeout' } },
    { call: 1, durationMs: 0 },
  ]);
  expect(readAnswerLines(frame?.body ?? '').map(({ call }) => call)).toEqual([2, 0, 1]);
});

test('makes no message of nothing', () => {
  expect(cut([])).toEqual([]);
});

test('cuts large answers into several messages, each under a quarter of the bound', () => {
  const frames = cut(Array.from({ length: 10 }, (_, call) => answer(call, 1024 * 1024)));
  expect(frames.length).toBeGreaterThan(2);
  for (const { body } of frames) expect(body.length).toBeLessThanOrEqual(FRAME_BYTES_MAX / 4 + 2);
  expect(frames.flatMap(({ heads }) => heads.map(({ call }) => call))).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
});

test('sends an answer at the bound and turns one past it into too-large', () => {
  const room = FRAME_BYTES_MAX / 2 - writeAnswerLines(answer(0, 0)).length;
  // The length is also written in `bytes`.
  const [whole] = cut([answer(0, room - 7)]);
  expect(readAnswerLines(whole?.body ?? '')[0]?.failure).toBeUndefined();
  const [refused] = cut([answer(0, room + 1)]);
  expect(refused?.heads[0]?.failure).toEqual({ reason: 'too-large' });
  expect(readAnswerLines(refused?.body ?? '')).toMatchObject([
    { call: 0, subjects: [], pages: 1, bytes: room + 1 },
  ]);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  isFrame,
  readAnswerLines,
  readFrame,
  writeAnswerLines,
  writeFrame,
} from '../../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { readPages } from '../../support/oracles/read-answer.ts';
import { answer, bundle, practitioner, role, schedule, slot } from '../../support/samples/vendor-bundle.ts';

const read = (page: unknown, call = 0): CallAnswer => ({
  call,
  ...readPages([page]),
  durationMs: 3,
  bytes: 10,
  pages: 1,
  noStore: false,
});

it('gives back the answers that were written, whatever names and comments hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }), (names) => {
      const answers = names.map((family, call) =>
        read(
          bundle([
            slot({ comment: `https://agenda.example/?n=${encodeURIComponent(family.toWellFormed())}` }),
            schedule(),
            practitioner({ name: [{ family }] }),
            role(),
          ]),
          call,
        ),
      );
      const body = answers.map(writeAnswerLines).join('\n');
      expect(answers.length === 0 ? [] : readAnswerLines(body)).toEqual(answers);
    }),
  );
});

it('names its search and heads without a look at the rest', () => {
  const one = read(answer([slot()]));
  const message = writeFrame({
    search: 's-1',
    heads: [{ call: 0, durationMs: 3 }],
    body: writeAnswerLines(one),
  });
  expect(isFrame(message)).toBe(true);
  expect(isFrame('["push",["pipeline",1]]')).toBe(false);
  expect(readFrame(message)).toEqual({
    search: 's-1',
    heads: [{ call: 0, durationMs: 3 }],
    body: writeAnswerLines(one),
  });
});

it('does not pass off a cut frame as an answer', () => {
  const message = writeFrame({ search: 's-1', heads: [], body: writeAnswerLines(read(answer([slot()]))) });
  expect(() => readFrame('A')).toThrow();
  expect(() => readFrame('As-1\n[')).toThrow();
  const { body } = readFrame(message);
  const lines = body.split('\n');
  expect(() => readAnswerLines(lines.slice(0, -1).join('\n'))).toThrow();
  expect(() => readAnswerLines(body.slice(0, 40))).toThrow();
});

it('gives back those that are wanted, whatever stands in the others', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 6 }), (items) => {
      const answers = items.map(([slots], call) =>
        read(
          slots === 0 ? bundle([]) : answer(Array.from({ length: slots }, (_, i) => slot({ id: `s${i}` }))),
          call,
        ),
      );
      const body = answers.map(writeAnswerLines).join('\n');
      const isWanted = (call: number): boolean => items[call]?.[1] === true;
      expect(readAnswerLines(body, isWanted)).toEqual(answers.filter(({ call }) => isWanted(call)));
    }),
  );
});

it('does not read an answer that is not wanted', () => {
  const body = [0, 1].map((call) => writeAnswerLines(read(answer([slot()]), call)));
  const spoilt = body[0]!.replace('"subjects"', 'subjects');
  expect(() => readAnswerLines([spoilt, body[1]].join('\n'))).toThrow();
  expect(readAnswerLines([spoilt, body[1]].join('\n'), (call) => call === 1)).toHaveLength(1);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CallTimer, type Phase } from '../../../relay/search/call-timing.ts';
import { readAnswerLines, withTiming, writeAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { readPages } from '../../support/oracles/read-answer.ts';
import { bundle, practitioner, role, schedule, slot } from '../../support/samples/vendor-bundle.ts';

const PHASES: readonly Phase[] = ['queue', 'connection', 'firstByte', 'body', 'reading'];

it('C-19 phases add up to the call, whatever was passed how often', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...PHASES), fc.double({ min: 0, max: 900, noNaN: true })));
  fc.assert(
    fc.property(steps, (passed) => {
      let now = 17.3;
      const timer = new CallTimer(() => now);
      for (const [phase, ms] of passed) {
        timer.enter(phase);
        now += ms;
      }
      const durationMs = now - 17.3;
      const told = timer.tell(durationMs);
      const sum = Object.values(told).reduce((all, one) => all + one, 0);
      expect(Math.abs(sum - durationMs)).toBeLessThanOrEqual(2.5);
      expect(Object.values(told).every((ms) => Number.isInteger(ms) && ms >= 0)).toBe(true);
    }),
  );
});

it('names the phase in which a call stood', () => {
  let now = 0;
  const timer = new CallTimer(() => now);
  for (const [phase, ms] of [
    ['connection', 3],
    ['firstByte', 40],
    ['body', 5],
    ['reading', 2],
  ] as const) {
    now += ms;
    timer.enter(phase);
  }
  now += 7;
  expect(timer.tell(57)).toEqual({ queue: 3, connection: 40, firstByte: 5, body: 2, reading: 7 });
});

it('is read with its answer, whose other parts stay as they were', () => {
  const page = bundle([slot(), schedule(), practitioner(), role()]);
  const said: CallAnswer = {
    call: 12,
    ...readPages([page]),
    durationMs: 3,
    bytes: 10,
    pages: 1,
    noStore: false,
  };
  const timing = { queue: 0, connection: 1, firstByte: 1, body: 0, reading: 1, retry: 'answered' } as const;
  const lines = new TextEncoder().encode(writeAnswerLines(said));
  const body = Buffer.concat(withTiming(lines, 12, timing)).toString();
  expect(readAnswerLines(`${body}\n${body}`)).toEqual([
    { ...said, timing },
    { ...said, timing },
  ]);
  // Who does not wait for it passes it by.
  expect(readAnswerLines(`${body}\n${writeAnswerLines({ ...said, call: 3 })}`, (call) => call === 3)).toEqual(
    [{ ...said, call: 3 }],
  );
});

// The reason of a maintenance is kept and shown: nobody's number may be in it, on whatever line.

import * as v from 'valibot';
import { expect, it } from 'vitest';
import { DECLARED } from '../../../worker/maintenances/operators.ts';

const TIMES = { editor: 'agenda-a', from: '2026-12-01T14:00', to: '2026-12-01T15:00' };
const isTaken = (reason: string): boolean => v.safeParse(DECLARED, { ...TIMES, reason }).success;

it('takes words and short numbers, on several lines', () => {
  expect(['base déplacée', 'ticket 4217\nvoir le message'].map(isTaken)).toEqual([true, true]);
});

it.each(['899900000017', 'appeler 0612345678', 'ticket 4217\npour 899900000017', 'ligne\r\n899900000017'])(
  'refuses a number that may be a person’s: %j',
  (reason) => {
    expect(isTaken(reason)).toBe(false);
  },
);

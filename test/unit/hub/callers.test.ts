// However many callers an issuer makes, the hub counts those that search, and forgets who has asked for nothing for longest;
// operators see who is near a limit before it is refused.

import { expect, test } from 'vitest';
import { callerLimits } from '../../../worker/base/caller-limits.ts';
import { CALLERS_KEPT, Callers } from '../../../worker/hub/turns/callers.ts';

test('callers past those kept take the place of who has searched least recently', () => {
  const callers = new Callers(callerLimits({ '*': { searches: 1 } }));
  const admit = (caller: string, isEnded = true) => {
    const counted = { id: 's', caller, subjects: 1, isStream: false, isResumed: false };
    const admitted = callers.admit(counted, 0);
    if ('limit' in admitted) return admitted.limit;
    if (isEnded) admitted.end();
    return admitted.turn.caller;
  };
  const [busy, first, second] = [admit('busy', false), admit('first'), admit('second')];
  for (let i = 3; i < CALLERS_KEPT; i += 1) admit(`other-${i}`);
  expect(admit('first')).toBe(first);
  admit('one more');
  expect(admit('busy')).toBe('searches');
  expect(admit('first')).toBe(first);
  expect(admit('second')).not.toBe(second);
  expect(busy).toBeDefined();
});

test('a caller near a limit is told once in ten minutes, and seen so long; another is not', () => {
  const told: string[] = [];
  const callers = new Callers(
    callerLimits({ '*': { searches: 5, streams: 2, identifiersPerMinute: 1_000 } }),
    ({ caller, limit, percent }) => told.push(`${caller} ${limit} ${percent}`),
  );
  const ends: (() => void)[] = [];
  const ask = (caller: string, nowMs: number, subjects = 1, isStream = false): void => {
    const admitted = callers.admit({ id: 's', caller, subjects, isStream, isResumed: false }, nowMs);
    if ('end' in admitted) ends.push(admitted.end);
  };
  const seen = (nowMs: number): string[] =>
    callers
      .describe(nowMs)
      .map(({ caller, limit, percent, refused, lastMs }) =>
        [caller, limit, percent, refused, lastMs].join(' '),
      );
  for (let search = 0; search < 3; search += 1) ask('many', 0);
  ask('wide', 0, 799);
  expect(told).toEqual([]);
  expect(seen(0)).toEqual([]);
  ask('many', 1);
  ask('wide', 0, 1);
  expect(told).toEqual(['many searches 80', 'wide identifiersPerMinute 80']);
  ask('streaming', 2, 1, true);
  ask('streaming', 2, 1, true);
  ask('many', 3);
  ask('many', 4);
  ask('many', 5);
  expect(told.slice(2)).toEqual(['streaming streams 100']);
  expect(seen(5)).toEqual([
    'many searches 100 2 5',
    'streaming streams 100 0 2',
    'wide identifiersPerMinute 80 0 0',
  ]);
  for (const end of ends) end();
  // What it came to stays to be seen, though it is over; then it is forgotten, and told anew.
  ask('many', 60_000);
  expect(seen(600_004)).toEqual(['many searches 100 2 5']);
  expect(seen(600_005)).toEqual([]);
  ask('wide', 700_000, 900);
  expect(told.slice(3)).toEqual(['wide identifiersPerMinute 90']);
});

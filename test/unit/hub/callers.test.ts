// However many callers an issuer makes, the hub counts those that search, and forgets who has asked for nothing for longest.

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

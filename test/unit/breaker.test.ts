import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, Breaker, type BreakerSettings } from '../../worker/vendors/breaker.ts';
import { Breakers } from '../../worker/vendors/breakers.ts';

const SETTINGS: BreakerSettings = { ...BREAKER_DEFAULTS, mode: 'enforce', slowMs: 3_000 };
const opened = (atMs = 0): Breaker => {
  const breaker = new Breaker(SETTINGS);
  for (let i = 0; i < SETTINGS.callsMin; i += 1) breaker.note(false, 10, atMs);
  return breaker;
};

describe('a breaker', () => {
  it('opens at half of ten failed, not before', () => {
    const breaker = new Breaker(SETTINGS);
    for (let i = 0; i < 5; i += 1) expect(breaker.note(true, 10, i)).toBeUndefined();
    for (let i = 0; i < 4; i += 1) expect(breaker.note(false, 10, i)).toBeUndefined();
    expect(breaker.note(false, 10, 9)).toBe('opened');
    expect(breaker.ask(10)).toEqual({ pass: false, sinceMs: 9 });
  });

  it('counts an answer that drags as a failure', () => {
    const breaker = new Breaker(SETTINGS);
    for (let i = 0; i < 9; i += 1) breaker.note(true, SETTINGS.slowMs + 1, i);
    expect(breaker.note(true, SETTINGS.slowMs, 9)).toBeUndefined();
    expect(breaker.note(true, SETTINGS.slowMs + 1, 10)).toBe('opened');
  });

  it('lets one probe through after its pause, and holds the others back', () => {
    const breaker = opened();
    expect(breaker.ask(SETTINGS.pauseMs - 1)).toEqual({ pass: false, sinceMs: 0 });
    expect(breaker.ask(SETTINGS.pauseMs)).toEqual({ pass: true, isProbe: true });
    expect(breaker.ask(SETTINGS.pauseMs)).toEqual({ pass: false, sinceMs: 0 });
    expect(breaker.note(true, 10, SETTINGS.pauseMs + 5)).toBe('closed');
    expect(breaker.ask(SETTINGS.pauseMs + 6)).toEqual({ pass: true, isProbe: false });
  });

  it('waits twice as long after each failed probe, up to a minute, and remembers since when', () => {
    const breaker = opened();
    let nowMs = SETTINGS.pauseMs;
    for (const pause of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(breaker.ask(nowMs)).toMatchObject({ isProbe: true });
      expect(breaker.note(false, 10, nowMs)).toBe('reopened');
      expect(breaker.ask(nowMs + pause - 1)).toEqual({ pass: false, sinceMs: 0 });
      nowMs += pause;
    }
  });

  it('sends the next probe at once when one was never sent', () => {
    const breaker = opened();
    breaker.ask(SETTINGS.pauseMs);
    breaker.forgetProbe(SETTINGS.pauseMs + 1);
    expect(breaker.ask(SETTINGS.pauseMs + 1)).toMatchObject({ isProbe: true });
  });

  it('forgets failures that a window of good calls has pushed out', () => {
    const breaker = new Breaker(SETTINGS);
    for (let i = 0; i < 9; i += 1) breaker.note(false, 10, i);
    for (let i = 0; i < SETTINGS.window; i += 1) expect(breaker.note(true, 10, i)).toBeUndefined();
    for (let i = 0; i < 9; i += 1) expect(breaker.note(false, 10, i)).toBeUndefined();
    expect(breaker.note(false, 10, 9)).toBe('opened');
  });

  it('is never closed by anything but a good probe, and never passes two probes at once', () => {
    const step = fc.record({ waitMs: fc.nat(30_000), isWell: fc.boolean(), durationMs: fc.nat(6_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const breaker = opened();
        let nowMs = 0;
        let probes = 0;
        for (const { waitMs, isWell, durationMs } of steps) {
          nowMs += waitMs;
          const before = breaker.state;
          const verdict = breaker.ask(nowMs);
          if (verdict.pass && verdict.isProbe) probes += 1;
          expect(probes).toBeLessThanOrEqual(1);
          if (!verdict.pass) continue;
          const transition = breaker.note(isWell, durationMs, nowMs);
          if (verdict.isProbe) probes -= 1;
          if (transition === 'closed')
            expect([verdict.isProbe, isWell && durationMs <= SETTINGS.slowMs]).toEqual([true, true]);
          if (before !== 'closed' && breaker.state === 'closed') expect(transition).toBe('closed');
        }
      }),
    );
  });
});

describe('the breakers of all vendors', () => {
  it.each(['off', 'simulate'] as const)('hold nothing back in mode %s, nor single out a probe', (mode) => {
    const breakers = new Breakers({ mode, slowMs: 3_000 });
    for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) {
      expect(breakers.ask('agenda-a', nowMs)).toEqual({ pass: true, isProbe: false });
      breakers.note('agenda-a', { reason: 'error', status: 500 }, 10, nowMs);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BREAKER_DEFAULTS,
  Breaker,
  type BreakerSettings,
  type Probe,
  type Verdict,
} from '../../../worker/hub/vendors/breaker.ts';
import { Breakers } from '../../../worker/hub/vendors/breakers.ts';
import { VENDORS_REMEMBERED_MAX } from '../../../worker/hub/vendors/health.ts';

const SETTINGS: BreakerSettings = { ...BREAKER_DEFAULTS, mode: 'enforce', slowMs: 3_000 };
const opened = (atMs = 0): Breaker => {
  const breaker = new Breaker(SETTINGS);
  for (let i = 0; i < SETTINGS.callsMin; i += 1) breaker.note(false, 10, atMs);
  return breaker;
};
const probeIn = (verdict: Verdict): Probe | undefined => (verdict.pass ? verdict.probe : undefined);
const probeOf = (breaker: Breaker, nowMs: number): Probe => {
  const probe = probeIn(breaker.ask(nowMs));
  if (probe === undefined) throw new Error('no probe');
  return probe;
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
    const probe = probeOf(breaker, SETTINGS.pauseMs);
    expect(breaker.state).toBe('half-open');
    expect(breaker.ask(SETTINGS.pauseMs)).toEqual({ pass: false, sinceMs: 0 });
    expect(breaker.note(true, 10, SETTINGS.pauseMs + 5, probe)).toBe('closed');
    expect(breaker.ask(SETTINGS.pauseMs + 6)).toEqual({ pass: true });
  });

  it('waits twice as long after each failed probe, up to a minute, and remembers since when', () => {
    const breaker = opened();
    let nowMs = SETTINGS.pauseMs;
    for (const pause of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(breaker.note(false, 10, nowMs, probeOf(breaker, nowMs))).toBe('reopened');
      expect(breaker.ask(nowMs + pause - 1)).toEqual({ pass: false, sinceMs: 0 });
      nowMs += pause;
    }
  });

  it('sends the next probe at once when nobody will tell of one', () => {
    const breaker = opened();
    const probe = probeOf(breaker, SETTINGS.pauseMs);
    expect(breaker.forgetProbe(probe, SETTINGS.pauseMs + 1)).toBe('reopened');
    expect(probeOf(breaker, SETTINGS.pauseMs + 1)).not.toBe(probe);
  });

  it('sends the next probe after the same pause when one says nothing of the vendor', () => {
    const breaker = opened();
    const nowMs = SETTINGS.pauseMs + 300;
    expect(breaker.giveBackProbe(probeOf(breaker, SETTINGS.pauseMs), nowMs)).toBe('reopened');
    expect(breaker.ask(nowMs + SETTINGS.pauseMs - 1)).toEqual({ pass: false, sinceMs: 0 });
    probeOf(breaker, nowMs + SETTINGS.pauseMs);
  });

  it('listens to its probe only, while that is out', () => {
    const breaker = opened();
    const lost = probeOf(breaker, SETTINGS.pauseMs);
    breaker.forgetProbe(lost, SETTINGS.pauseMs);
    const probe = probeOf(breaker, SETTINGS.pauseMs);
    for (const other of [undefined, lost]) {
      expect(breaker.note(true, 10, SETTINGS.pauseMs + 1, other)).toBeUndefined();
      expect(breaker.note(false, 10, SETTINGS.pauseMs + 1, other)).toBeUndefined();
    }
    expect(breaker.forgetProbe(lost, SETTINGS.pauseMs + 1)).toBeUndefined();
    expect(breaker.giveBackProbe(lost, SETTINGS.pauseMs + 1)).toBeUndefined();
    expect(breaker.state).toBe('half-open');
    expect(breaker.note(true, 10, SETTINGS.pauseMs + 2, probe)).toBe('closed');
  });

  it('forgets failures that a window of good calls has pushed out', () => {
    const breaker = new Breaker(SETTINGS);
    for (let i = 0; i < 9; i += 1) breaker.note(false, 10, i);
    for (let i = 0; i < SETTINGS.window; i += 1) expect(breaker.note(true, 10, i)).toBeUndefined();
    for (let i = 0; i < 9; i += 1) expect(breaker.note(false, 10, i)).toBeUndefined();
    expect(breaker.note(false, 10, 9)).toBe('opened');
  });

  it('is never closed by anything but a good probe, and never has two probes out', () => {
    const step = fc.record({
      waitMs: fc.nat(30_000),
      what: fc.constantFrom('ask', 'ask', 'well', 'ill', 'slow', 'lost', 'unsaid'),
      which: fc.nat(5),
    });
    let probed = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const breaker = opened();
        const out: (number | undefined)[] = [];
        let nowMs = 0;
        for (const { waitMs, what, which } of steps) {
          nowMs += waitMs;
          if (what === 'ask') {
            const verdict = breaker.ask(nowMs);
            if (verdict.pass) out.push(verdict.probe);
            const probes = out.filter((probe) => probe !== undefined);
            probed += probes.length;
            expect(probes.length).toBeLessThanOrEqual(1);
            continue;
          }
          if (out.length === 0) continue;
          const [probe] = out.splice(which % out.length, 1);
          const before = breaker.state;
          if (what === 'lost' || what === 'unsaid') {
            if (probe !== undefined) breaker[what === 'lost' ? 'forgetProbe' : 'giveBackProbe'](probe, nowMs);
          } else {
            breaker.note(what !== 'ill', what === 'slow' ? SETTINGS.slowMs + 1 : 10, nowMs, probe);
          }
          if (probe !== undefined) expect(breaker.state).toBe(what === 'well' ? 'closed' : 'open');
          else if (before !== 'closed') expect(breaker.state).toBe(before);
        }
      }),
    );
    expect(probed).toBeGreaterThan(50);
  });
});

describe('the breakers of all vendors', () => {
  it.each(['off', 'simulate'] as const)(
    'hold nothing back in mode %s, whatever a probe waits for',
    (mode) => {
      const breakers = new Breakers({ mode, slowMs: 3_000 });
      for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) {
        const first = breakers.ask('agenda-a', nowMs);
        expect(first.pass).toBe(true);
        expect(breakers.ask('agenda-a', nowMs)).toEqual({ pass: true });
        breakers.note('agenda-a', { reason: 'error', status: 500 }, 10, nowMs);
        breakers.note('agenda-a', { reason: 'error', status: 500 }, 10, nowMs, probeIn(first));
      }
    },
  );

  it('find out in simulate mode too that a vendor is well again', () => {
    const breakers = new Breakers({ mode: 'simulate', slowMs: 3_000 });
    for (let i = 0; i < 10; i += 1) breakers.note('agenda-a', { reason: 'error' }, 10, 0);
    expect(breakers.describe()).toEqual({ 'agenda-a': 'open' });
    const probe = probeIn(breakers.ask('agenda-a', SETTINGS.pauseMs));
    breakers.note('agenda-a', undefined, 10, SETTINGS.pauseMs, probe);
    expect(breakers.describe()).toEqual({ 'agenda-a': 'closed' });
  });

  it.each(['refused', 'overloaded', 'not-served', 'draining', 'internal'] as const)(
    'give back a probe that ends as %s, and count no such end',
    (reason) => {
      const breakers = new Breakers({ mode: 'enforce', slowMs: 3_000 });
      for (let i = 0; i < 20; i += 1) breakers.note('agenda-a', { reason }, 10, 0);
      expect(breakers.ask('agenda-a', 0)).toEqual({ pass: true });
      for (let i = 0; i < 10; i += 1) breakers.note('agenda-a', { reason: 'error' }, 10, 0);
      const probe = probeIn(breakers.ask('agenda-a', SETTINGS.pauseMs));
      breakers.note('agenda-a', { reason }, 10, SETTINGS.pauseMs, probe);
      expect(breakers.describe()).toEqual({ 'agenda-a': 'open' });
      expect(breakers.ask('agenda-a', 2 * SETTINGS.pauseMs - 1).pass).toBe(false);
      expect(probeIn(breakers.ask('agenda-a', 2 * SETTINGS.pauseMs))).toBeDefined();
    },
  );

  it('forget the vendor least recently asked when there are more than a registry ever holds', () => {
    const breakers = new Breakers({ mode: 'enforce', slowMs: 3_000 });
    for (let i = 0; i < VENDORS_REMEMBERED_MAX; i += 1) breakers.note(`agenda-${i}`, undefined, 10, 0);
    breakers.note('agenda-1', undefined, 10, 0);
    expect(Object.keys(breakers.describe())).toHaveLength(VENDORS_REMEMBERED_MAX);
    expect(breakers.describe()).toHaveProperty('agenda-0');
    breakers.note('agenda-more', undefined, 10, 0);
    expect(Object.keys(breakers.describe())).toHaveLength(VENDORS_REMEMBERED_MAX);
    expect(breakers.describe()).not.toHaveProperty('agenda-0');
  });
});

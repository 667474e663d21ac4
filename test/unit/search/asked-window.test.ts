import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedWindowOf } from '../../../worker/hub/memory/plan.ts';

const at = (text: string): number => Date.parse(`2026-11-24T${text}Z`);

describe('the window vendors are asked for', () => {
  it('is the same for searches a moment apart', () => {
    const first = askedWindowOf({ fromMs: at('10:00:03'), toMs: at('22:10:03') }, at('10:00:03'));
    const second = askedWindowOf({ fromMs: at('10:04:59'), toMs: at('22:14:59') }, at('10:04:59'));
    expect(second).toEqual(first);
    expect(first).toEqual({ fromMs: at('10:00:00'), toMs: at('23:00:00') });
  });

  it('begins now when SAS asks for the past, and keeps full hours as they are', () => {
    expect(askedWindowOf({ fromMs: at('00:00:00'), toMs: at('12:00:00') }, at('10:07:00'))).toEqual({
      fromMs: at('10:05:00'),
      toMs: at('12:00:00'),
    });
  });

  it('holds all of what may be shown, and is never empty', () => {
    const instant = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(instant, instant, instant, (a, b, nowMs) => {
        const asked = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
        const { fromMs, toMs } = askedWindowOf(asked, nowMs);
        expect(fromMs).toBeLessThanOrEqual(Math.max(asked.fromMs, nowMs));
        expect(toMs).toBeGreaterThanOrEqual(asked.toMs);
        expect(fromMs).toBeLessThanOrEqual(toMs);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parisOffsetMinutes, parseInstant, strictMillis } from '../../../shared/time.ts';

const utc = (text: string): number => Date.parse(text);

describe('parseInstant', () => {
  it.each([
    ['2026-11-24T10:00:00.000+01:00', '2026-11-24T09:00:00.000Z', 60],
    ['2026-11-24T10:00:00Z', '2026-11-24T10:00:00.000Z', 0],
    ['2026-11-24T10:00:00.123456789+04:00', '2026-11-24T06:00:00.123Z', 240],
    ['2026-11-24T10:00:00.5-03:00', '2026-11-24T13:00:00.500Z', -180],
    ['2026-11-24T10:00', '2026-11-24T09:00:00.000Z', 60],
    ['2026-07-14T10:00:00', '2026-07-14T08:00:00.000Z', 120],
    ['2026-11-24T10:00:00+0100', '2026-11-24T09:00:00.000Z', 60],
  ])('reads %s', (text, instant, offset) => {
    expect(parseInstant(text)).toMatchObject({ ms: utc(instant), offsetMinutes: offset });
  });

  it.each([
    '',
    'demain',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T10:61:00Z',
    '2026-11-24T10:00:00+15:00',
    '24/11/2026 10:00',
    '2026-11-24 10:00:00',
    '2026-11-24T10:00:00.0000000001Z',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('takes the whole second, minute or day that the text names', () => {
    const span = (text: string): number => {
      const parsed = parseInstant(text)!;
      return parsed.lastMs - parsed.ms + 1;
    };
    expect(span('2026-11-24T10:00:00.000Z')).toBe(1);
    expect(span('2026-11-24T10:00:00Z')).toBe(1_000);
    expect(span('2026-11-24T10:00:00.1Z')).toBe(100);
    expect(span('2026-11-24T10:00Z')).toBe(60_000);
    expect(span('2026-11-24')).toBe(24 * 3_600_000);
    expect(span('2026-03-29')).toBe(23 * 3_600_000);
    expect(span('2026-10-25')).toBe(25 * 3_600_000);
  });
});

describe('Paris without an offset', () => {
  it('changes on the nights of the clock change', () => {
    expect(parisOffsetMinutes(utc('2026-03-29T00:59:59Z'))).toBe(60);
    expect(parisOffsetMinutes(utc('2026-03-29T01:00:00Z'))).toBe(120);
    expect(parisOffsetMinutes(utc('2026-10-25T00:59:59Z'))).toBe(120);
    expect(parisOffsetMinutes(utc('2026-10-25T01:00:00Z'))).toBe(60);
  });

  it('reads the doubled hour of autumn as summer time', () => {
    expect(parseInstant('2026-10-25T02:30:00')?.ms).toBe(utc('2026-10-25T00:30:00Z'));
    expect(parseInstant('2026-10-25T03:00:00')?.ms).toBe(utc('2026-10-25T02:00:00Z'));
  });
});

describe('strict form', () => {
  it('round-trips every instant and offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: utc('1990-01-01T00:00:00Z'), max: utc('2090-01-01T00:00:00Z') }),
        fc.integer({ min: -12 * 60, max: 14 * 60 }),
        (ms, offset) => {
          const text = formatInstant(ms, offset);
          expect(text).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}$/);
          expect(strictMillis(text)).toBe(ms);
          expect(parseInstant(text)).toEqual({ ms, lastMs: ms, offsetMinutes: offset });
        },
      ),
    );
  });

  it.each([
    '2026-11-24T10:00:00Z',
    '2026-11-24T10:00:00.00+01:00',
    '2026-02-30T10:00:00.000+01:00',
    '2026-02-29T10:00:00.000+01:00',
    '2026-11-24T24:00:00.000+01:00',
    '2026-11-24T10:00:00.000+23:00',
  ])('is not %s', (text) => {
    expect(strictMillis(text)).toBeUndefined();
  });
});

// How a simulated vendor reads a raw query: the guide's encodings, and a sentence for the rest.

import { describe, expect, test } from 'vitest';
import { parseDate, Query, readToken } from '../../../sandbox/vendors/search/query.ts';
import { ZoneClock } from '../../../sandbox/vendors/world/zones.ts';

const clock = new ZoneClock();
const SYSTEM = 'urn:oid:1.2.250.1.71.4.2.1';
const SHAPE = /^\d{12}$/;

describe('a date of a query', () => {
  test.each([
    ['2026-06-01T10:00:00.000+02:00', '2026-06-01T08:00:00.000Z', '2026-06-01T08:00:00.000Z'],
    ['2026-06-01T10:00:00.000 02:00', '2026-06-01T08:00:00.000Z', '2026-06-01T08:00:00.000Z'],
    ['2026-06-01T10:00:00-03:00', '2026-06-01T13:00:00.000Z', '2026-06-01T13:00:00.999Z'],
    ['2026-06-01T10:00Z', '2026-06-01T10:00:00.000Z', '2026-06-01T10:00:59.999Z'],
    ['2026-06-01T10:00:00', '2026-06-01T08:00:00.000Z', '2026-06-01T08:00:00.999Z'],
    ['2026-12-01T10:00:00', '2026-12-01T09:00:00.000Z', '2026-12-01T09:00:00.999Z'],
    ['2026-06-01', '2026-05-31T22:00:00.000Z', '2026-06-01T21:59:59.999Z'],
    ['2026-06-01T10:00:00.123456Z', '2026-06-01T10:00:00.123Z', '2026-06-01T10:00:00.123Z'],
  ])('%s covers %s to %s', (text, from, to) => {
    const { fromMs, toMs } = parseDate(text, clock);
    expect([new Date(fromMs).toISOString(), new Date(toMs).toISOString()]).toEqual([from, to]);
  });

  test.each(['', 'demain', '2026-13-01', '2026-06-01T25:00:00Z', '2026-06-01T10:00:00+0200', '01/06/2026'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseDate(text, clock)).toThrow(/date/);
    },
  );
});

describe('a query', () => {
  test('keeps a raw + of an offset and reads encoded bounds alike', () => {
    const raw = 'start=ge2026-06-01T10:00:00.000+02:00&start=le2026-06-02T10%3A00%3A00.000%2B02%3A00';
    const { fromMs, toMs } = new Query(raw, ['start']).window('start', clock);
    expect(toMs - fromMs).toBe(86_400_000);
  });

  test('joins repeated and comma-joined values without doubles or blanks', () => {
    expect(new Query('a=1,%202&a=2,3', ['a']).list('a', 5)).toEqual(['1', '2', '3']);
  });

  test('takes as many values as its limit and refuses one more', () => {
    expect(new Query('a=1,2,3', ['a']).list('a', 3)).toHaveLength(3);
    expect(() => new Query('a=1,2,3,4', ['a']).list('a', 3)).toThrow('3 au plus');
  });

  test.each([
    ['an unknown parameter', 'b=1'],
    ['a broken escape', 'a=%zz'],
  ])('refuses %s', (_title, raw) => {
    expect(() => new Query(raw, ['a'])).toThrow();
  });

  test.each([
    'start=ge2026-06-01',
    'start=ge2026-06-01&start=ge2026-06-02',
    'start=2026-06-01&start=le2026-06-02',
    '',
  ])('refuses the window "%s"', (raw) => {
    expect(() => new Query(raw, ['start']).window('start', clock)).toThrow(/borne/);
  });
});

describe('a token', () => {
  test.each([`${SYSTEM}|899900123456`, '|899900123456', '899900123456', '1.2.250.1.71.4.2.1|899900123456'])(
    '%s names a professional',
    (token) => {
      expect(readToken(token, SYSTEM, SHAPE)).toBe('899900123456');
    },
  );

  test('of another system matches nobody', () => {
    expect(readToken('urn:oid:1.2.3|899900123456', SYSTEM, SHAPE)).toBeUndefined();
  });

  test('that lost its percent sign is refused', () => {
    expect(() => readToken(`${SYSTEM}.27C899900123456`, SYSTEM, SHAPE)).toThrow(/illisible/);
  });
});

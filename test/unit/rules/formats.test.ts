// The forms of values, on both sides of each bound.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as formats from '../../../shared/sas/rules/r4/formats.ts';

const { instantMs, isDateTime, isGuideInstant } = formats;

describe('instantMs', () => {
  it.each([
    '2026-03-02T09:00:00Z',
    '2026-03-02T09:00:00.5+01:00',
    '2026-03-02T09:00:00.123456789-04:00',
    '2024-02-29T23:59:59.999+14:00',
    '2000-02-29T00:00:00Z',
  ])('reads %s as Date.parse does', (text) => {
    expect(instantMs(text)).toBe(Date.parse(text));
  });

  it.each([
    '',
    '2026-03-02',
    '2026-03-02T09:00Z',
    '2026-03-02T09:00:00',
    '2026-03-02T09:00:00.+01:00',
    '2026-03-02T09:00:00.123',
    '2026-03-02T09:00:00+0100',
    '2026-03-02T09:00:00+14:01',
    '2026-03-02T09:00:00+15:00',
    '2026-03-02T24:00:00Z',
    '2026-03-02T09:60:00Z',
    '2026-02-29T09:00:00Z',
    '1900-02-29T09:00:00Z',
    '2026-04-31T09:00:00Z',
    '2026-00-10T09:00:00Z',
    '2026-13-10T09:00:00Z',
    '2026-03-02 09:00:00Z',
    '2026-03-02t09:00:00z',
    '2026-03-02T09:00:00ZZ',
    ' 2026-03-02T09:00:00Z',
    '+002026-03-02T09:00:00Z',
  ])('refuses "%s"', (text) => {
    expect(instantMs(text)).toBeNaN();
  });

  it('agrees with the engine on every date it writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(instantMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it('reads a leap second as the next second', () => {
    expect(instantMs('2016-12-31T23:59:60Z')).toBe(Date.parse('2017-01-01T00:00:00Z'));
  });
});

describe('isGuideInstant', () => {
  it('wants three decimals and a numeric offset', () => {
    expect(isGuideInstant('2026-03-02T09:00:00.000+01:00')).toBe(true);
    for (const text of [
      '2026-03-02T09:00:00+01:00',
      '2026-03-02T09:00:00.000Z',
      '2026-03-02T09:00:00.00+01:00',
    ]) {
      expect(isGuideInstant(text)).toBe(false);
    }
  });
});

describe('isDateTime', () => {
  it('takes a year, a month, a day or an instant', () => {
    for (const text of ['2026', '2026-03', '2026-03-02', '2026-03-02T09:00:00Z'])
      expect(isDateTime(text)).toBe(true);
    for (const text of ['26', '2026-3', '2026-03-02T', '2026-03-02T09:00', 'hier'])
      expect(isDateTime(text)).toBe(false);
  });
});

describe('HTTP_URL', () => {
  it('takes absolute http and https URLs without credentials', () => {
    for (const url of [
      'https://a.example',
      'http://a.example:8080/x?y=z#t',
      'https://a.example/x@y',
      'https://[::1]/',
    ]) {
      expect(formats.HTTP_URL.test(url)).toBe(true);
    }
    for (const url of [
      '//a.example',
      'ftp://a.example',
      'https:///x',
      'https://u@a.example',
      'https://a b',
      'https://',
    ]) {
      expect(formats.HTTP_URL.test(url)).toBe(false);
    }
  });
});

describe('patterns', () => {
  const patterns = Object.entries(formats).filter(([, value]) => value instanceof RegExp) as [
    string,
    RegExp,
  ][];

  // A pattern that backtracks would overflow or stall on one of these.
  it.each(patterns)('%s takes a megabyte without failing', (_, pattern) => {
    for (const unit of ['a', ' ', 'a ', '1', '/', 'https://a/', '+', '-', '=\n']) {
      expect(() => pattern.test(unit.repeat(1_048_576 / unit.length))).not.toThrow();
    }
  });
});

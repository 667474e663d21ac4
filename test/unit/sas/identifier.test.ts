import { describe, expect, it } from 'vitest';
import { normaliseProfessional, normaliseSiret, normaliseStructure } from '../../../shared/sas/identifier.ts';
import { normalisePhone } from '../../../shared/sas/phone.ts';

describe('professional identifiers', () => {
  it.each([
    ['899900000017', '899900000017'],
    ['99900000017', '899900000017'],
    [' 999 000 000 17 ', '899900000017'],
    ['0992A00012', '0992A00012'],
    ['992A00012', '0992A00012'],
    ['990000012', '0990000012'],
  ])('reads %s as %s', (written, prefixed) => {
    expect(normaliseProfessional(written)).toBe(prefixed);
  });

  it.each(['', '8', '8999', '3456780581/11242343', '1990000012', '9999000000170000', 'abcdefghi'])(
    'does not read %j',
    (written) => {
      expect(normaliseProfessional(written)).toBeUndefined();
    },
  );
});

describe('structure identifiers', () => {
  it.each([
    ['1990000999', '1990000999'],
    ['990000999', '1990000999'],
    ['399900000100071', '399900000100071'],
    ['73282932000074', '373282932000074'],
    ['499900000017001', '499900000017001'],
    ['10000000000002', '410000000000002'],
  ])('reads %s as %s', (written, prefixed) => {
    expect(normaliseStructure(written)).toBe(prefixed);
  });

  it('reads a SIRET by its length alone', () => {
    expect(normaliseSiret('99900000100071')).toBe('399900000100071');
    expect(normaliseSiret('9990000010007')).toBeUndefined();
  });
});

describe('phones', () => {
  it.each([
    ['+33561000001', '+33561000001'],
    ['05 61 00 00 01', '+33561000001'],
    ['05.61.00.00.01', '+33561000001'],
    ['+33 (0)5 61 00 00 01', '+33561000001'],
    ['0033561000001', '+33561000001'],
    ['33561000001', '+33561000001'],
    ['tel:+33-5-61-00-00-01', '+33561000001'],
    ['0262 00 00 01'.replace('00 00 01', '40 00 01'), '+262262400001'],
    ['0692400001', '+262692400001'],
    ['0690 40 00 01', '+590690400001'],
    ['0594400001', '+594594400001'],
    ['0696400001', '+596696400001'],
    ['+5900590400001', '+590590400001'],
  ])('writes %s as %s', (written, e164) => {
    expect(normalisePhone(written)).toBe(e164);
  });

  it.each(['15', '3624', '116117', '+32470000001', 'secrétariat', '', '+33 0', '05 61 00 00'])(
    'leaves %j out',
    (written) => {
      expect(normalisePhone(written)).toBeUndefined();
    },
  );
});

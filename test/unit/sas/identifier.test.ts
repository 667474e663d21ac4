import { describe, expect, it } from 'vitest';
import { normaliseProfessional, normaliseSiret, normaliseStructure } from '../../../shared/sas/identifier.ts';
import { isPremiumPhone, normalisePhone, withoutPremiumPhones } from '../../../shared/sas/phone.ts';

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

  it.each([
    '0899123456',
    '08 92 12 34 56',
    '+33 (0)8 26 12 34 56',
    '0033 810 123 456',
    '33820123456',
    'tel:+33-8-36-12-34-56',
    '+330892123456',
    '0871234567',
    '+262892123456',
    '118218',
    '118 712',
    '3624',
    '32 00',
    '39.15',
    '00 33 8 99 12 34 56',
    'tel:+33899123456;ext=2',
    'callto:0899123456',
    '0899–123–456',
    '0899\u200b123456',
    '０８９９１２３４５６',
    '33 0 899 12 34 56',
    '0899123456 poste 12',
    '0899123456 / 0561000001',
  ])('leaves %j out as one that costs more than a call', (written) => {
    expect(normalisePhone(written)).toBeUndefined();
    expect(isPremiumPhone(written)).toBe(true);
  });

  it.each([
    '0800 12 34 56',
    '+33805123456',
    '0809 12 34 56',
    '0561000001',
    '+33689123456',
    '0972123456',
    '+262262891234',
    '+594694891234',
  ])('takes %j, which costs no more than a call', (written) => {
    expect(normalisePhone(written)).toBeDefined();
    expect(isPremiumPhone(written)).toBe(false);
  });

  it.each(['15', '112', '116117', '3010', '3114', '1007', '+18995551234', '+97912345678', ''])(
    'tells %j from those: it has no form in the guide',
    (written) => {
      expect(normalisePhone(written)).toBeUndefined();
      expect(isPremiumPhone(written)).toBe(false);
    },
  );

  it.each([
    ['Appelez le 0899 12 34 56', 'Appelez le'],
    ['+33 (0)8-92-12-34-56 Dr Fictive', 'Dr Fictive'],
    ['12 rue du 8 Mai 1945', '12 rue du 8 Mai 1945'],
    ['08200 Sedan', '08200 Sedan'],
    ['Bât. 0812345678901', 'Bât. 0812345678901'],
    ['08 99/12/34/56', ''],
    ['08 • 99 • 12 • 34 • 56', ''],
    ['0899\u200b123\u2011456 Fictive', 'Fictive'],
    ['𝟎𝟖𝟗𝟗𝟏𝟐𝟑𝟒𝟓𝟔 Fictive', 'Fictive'],
    ['+33(0)0899123456', ''],
    ['33 8 99 12 34 56', ''],
    ['+590 8 92 12 34 56', ''],
    ['appelez le 118 218', 'appelez le'],
    ['118218', ''],
    ['3624 route de Narbonne', '3624 route de Narbonne'],
    ['Bât. 118, 218 rue Imaginaire', 'Bât. 118, 218 rue Imaginaire'],
    ['31118 Imaginaire', '31118 Imaginaire'],
    ['fermé le 08/10/2026 12:30', 'fermé le 08/10/2026 12:30'],
    ['rappel au 0800 12 34 56 ou 05 81 00 00 01', 'rappel au 0800 12 34 56 ou 05 81 00 00 01'],
  ])('%j is shown as %j', (text, shown) => {
    expect(withoutPremiumPhones(text)).toBe(shown);
  });
});

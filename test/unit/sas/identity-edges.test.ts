// National identifiers at the edge of each form: one character more, one less, another one, before it and behind it; and
// what names a profile. docs/guide.md G-106, G-602, G-605.
import { describe, expect, it } from 'vitest';
import { canonicalName, PROFILE } from '../../../shared/sas/canonical.ts';
import {
  isSiret,
  isStrictFiness,
  normaliseProfessional,
  normaliseSiret,
  normaliseStructure,
  professionalKind,
} from '../../../shared/sas/identifier.ts';
import { INDIVIDUAL_PARAMETERS, readIndividualSearch } from '../../../shared/sas/individual.ts';

const RPPS = '899900000017';
const ADELI = '0992A00012';
const SIRET = '399900000100071';
const FINESS = '1990000999';
const RANG = '499900000017001';

/** Whatever is not the form itself, by the name of its fault. */
const around = (right: string): [string, string][] => [
  ['one less', right.slice(0, -1)],
  ['one more', `${right}0`],
  ['one before', `0${right}`],
  ['a letter before', `x${right}`],
  ['a letter behind', `${right}x`],
  ['a line behind', `${right}\n`],
  ['another first digit', `7${right.slice(1)}`],
  ['a letter in it', `${right.slice(0, 3)}x${right.slice(4)}`],
];

describe.each<[string, (text: string) => boolean, string]>([
  ['RPPS', (text) => professionalKind(text) === 'RPPS', RPPS],
  ['ADELI', (text) => professionalKind(text) === 'ADELI', ADELI],
  ['SIRET', isSiret, SIRET],
  ['strict FINESS', isStrictFiness, FINESS],
])('%s', (_name, is, right) => {
  it('is one', () => expect(is(right)).toBe(true));
  it.each(around(right))('is none with %s', (_fault, text) => expect(is(text)).toBe(false));
});

it('takes a FINESS of Corsica, though not as a strict one', () => {
  expect(normaliseStructure('12A0000999')).toBe('12A0000999');
  expect(isStrictFiness('12A0000999')).toBe(false);
  expect(professionalKind('')).toBeUndefined();
});

describe('what is written becomes', () => {
  const ROWS: [string, (text: string) => string | undefined, string, string | undefined][] = [
    ['RPPS', normaliseProfessional, RPPS, RPPS],
    ['RPPS without prefix', normaliseProfessional, RPPS.slice(1), RPPS],
    ['RPPS with blanks and dots', normaliseProfessional, ' 8 999.0000\t0017 ', RPPS],
    ['ADELI', normaliseProfessional, ADELI, ADELI],
    ['ADELI without prefix', normaliseProfessional, ADELI.slice(1), ADELI],
    ['an RPPS one short', normaliseProfessional, RPPS.slice(2), undefined],
    ['an RPPS one long', normaliseProfessional, `${RPPS}0`, undefined],
    ['an ADELI one short', normaliseProfessional, ADELI.slice(2), undefined],
    ['a letter ADELI has not', normaliseProfessional, '992C00012', undefined],
    ['a word before an RPPS', normaliseProfessional, `x${RPPS.slice(1)}`, undefined],
    ['a word behind an RPPS', normaliseProfessional, `${RPPS.slice(1)}x`, undefined],
    ['a word before an ADELI', normaliseProfessional, `x${ADELI.slice(1)}`, undefined],
    ['a word behind an ADELI', normaliseProfessional, `${ADELI.slice(1)}x`, undefined],
    ['FINESS', normaliseStructure, FINESS, FINESS],
    ['FINESS without prefix', normaliseStructure, FINESS.slice(1), FINESS],
    ['SIRET', normaliseStructure, SIRET, SIRET],
    ['SIRET without prefix', normaliseStructure, '73282932000074', '373282932000074'],
    ['SIRET that begins with 1', normaliseStructure, '10000000000008', '310000000000008'],
    ['SIRET whose check digit is wrong', normaliseStructure, '73282932000075', '373282932000075'],
    ['rang', normaliseStructure, RANG, RANG],
    ['rang without prefix', normaliseStructure, '10000000000002', '410000000000002'],
    ['rang of an ADELI', normaliseStructure, `${ADELI}001`, `${ADELI}001`],
    ['an ADELI itself', normaliseStructure, ADELI, ADELI],
    ['rang of an ADELI one long', normaliseStructure, `${ADELI}0012`, undefined],
    ['a word before a FINESS', normaliseStructure, `x${FINESS.slice(1)}`, undefined],
    ['a word behind a FINESS', normaliseStructure, `${FINESS.slice(1)}x`, undefined],
    ['a word before a SIRET', normaliseStructure, 'x73282932000074', undefined],
    ['a word behind a SIRET', normaliseStructure, '73282932000074x', undefined],
    ['a structure with blanks', normaliseStructure, '732 829 320 00074', '373282932000074'],
    ['a FINESS after a word', normaliseStructure, `x${FINESS}`, undefined],
    ['a rang after a word', normaliseStructure, `x${RANG}`, undefined],
    ['a rang before a word', normaliseStructure, `${RANG}x`, undefined],
    ['a rang of an ADELI after a word', normaliseStructure, `x${ADELI}001`, undefined],
    ['nothing', normaliseStructure, '', undefined],
    ['a SIRET', normaliseSiret, SIRET, SIRET],
    ['a SIRET without prefix', normaliseSiret, SIRET.slice(1), SIRET],
    ['a SIRET with blanks', normaliseSiret, '999 000 001 00071', SIRET],
    ['a SIRET one short', normaliseSiret, SIRET.slice(2), undefined],
    ['a SIRET one long', normaliseSiret, `${SIRET}0`, undefined],
    ['a word before the 14 digits', normaliseSiret, `x${SIRET.slice(1)}`, undefined],
    ['a word behind the 14 digits', normaliseSiret, `${SIRET.slice(1)}x`, undefined],
    ['another prefix', normaliseSiret, `4${SIRET.slice(1)}`, undefined],
  ];
  it.each(ROWS)('%s', (_name, normalise, written, expected) => {
    expect(normalise(written)).toBe(expected);
  });

  it.each([
    // Luhn: only numbers that begin with 1 and fail it are a rang; each digit counts, and doubled ones by both their digits.
    ['19999999999999', false],
    ['10000000000008', true],
    ['10000000000099', true],
    ['10000000000909', true],
    ['10000000000503', true],
    ['10000000000504', false],
    ['10000000000056', false],
    ['10000000000040', true],
    ['10000000000057', true],
    ['10000000000065', true],
  ])('%s is a SIRET: %s', (digits, isSiretNumber) => {
    expect(normaliseStructure(digits)).toBe(`${isSiretNumber ? '3' : '4'}${digits}`);
  });
});

describe('a search of practitioners', () => {
  const search = (...more: readonly (readonly [string, string])[]) =>
    [
      ['start', 'ge2026-12-02T09:00:00+01:00'],
      ['start', 'le2026-12-02T10:00:00+01:00'],
      ['status', 'free'],
      ['schedule.actor:Practitioner.identifier', `urn:oid:1.2.250.1.71.4.2.1|${RPPS}`],
      ...more,
    ].map(([name = '', value = '']) => ({ name, value }));
  it.each([
    ['no include', [], 'INT_R01'],
    [
      'others',
      ['Slot:schedule', 'Schedule:actor', 'PractitionerRole:practitioner', 'HealthcareService:organization'],
      'INT_R01',
    ],
    ['that of CPTS', ['Slot:service-type-reference'], 'INT_R04'],
    [
      'all, with their types',
      [
        'Slot:schedule:Schedule',
        'Schedule:actor:Practitioner',
        'Schedule:actor:PractitionerRole',
        'PractitionerRole:practitioner:Practitioner',
        'HealthcareService:organization:Organization',
        'Slot:service-type-reference:HealthcareService',
      ],
      'INT_R04',
    ],
  ] as const)('with %s is %s', (_what, includes, flow) => {
    const read = readIndividualSearch(
      search(...includes.map((value) => ['_include', value] as const)),
      'strict',
    );
    expect(read).toMatchObject({ flow, subjects: [RPPS], ignored: [] });
  });

  it('refuses an include of another type, and knows three parameters', () => {
    expect(() => readIndividualSearch(search(['_include', 'Slot:schedule:Patient']), 'strict')).toThrow();
    expect([...INDIVIDUAL_PARAMETERS]).toEqual(['start', 'status', 'schedule.actor:Practitioner.identifier']);
  });
});

describe('a canonical URL', () => {
  it.each([
    [PROFILE.appointment, 'FrAppointmentSAS'],
    ['a/b', 'b'],
    ['b', 'b'],
    ['a/', ''],
  ])('%s is named by its last part', (url, name) => {
    expect(canonicalName(url)).toBe(name);
  });
});

// What an answer to a search says of practitioners and associations, as the relay's own reader writes answers.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { CallAnswer, SubjectAnswer } from '../../../shared/sas/answer.ts';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import {
  isCptsAlone,
  readAssociation,
  readPractitioner,
  readStructure,
} from '../../../worker/lrm/people/read-said.ts';
import { apply } from '../../support/samples/edit.ts';
import { cptsBundle, individualBundle, sosBundle } from '../../support/samples/valid/bundles.ts';
import { rpps, type Sample } from '../../support/samples/valid/resources.ts';

const WHO = rpps(1);
const SIRET = '399999999000001';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);
const fromMs = Date.parse('2026-03-02T00:00:00+01:00');

type Edits = Readonly<Record<string, unknown>>;
type ReadAnswer = Pick<CallAnswer, 'subjects' | 'shapes' | 'services'>;

/** The only subject of the answer, and the answer. */
function read(flow: SlotQuery['flow'], bundle: Sample, edits: Edits = {}): [SubjectAnswer, CallAnswer] {
  for (const [path, value] of Object.entries(edits)) apply(bundle, path, value);
  const subjects = flow === 'SOS' ? [SIRET] : [WHO];
  const window = { fromMs, toMs: fromMs + 24 * 3_600_000, nowMs: fromMs };
  const reader = new AnswerReader({ editor: 'agenda-a', flow, subjects, ...window, hash });
  reader.add(bundle);
  const answer: ReadAnswer = reader.finish();
  const [one] = answer.subjects;
  if (one === undefined) throw new Error('nothing was read');
  return [one, answer as CallAnswer];
}

const practitionerIn = (flow: SlotQuery['flow'], bundle: Sample, edits: Edits = {}) => {
  const [one, answer] = read(flow, bundle, edits);
  return readPractitioner(one, answer, isCptsAlone(one, answer, flow));
};
const structuresIn = (flow: SlotQuery['flow'], bundle: Sample, edits: Edits = {}) => {
  const [one, answer] = read(flow, bundle, edits);
  return one.places.map((place) => {
    const row = readStructure(one.subject, place, answer);
    if (row.structure !== '-') return [row.structure, row.name];
    expect(row).toEqual({ ...NOTHING, subject: one.subject, structure: '-' });
    return undefined;
  });
};

const NOTHING = { name: null, given: null, specialty: null, isCpts: null };
const role = (n: 1 | 2): string => `entry[${n + 4}].resource`;
const NAMED = {
  [`${role(1)}.contained[0].name`]: 'Cabinet des Tanneurs',
  [`${role(2)}.contained[0].name`]: 'Cabinet du Lavoir',
};

/** Both slots, one of a CPTS and one of none, at one place. */
const MIXED = {
  'entry[1].resource.schedule': { reference: 'Schedule/schedule-1' },
  'entry[1].resource.start': '2026-03-02T10:00:00.000+01:00',
  'entry[1].resource.end': '2026-03-02T10:20:00.000+01:00',
};

test('a practitioner has the name and the only specialty that the answer says', () => {
  expect(practitionerIn('INT_R01', individualBundle())).toEqual({
    subject: WHO,
    structure: '',
    name: 'Ostrevan',
    given: 'Maëlle',
    specialty: 'SM54',
    isCpts: null,
  });
});

test.each<[string, Edits]>([
  ['no name', { 'entry[4].resource.name': undefined }],
  ['a text instead of a name', { 'entry[4].resource.name': [{ text: 'Dr Ostrevan' }] }],
  ['no family name', { 'entry[4].resource.name[0].family': undefined }],
  ['no given name', { 'entry[4].resource.name[0].given': undefined }],
])('with %s there is none, rather than half of one', (_with, edits) => {
  expect(practitionerIn('INT_R01', individualBundle(), edits)).toMatchObject({ name: null, given: null });
});

test('several given names are one text; long names are cut', () => {
  const name = 'entry[4].resource.name[0]';
  const several = { [name]: { family: 'Ostrevan', given: ['Maëlle', 'Anne'] } };
  expect(practitionerIn('INT_R01', individualBundle(), several)).toMatchObject({ given: 'Maëlle Anne' });
  const long = { [name]: { family: 'O'.repeat(500), given: ['M'.repeat(500)] } };
  expect(practitionerIn('INT_R01', individualBundle(), long)).toMatchObject({
    name: 'O'.repeat(200),
    given: 'M'.repeat(200),
  });
  const place = { [`${role(1)}.contained[0].name`]: 'C'.repeat(500) };
  expect(structuresIn('INT_R01', individualBundle(), place)[0]?.[1]).toBe('C'.repeat(200));
});

test('of two specialties none is told, nor of none', () => {
  const other = 'entry[1].resource.specialty[0].coding[0].code';
  expect(practitionerIn('INT_R01', individualBundle(), { [other]: 'SM40' }).specialty).toBeNull();
  const none = { 'entry[0].resource.specialty': undefined, 'entry[1].resource.specialty': undefined };
  expect(practitionerIn('INT_R01', individualBundle(), none).specialty).toBeNull();
  const foreign = {
    ...none,
    'entry[0].resource.specialty': [{ coding: [{ system: 'urn:x', code: 'X1' }] }],
  };
  expect(practitionerIn('INT_R01', individualBundle(), foreign).specialty).toBeNull();
  const text = { ...none, 'entry[0].resource.specialty': [{ text: 'Ostéopathie' }] };
  expect(practitionerIn('INT_R01', individualBundle(), text).specialty).toBeNull();
});

test('he is of a CPTS when all his slots are, and only INT_R04 tells', () => {
  const all = cptsBundle();
  (all.entry as Sample[]).splice(1, 1);
  expect(practitionerIn('INT_R04', all).isCpts).toBe(1);
  expect(practitionerIn('INT_R04', cptsBundle()).isCpts).toBe(0);
  expect(practitionerIn('INT_R04', cptsBundle(), MIXED).isCpts).toBe(0);
  expect(practitionerIn('INT_R04', individualBundle()).isCpts).toBe(0);
  expect(practitionerIn('INT_R01', cptsBundle()).isCpts).toBeNull();
});

test('a structure is the one of the role, by the name of its place', () => {
  expect(structuresIn('INT_R01', individualBundle(), NAMED)).toEqual([
    ['1990000011', 'Cabinet des Tanneurs'],
    ['1990000011', 'Cabinet du Lavoir'],
  ]);
});

test.each<[string, unknown, string | undefined]>([
  ['a FINESS without its prefix', '990000011', '1990000011'],
  ['a SIRET', '399000000000012', '399000000000012'],
  ['an RPPS rank', '410000000000012', undefined],
  ['a vendor’s own number', 'cabinet-7', undefined],
])('%s as its identifier', (_of, value, structure) => {
  const edits = { ...NAMED, [`${role(1)}.organization.identifier.value`]: value };
  expect(structuresIn('INT_R01', individualBundle(), edits)[0]?.[0]).toBe(structure);
});

test('a place without a name has its structure all the same, one without an identifier has none', () => {
  expect(structuresIn('INT_R01', individualBundle())).toEqual([
    ['1990000011', null],
    ['1990000011', null],
  ]);
  const edits = { ...NAMED, [`${role(1)}.organization`]: undefined };
  expect(structuresIn('INT_R01', individualBundle(), edits)).toEqual([
    undefined,
    ['1990000011', 'Cabinet du Lavoir'],
  ]);
});

test('where the role has no structure, the CPTS of all slots of the place stands for it', () => {
  const edits = { [`${role(1)}.organization`]: undefined, [`${role(2)}.organization`]: undefined };
  expect(structuresIn('INT_R04', cptsBundle(), edits)).toEqual([
    ['1990000001', 'CPTS du Val d’Ombre'],
    undefined,
  ]);
  expect(structuresIn('INT_R04', cptsBundle(), { ...edits, ...MIXED })).toEqual([undefined]);
  const unnamed = { ...edits, 'entry[8].resource.name': undefined };
  expect(structuresIn('INT_R04', cptsBundle(), unnamed)).toEqual([['1990000001', null], undefined]);
  const own = { ...edits, [`${role(1)}.organization`]: { identifier: { value: '1990000055' } }, ...NAMED };
  expect(structuresIn('INT_R04', cptsBundle(), own)[0]).toEqual(['1990000055', 'Cabinet des Tanneurs']);
});

test('an association is its own structure', () => {
  const [one] = read('SOS', sosBundle());
  expect(readAssociation(one)).toEqual({
    subject: SIRET,
    structure: SIRET,
    name: 'Association de garde de Vaubrun',
    given: null,
    specialty: null,
    isCpts: null,
  });
  const [unnamed] = read('SOS', sosBundle(), { 'entry[6].resource.name': undefined });
  expect(readAssociation(unnamed)).toEqual({ ...NOTHING, subject: SIRET, structure: SIRET });
});

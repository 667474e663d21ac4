// Mutates every element of every valid sample. Oracles that hold whatever the rules: a wrong JSON type, a null
// or an empty value is always an error, and so is the absence of what a profile makes mandatory.
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../shared/sas/rules/table/table.ts';
import { apply } from '../../support/samples/edit.ts';
import { SUBJECTS, type Subject, type SubjectName } from '../../support/samples/subjects.ts';
import type { Sample } from '../../support/samples/valid/resources.ts';

/** Elements whose absence is an error, by the profiles' cardinalities and the guide's pages. */
const MANDATORY: Partial<Record<SubjectName, readonly string[]>> = {
  slot: ['meta', 'meta.profile', 'schedule', 'schedule.reference', 'status', 'start', 'end', 'resourceType'],
  'slot cpts': [
    'meta.profile',
    'schedule',
    'status',
    'start',
    'end',
    'serviceType',
    'serviceType[1].extension',
  ],
  'slot sos': ['meta.profile', 'schedule', 'status', 'start', 'end'],
  schedule: ['meta', 'actor', 'actor[0]', 'actor[1]', 'actor[0].reference', 'actor[1].reference'],
  'schedule sos': ['meta', 'actor', 'actor[0]', 'actor[0].reference'],
  practitioner: [
    'meta',
    'identifier',
    'identifier[0]',
    'identifier[0].system',
    'identifier[0].type',
    'identifier[0].type.coding',
    'identifier[0].type.coding[0].system',
    'identifier[0].type.coding[0].code',
    'identifier[0].value',
  ],
  role: [
    'meta',
    'contained',
    'contained[0]',
    'contained[0].meta',
    'contained[0].identifier',
    'contained[0].identifier[0].system',
    'contained[0].identifier[0].type',
    'contained[0].identifier[0].value',
    'contained[0].address',
    'contained[0].address.line',
    'contained[0].address.city',
    'contained[0].address.postalCode',
    'practitioner',
    'practitioner.reference',
    'location',
    'location[0]',
    'location[0].reference',
    'telecom[0].system',
    'telecom[0].value',
  ],
  'location sos': ['meta', 'identifier', 'name', 'address', 'address.line', 'managingOrganization'],
  'organization cpts': [
    'meta',
    'identifier',
    'identifier[0].type',
    'identifier[0].system',
    'identifier[0].value',
  ],
  'organization sos': [
    'meta',
    'identifier',
    'identifier[0].type',
    'identifier[0].system',
    'identifier[0].value',
  ],
  service: ['meta', 'id', 'providedBy', 'providedBy.reference'],
  appointment: [
    'meta',
    'extension',
    'extension[0].url',
    'extension[0].valueReference',
    'extension[0].valueReference.identifier',
    'extension[0].valueReference.identifier.type',
    'extension[0].valueReference.identifier.type.coding[0].code',
    'extension[0].valueReference.identifier.system',
    'extension[0].valueReference.identifier.value',
    'identifier',
    'identifier[0].system',
    'identifier[0].value',
    'status',
    'start',
    'end',
    'participant',
    'participant[0].status',
    'participant[0].actor',
    'participant[0].actor.identifier.type',
    'participant[0].actor.identifier.system',
    'participant[0].actor.identifier.value',
  ],
  'appointment sos': ['extension', 'identifier', 'status', 'start', 'end', 'participant[0].type'],
  regulator: [
    'meta.profile',
    'identifier',
    'identifier[0].type',
    'identifier[0].system',
    'identifier[0].value',
    'active',
    'name',
    'name[0].family',
    'name[0].given',
    'telecom',
    'telecom[0].system',
    'telecom[0].value',
  ],
  bundle: [
    'meta',
    'type',
    'total',
    'link',
    'link[0].relation',
    'link[0].url',
    'entry[2]',
    'entry[4]',
    'entry[0]',
  ],
  'bundle cpts': ['total', 'link', 'entry[7]', 'entry[8]', 'entry[0].fullUrl', 'entry[0].resource'],
  'bundle sos': ['total', 'link', 'entry[2]', 'entry[4]', 'entry[6]', 'entry[6].fullUrl'],
};

interface Path {
  readonly text: string;
  readonly value: unknown;
}

function pathsOf(value: unknown, text: string): readonly Path[] {
  const own = text === '' ? [] : [{ text, value }];
  if (Array.isArray(value))
    return [...own, ...value.flatMap((item, index) => pathsOf(item, `${text}[${index}]`))];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, text === '' ? key : `${text}.${key}`)),
  ];
}

function retype(value: unknown): unknown {
  if (typeof value === 'string') return 7;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? { value } : 'texte';
}

/** Prefer a fresh sample per mutation: none sees the damage of another. */
function mutate(subject: Subject, path: string, value: unknown): Sample {
  const sample = structuredClone(subject.make());
  apply(sample, path, value);
  return sample;
}

const hasError = (subject: Subject, value: unknown): boolean =>
  subject.judge(value).some(({ rule }) => RULES[rule].severity === 'error');

describe.each(Object.entries(SUBJECTS))('mutations of %s', (name, subject: Subject) => {
  const paths = pathsOf(subject.make(), '');

  it('refuses every element under a wrong JSON type', () => {
    const passed = paths.filter(
      ({ text, value }) => !hasError(subject, mutate(subject, text, retype(value))),
    );
    expect(passed.map(({ text }) => text)).toEqual([]);
  });

  it('refuses every element as a null or empty', () => {
    for (const empty of [null, '', [], {}]) {
      const passed = paths.filter(({ text }) => !hasError(subject, mutate(subject, text, empty)));
      expect(passed.map(({ text }) => text)).toEqual([]);
    }
  });

  it('refuses the absence of what is mandatory', () => {
    const passed = (MANDATORY[name as SubjectName] ?? []).filter(
      (path) => !hasError(subject, mutate(subject, path, undefined)),
    );
    expect(passed).toEqual([]);
  });

  it('never throws when an element is dropped, doubled or replaced', () => {
    for (const { text, value } of paths) {
      subject.judge(mutate(subject, text, undefined));
      subject.judge(mutate(subject, text, [value, value]));
      subject.judge(mutate(subject, text, Array.isArray(value) ? [...value, ...value] : 'Ailleurs/rien'));
      subject.judge(mutate(subject, text, 'code-inconnu'));
    }
    expect(paths.length).toBeGreaterThan(3);
  });
});

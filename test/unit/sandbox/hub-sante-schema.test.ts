// The schemas of the simulated Hub Santé, which nobody but it reads: on both sides of each rule, against the published ones
// where they are at hand, and over what the edge builds.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import { BEHAVIOURS } from '../../../sandbox/hub-sante/lrm/behaviours.ts';
import { writeAck, writeError } from '../../../sandbox/hub-sante/message/edxl.ts';
import { makeJudge } from '../../../sandbox/hub-sante/message/judge.ts';
import { SCHEMA_VERSIONS, type SchemaVersion } from '../../../sandbox/hub-sante/message/schema.ts';
import { buildReport } from '../../../worker/lrm/message/report.ts';
import { type ReportOptions, sampleReport } from '../../support/samples/hub-sante-report.ts';
import { reportInput } from '../../support/samples/lrm-report.ts';

const PUBLISHED = resolve(import.meta.dirname, '../../../../shared/hub-sante');
const PARTIES = { from: 'fr.health.samu330', to: 'fr.health.test.ptfsas' };
const REPLY = { ...PARTIES, nowMs: Date.UTC(2026, 5, 1) };
const ERROR = {
  errorCode: { statusCode: 300, statusString: 'INVALID_MESSAGE' },
  errorCause: 'no status',
  referencedDistributionID: 'fr.health.test.ptfsas_1',
};
const NEW = '26.07.29';

/** `sound`: by the version with the regulator; the other differs in that alone. */
type Case = readonly [what: string, sound: boolean, message: unknown];

const report = (over: Partial<ReportOptions>): unknown => sampleReport({ ...PARTIES, ...over });
const appointment = (fields: Readonly<Record<string, unknown>>): unknown => report({ appointment: fields });
const practitioner = (over: object): unknown =>
  appointment({ practitioner: { rppsId: '819990000001', lastName: 'Vergne', firstName: 'Odile', ...over } });

const CASES: readonly Case[] = [
  ['the whole', true, report({})],
  ['an update', true, appointment({ method: 'UpdateAppointment', status: 'cancelled' })],
  ['a method with a small letter', false, appointment({ method: 'createAppointment' })],
  ['a status of FHIR that the LRM has not', false, appointment({ status: 'arrived' })],
  ['no end, no practitioner', true, appointment({ end: undefined, practitioner: undefined })],
  ['no start', false, appointment({ start: undefined })],
  ['no creation', false, appointment({ created: undefined })],
  ['a time in UTC with Z', false, appointment({ start: '2026-06-01T15:00:00Z' })],
  ['a time with decimals', false, appointment({ start: '2026-06-01T15:00:00.000+02:00' })],
  ['a time at -00:00', true, appointment({ start: '2026-06-01T15:00:00-00:00' })],
  ['an RPPS', true, practitioner({ rppsId: '819990000001' })],
  ['an RPPS one digit short', false, practitioner({ rppsId: '81999000000' })],
  ['an ADELI', false, practitioner({ rppsId: '0999900001' })],
  ['no first name', false, practitioner({ firstName: undefined })],
  ['a speciality', true, practitioner({ specialityCode: 'SM26', specialityUrl: 'urn:r38' })],
  ['a speciality as the list of codes writes it', false, practitioner({ specialtyCode: 'SM26' })],
  ['a structure', true, appointment({ organization: { organizationId: '1330000001', name: 'CDS' } })],
  ['a structure without name', false, appointment({ organization: { organizationId: '1330000001' } })],
  ['a flow', true, appointment({ orientationCategory: 'CPTS' })],
  ['a flow that is none', false, appointment({ orientationCategory: 'URGENCES' })],
  ['a field of nobody', false, appointment({ reason: 'x' })],
  ['a header with more in it', true, report({ header: { more: 1 } })],
  ['a header without recipient', false, report({ header: { recipient: [] } })],
  ['a recipient as one object', false, report({ header: { recipient: { name: 'a', URI: 'hubex:a' } } })],
  ['a kind that is none', false, report({ envelope: { distributionKind: 'Letter' } })],
  ['an envelope with Z and decimals', true, report({ envelope: { dateTimeSent: '2026-06-01T15:00:00.5Z' } })],
  ['an envelope with more in it', false, report({ envelope: { more: 1 } })],
  ['no content', false, report({ envelope: { content: [] } })],
  ['an acknowledgement', true, writeAck(REPLY, { distributionID: 'a_1' })],
  ['one of a step', true, writeAck(REPLY, { distributionID: 'a_1', refused: false, step: 'INTEGRE' })],
  ['one of a step that is none', false, writeAck(REPLY, { distributionID: 'a_1', step: 'LU' })],
  ['one of nothing', false, writeAck(REPLY, {} as { distributionID: string })],
  ['an error', true, writeError(REPLY, ERROR)],
  ['one with its message', true, writeError(REPLY, { ...ERROR, sourceMessage: { a: 1 } })],
  ['one with its message as a text', false, writeError(REPLY, { ...ERROR, sourceMessage: '{}' })],
  ['one of no message', false, writeError(REPLY, { ...ERROR, referencedDistributionID: undefined as never })],
];

const judges = new Map(SCHEMA_VERSIONS.map((version) => [version, makeJudge(version)]));
const isSound = (version: SchemaVersion, message: unknown): boolean =>
  judges.get(version)!(JSON.stringify(message)).kind === 'sound';

/** The same without its regulator, which the older version does not know. */
function withoutRegulator(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) => (key === 'regulator' ? undefined : value)),
  );
}

describe('the schemas of the simulated Hub Santé', () => {
  it.each(CASES)('judge %s: %s', (_what, sound, message) => {
    expect(isSound(NEW, message)).toBe(sound);
    expect(isSound('25.11.26', withoutRegulator(message))).toBe(sound);
  });

  it('want the regulator in one version, and refuse it in the other', () => {
    expect(isSound('25.11.26', report({}))).toBe(false);
    expect(isSound(NEW, withoutRegulator(report({})))).toBe(false);
    const named = { regulatorName: 'Castaing', regulatorFirstname: 'Hugo' };
    expect(isSound(NEW, appointment({ regulator: named }))).toBe(false);
  });

  it('call unreadable what is not JSON', () => {
    expect(judges.get(NEW)!('{').kind).toBe('unreadable');
  });

  test.each(SCHEMA_VERSIONS)('of %s let through what the edge builds', (schema) => {
    const built = buildReport(reportInput({ schema }));
    if (!built.ok) throw new Error(built.error.join());
    expect(judges.get(schema)!(built.value.body)).toMatchObject({ kind: 'sound' });
  });
});

test('the page of the sandbox says each behaviour of an LRM in its words', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/sandbox.md'), 'utf8').replaceAll(
    '`',
    '',
  );
  for (const [name, words] of Object.entries(BEHAVIOURS)) expect(page).toContain(`| ${name} | ${words} |`);
});

describe.skipIf(!existsSync(PUBLISHED))('the published schemas', () => {
  /** Of the kinds of content those alone whose schemas are at hand. */
  function published(version: SchemaVersion) {
    const read = (name: string) => {
      const { $id: _, ...schema } = JSON.parse(readFileSync(`${PUBLISHED}/${version}/${name}`, 'utf8'));
      return schema;
    };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const files = readdirSync(`${PUBLISHED}/${version}`).filter((name) => name.endsWith('.schema.json'));
    for (const name of files) if (!name.startsWith('EDXL')) ajv.addSchema(read(name), name);
    const full = read('EDXL-DE-full.schema.json');
    const content = full.definitions.EmbeddedJsonContent;
    content.oneOf = content.oneOf.filter((branch: unknown) => {
      const text = JSON.stringify(branch);
      return /appointment|reference|"error"/.test(text) && files.some((name) => text.includes(name));
    });
    expect(content.oneOf).toHaveLength(3);
    const envelope = ajv.compile(read('EDXL-DE-envelope-only.schema.json'));
    const whole = ajv.compile(full);
    return (message: unknown): boolean => envelope(message) === true && whole(message) === true;
  }

  it.each(SCHEMA_VERSIONS)('of %s judge each of those messages alike', (version) => {
    const judge = published(version);
    for (const [what, , message] of CASES) {
      for (const one of [message, withoutRegulator(message)]) {
        const text: unknown = JSON.parse(JSON.stringify(one));
        expect(isSound(version, text), what).toBe(judge(text));
      }
    }
  });
});

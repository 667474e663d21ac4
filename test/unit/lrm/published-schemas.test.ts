// Our schemas of a message, as JSON Schemas, against those that are published, where they are at hand: what passes ours
// passes theirs, and what theirs asks for is asked for by ours. Each published sample is read, or refused for a reason told
// here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { Ajv } from 'ajv';
import { safeParse } from 'valibot';
import { describe, expect, it, test } from 'vitest';
import { readReply } from '../../../worker/lrm/message/reply.ts';
import { buildReport } from '../../../worker/lrm/message/report.ts';
import type { ReportInput } from '../../../worker/lrm/message/report-input.ts';
import { APPOINTMENT, type LrmSchema, REPORT } from '../../../worker/lrm/message/schema.ts';
import { appointmentOf, RPPS, reported, reportInput } from '../../support/samples/lrm-report.ts';
import { sosAppointment } from '../../support/samples/valid/resources.ts';

const PUBLISHED = resolve(import.meta.dirname, '../../../../shared/hub-sante');
const VERSIONS: readonly LrmSchema[] = ['25.11.26', '26.07.29'];

const read = (path: string): unknown => JSON.parse(readFileSync(`${PUBLISHED}/${path}`, 'utf8'));
/** The schemas hold formats that nothing here checks, and words of their own. */
const newAjv = (): Ajv => new Ajv({ strict: false, validateFormats: false, allErrors: true });

const CASES: readonly [string, Partial<ReportInput>][] = [
  ['everything', {}],
  ['an update', { method: 'UpdateAppointment' }],
  [
    'a structure alone',
    { said: { practitioner: { structure: { id: '1990000128', name: 'Maison médicale' } } } },
  ],
  ['names alone', { said: { practitioner: { name: { lastName: 'Ferrouil', firstName: 'Solène' } } } }],
  ['an SOS appointment of nobody', { appointment: reported(sosAppointment()), said: {} }],
  ['no end', { appointment: { ...reportInput().appointment, content: '{"start":"2026-03-02T08:00:00Z"}' } }],
  ...['pending', 'fulfilled', 'noshow', 'cancelled'].map((status): [string, Partial<ReportInput>] => [
    status,
    { appointment: reported(appointmentOf(RPPS, { status })) },
  ]),
];

function built(edits: Partial<ReportInput>): unknown {
  const report = buildReport(reportInput(edits));
  if (!report.ok) throw new Error(report.error.join());
  return JSON.parse(report.value.body);
}

test.each(VERSIONS)(
  'what is built for %s passes its own schema as a JSON Schema, and the other refuses it',
  (schema) => {
    const [own, other] = [schema, VERSIONS.find((one) => one !== schema)!].map((version) =>
      newAjv().compile(toJsonSchema(REPORT[version], { target: 'draft-07' }) as object),
    );
    for (const [, edits] of CASES) {
      const report = built({ ...edits, schema });
      expect(own!(report)).toBe(true);
      expect(other!(report)).toBe(false);
    }
  },
);

interface ObjectSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ObjectSchema & { readonly $ref?: string }>>;
  readonly definitions?: Readonly<Record<string, ObjectSchema>>;
  readonly additionalProperties?: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
}

describe.skipIf(!existsSync(PUBLISHED))('the published schemas', () => {
  /** The whole message; of the kinds of content those alone whose schemas are at hand. */
  function publishedReport(version: LrmSchema) {
    const ajv = newAjv();
    const files = readdirSync(`${PUBLISHED}/${version}`).filter((name) => name.endsWith('.schema.json'));
    const isHere = (branch: unknown): boolean =>
      [...JSON.stringify(branch).matchAll(/"\$ref":"([^#"]+)"/g)].every(([, name = '']) =>
        files.includes(name),
      );
    for (const name of files.filter((file) => !file.startsWith('EDXL-DE'))) {
      const { $id: _, ...schema } = read(`${version}/${name}`) as Record<string, unknown>;
      ajv.addSchema(schema, name);
    }
    const { $id: _, ...full } = read(`${version}/EDXL-DE-full.schema.json`) as {
      $id: string;
      definitions: { EmbeddedJsonContent: { oneOf: unknown[] } };
    };
    const content = full.definitions.EmbeddedJsonContent;
    content.oneOf = content.oneOf.filter(isHere);
    // Appointment, reference, error, and a header alone.
    expect(content.oneOf).toHaveLength(4);
    return ajv.compile(full);
  }

  it.each(VERSIONS)('%s accepts every message that is built for it', (schema) => {
    const published = publishedReport(schema);
    for (const [of, edits] of CASES) {
      published(built({ ...edits, schema }));
      expect(published.errors, of).toBeNull();
    }
  });

  it.each(VERSIONS)('%s refuses a message that is built for the other', (schema) => {
    const published = publishedReport(schema);
    const other = VERSIONS.find((one) => one !== schema)!;
    expect(published(built({ schema: other }))).toBe(false);
  });

  it.each(VERSIONS)('%s says of each element of the appointment what ours says', (version) => {
    const theirs = read(`${version}/RS-SAS-RDV.schema.json`) as ObjectSchema;
    const ours = toJsonSchema(APPOINTMENT[version], { target: 'draft-07' }) as ObjectSchema;
    // What we never tell: no vendor's answer has the profession.
    const untold = ['professionCode', 'professionUrl'];
    const compare = (their: ObjectSchema, our: ObjectSchema): void => {
      expect([...(our.required ?? [])].sort()).toEqual([...(their.required ?? [])].sort());
      expect(our.additionalProperties).toBe(false);
      const names = Object.keys(their.properties ?? {}).filter((name) => !untold.includes(name));
      expect(Object.keys(our.properties ?? {}).sort()).toEqual(names.sort());
      for (const name of names) {
        const [one, other] = [their.properties?.[name], our.properties?.[name]];
        if (one?.$ref !== undefined) {
          compare(theirs.definitions?.[one.$ref.split('/').at(-1)!] ?? {}, other ?? {});
          continue;
        }
        expect([...(other?.enum ?? [])].sort(), name).toEqual([...(one?.enum ?? [])].sort());
        // Escapes that change nothing.
        const plain = (pattern?: string): string | undefined => pattern?.replace(/\\-/g, '-');
        if (one?.pattern !== undefined) expect(plain(other?.pattern), name).toBe(plain(one.pattern));
      }
    };
    compare(theirs, ours);
  });

  /** Why our schema refuses a published sample: the sample breaks a rule of the guide, or says what we never tell. */
  const REFUSED: readonly (readonly [pattern: RegExp, path: string, version?: LrmSchema])[] = [
    // docs of the flow: FINESS with its prefix; the sample has none.
    [/CDS\.01/, 'organization.organizationId'],
    [/PS\.01/, 'practitioner.professionUrl'],
    [/SOS\.01-MAJ/, 'practitioner.professionUrl'],
    // The samples of this version fail the version's own schema.
    [/./, 'regulator', '25.11.26'],
  ];

  it.each(VERSIONS)('%s: its samples of appointments are read, but for what is told here', (version) => {
    const names = readdirSync(`${PUBLISHED}/${version}/samples`).filter((name) =>
      name.startsWith('RS-SAS-RDV'),
    );
    expect(names).toHaveLength(7);
    for (const name of names) {
      const { appointment } = read(`${version}/samples/${name}`) as { appointment: unknown };
      const paths = (safeParse(APPOINTMENT[version], appointment).issues ?? []).map(
        ({ path }) => path?.map(({ key }) => key).join('.') ?? '',
      );
      const expected = REFUSED.filter(
        ([pattern, , only]) => pattern.test(name) && (only === undefined || only === version),
      ).map(([, path]) => path);
      expect(
        [...new Set(paths.map((path) => path.replace('professionCode', 'professionUrl')))].sort(),
        name,
      ).toEqual(expected.sort());
    }
  });

  it.each(VERSIONS)('%s: its acknowledgement and its error are read', (version) => {
    const inEnvelope = (message: unknown): string =>
      JSON.stringify({ content: [{ jsonContent: { embeddedJsonContent: { message } } }] });
    const ack = read(`${version}/samples/RC-REF.json`) as { reference: { distributionID: string } };
    expect(readReply(inEnvelope(ack))).toMatchObject({
      kind: 'ack',
      reference: ack.reference.distributionID,
    });
    const error = read(`${version}/samples/RS-ERROR.json`) as { error: { referencedDistributionID: string } };
    expect(readReply(inEnvelope(error))).toMatchObject({
      kind: 'error',
      code: 100,
      reference: error.error.referencedDistributionID,
    });
  });
});

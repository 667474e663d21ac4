// Siblings of the forms that were not understood once: of each, the slot is rightly shown or its practitioner is unknown;
// never "none", and never another's.

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../relay/reading/body.ts';
import { KnownEntries } from '../../relay/reading/bundle-bytes/known-entries.ts';
import { makeReader, readCounted } from '../support/oracles/read-answer.ts';
import {
  answer,
  bundle,
  contained,
  type Json,
  practitioner,
  RPPS,
  role,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../support/samples/vendor-bundle.ts';

const OTHER = '899900000025';
const subjects = [RPPS, OTHER];
const BYTES_MAX = 1_000_000;
type Fate = 'shown' | 'unknown' | 'none';

function fateOf(pages: Json | readonly Json[], over: Parameters<typeof readCounted>[1] = {}): Fate {
  const { subjects: shown, doubts } = readCounted(pages, { subjects, ...over });
  const [asked = ''] = over.subjects ?? subjects;
  expect(shown.map(({ subject }) => subject)).not.toContain(OTHER);
  if (shown.some(({ subject }) => subject === asked)) return 'shown';
  return doubts.some((doubt) => doubt.subjects?.includes(asked) !== false) ? 'unknown' : 'none';
}

async function fateOfBytes(body: Buffer, encoding?: string): Promise<Fate> {
  const known = new KnownEntries();
  const fates: Fate[] = [];
  // The second time its entries are known.
  for (const memory of [undefined, known, known]) {
    const read = readBody(body, { encoding }, { bytesMax: BYTES_MAX }, memory);
    const isBundle = read.ok && makeReader().add(read.value.json).ok;
    fates.push(isBundle ? fateOf(read.value.json as Json) : 'unknown');
  }
  expect(new Set(fates).size).toBe(1);
  return fates[0] ?? 'none';
}

const around = [practitioner(), role()];
const whole = [slot(), schedule(), ...around];
const text = JSON.stringify(answer([slot()]));
const actors = (...actor: unknown[]): Json => bundle([slot(), schedule({ actor }), ...around]);
const hisActors = schedule().actor as Json[];
const twin = (over: Json): Json => bundle([...whole, slot(over)]);
const free = slot();
const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] };

describe('resources elsewhere than R4 has them', () => {
  it.each<[string, Fate, Json]>([
    ['under `contained` of the Bundle', 'unknown', { ...bundle([]), contained: [{ resource: slot() }] }],
    [
      'after an entry without resource, in a Bundle within',
      'unknown',
      bundle([{ ...bundle([]), entry: [{}] }]),
    ],
    [
      'beside the resource of an entry',
      'unknown',
      { ...bundle([]), entry: [{ resource: schedule(), slot: slot() }] },
    ],
    ['under a prototype', 'unknown', JSON.parse(text.replace('"entry"', '"__proto__"')) as Json],
    ['in Parameters', 'unknown', bundle([{ resourceType: 'Parameters', parameter: [{ resource: slot() }] }])],
    [
      'deep in another resource',
      'unknown',
      bundle([schedule({ contained: [{ resourceType: 'List', id: 'l', contained: [slot()] }] })]),
    ],
    [
      'in an extension of another resource',
      'unknown',
      bundle([{ resourceType: 'Endpoint', extension: [{ resource: slot() }] }]),
    ],
    ['in a slot', 'unknown', bundle([slot({ status: 'busy', contained: [slot()] }), schedule(), ...around])],
  ])('a slot %s: %s', (_where, fate, page) => {
    expect(fateOf(page)).toBe(fate);
  });

  it('[answer-incomplete] an error in the response of an entry is told', () => {
    const entry = { resource: schedule(), response: { status: '500', outcome } };
    for (const page of [{ ...bundle([]), entry: [entry] }, bundle([schedule({ contained: [outcome] })])])
      expect(readCounted(page).doubts).toEqual([{ rule: 'answer-incomplete' }]);
  });

  it('[answer-not-understood] a total that is no whole number is not understood', () => {
    expect(fateOf({ ...bundle([]), total: 1.5 })).toBe('unknown');
  });
});

describe('actors of an agenda', () => {
  it.each<[string, Fate, unknown[]]>([
    ['by name alone', 'unknown', [{ display: 'Dr Fictive' }]],
    ['with a name that refers to nothing', 'shown', [...hisActors, { display: 'Salle 2' }]],
    ['with another who is told by his number', 'unknown', [...hisActors, { identifier: { value: OTHER } }]],
    ['with one that leads nowhere and says no type', 'unknown', [...hisActors, { reference: 'urn:uuid:9' }]],
    ['with one that leads to a place', 'unknown', [...hisActors, { reference: 'Practitioner/9' }]],
    ['with a device that was not sent', 'shown', [...hisActors, { reference: 'Device/9' }]],
    ['with a reference that is a list', 'unknown', [{ reference: ['Practitioner/9'] }, hisActors[1]]],
    ['with a list in the list', 'unknown', [hisActors[0], [hisActors[1]]]],
    ['with a text', 'unknown', ['Practitioner/ps-9', hisActors[1]]],
    ['with nothing', 'shown', [...hisActors, null]],
  ])('%s: %s', (_what, fate, actor) => {
    expect(fateOf(actors(...actor))).toBe(fate);
  });

  it('of an association, one of which cannot be told: unknown', () => {
    const page = sosAnswer([slot()]);
    const [, agenda] = page.entry as { resource: Json }[];
    agenda!.resource.actor = [{ reference: 'Location/pfg-1' }, { reference: 'urn:uuid:9' }];
    expect(fateOf(page, { flow: 'SOS', subjects: [SIRET] })).toBe('unknown');
  });
});

describe('a place', () => {
  const at = (over: Json): Json => bundle([slot(), schedule(), practitioner(), role(over)]);
  it.each<[string, Fate, Json]>(
    [
      ['that the role names and that is not there, though it contains another', 'unknown', '#lieu-9'],
      ['that the role names and that is no place', 'unknown', 'Practitioner/ps-1'],
    ].map(
      ([what, fate, reference]) => [what, fate, at({ location: [{ reference }] })] as [string, Fate, Json],
    ),
  )('%s: %s', (_what, fate, page) => {
    expect(fateOf(page)).toBe(fate);
  });

  it('of a role that names another practitioner in a list: unknown', () => {
    const other = practitioner({ id: 'ps-2', identifier: [{ value: OTHER }] });
    const page = bundle([
      slot(),
      schedule(),
      practitioner(),
      other,
      role({ practitioner: [{ reference: 'Practitioner/ps-2' }] }),
    ]);
    expect(fateOf(page)).toBe('unknown');
  });

  it('whose postal code is a number is read with its zero, and 0 is none', () => {
    const address = contained().address as Json;
    const coded = (postalCode: number): Json =>
      at({ contained: [contained({ address: { ...address, postalCode } })] });
    expect([81000, 1000, 999, 0].map((code) => fateOf(coded(code)))).toEqual([
      'shown',
      'shown',
      'unknown',
      'unknown',
    ]);
  });

  it('that the role contains and does not name is its place', () => {
    expect(fateOf(at({ location: undefined }))).toBe('shown');
    expect(fateOf(at({ location: [{ display: 'Cabinet' }] }))).toBe('shown');
    expect(fateOf(at({ location: undefined, contained: [contained(), contained({ id: 'b' })] }))).toBe(
      'unknown',
    );
  });
});

describe('numbers of a practitioner', () => {
  const named = (...identifier: Json[]): Json =>
    bundle([slot(), schedule(), practitioner({ identifier }), role()]);
  it.each<[string, Fate, Json]>([
    ['that he had once', 'unknown', named({ value: RPPS, use: 'old' })],
    [
      'that he had once, beside another’s',
      'unknown',
      named({ value: RPPS, use: 'old' }, { value: '899900000033' }),
    ],
    ['of two who are asked', 'unknown', named({ value: RPPS }, { value: OTHER })],
    ['of a system that is no text', 'unknown', named({ system: 0, value: RPPS })],
    ['of another system', 'unknown', named({ system: 'https://vendor.example/ids', value: RPPS })],
  ])('%s: %s', (_what, fate, page) => {
    expect(fateOf(page)).toBe(fate);
  });

  it('[slot-holder-ambiguous] of whom the old one and the new one are asked: both unknown', () => {
    const page = named({ value: OTHER, use: 'old' }, { value: RPPS });
    expect(readCounted(page, { subjects }).doubts).toEqual([
      { rule: 'slot-holder-ambiguous', subjects: [OTHER, RPPS] },
    ]);
    expect(fateOf(page, { subjects: [RPPS] })).toBe('shown');
  });
});

describe('a slot', () => {
  it.each<[string, Fate, Json | Json[]]>([
    ['both free and busy under one id', 'unknown', twin({ status: 'busy' })],
    ['both free and of no status under one id', 'unknown', twin({ status: undefined })],
    ['free, beside one that is busy under another id', 'shown', twin({ id: 'slot-2', status: 'busy' })],
    [
      'free at two hours under one id',
      'shown',
      twin({ start: '2026-11-24T12:00+01:00', end: '2026-11-24T12:20+01:00' }),
    ],
    ['whose status is in capitals', 'shown', answer([slot({ status: 'FREE' })])],
    ['whose start has a blank for its T', 'unknown', answer([slot({ start: '2026-11-24 10:00:00' })])],
    ['whose agenda is on the next page', 'shown', [bundle([free]), bundle([schedule(), ...around])]],
    [
      'whose agenda is told by an identifier',
      'unknown',
      bundle([slot({ schedule: { identifier: { value: '1' } } }), schedule(), ...around]),
    ],
    [
      'whose reference has another host for a base',
      'unknown',
      bundle([
        slot({ schedule: { reference: '//b.example/fhir/Schedule/schedule-1' } }),
        schedule(),
        ...around,
      ]),
    ],
    [
      'whose reference has a scheme of its own',
      'unknown',
      bundle([
        slot({ schedule: { reference: 'ftp://vendor.example/fhir/Schedule/schedule-1' } }),
        schedule(),
        ...around,
      ]),
    ],
    [
      'whose reference has a path of its own',
      'unknown',
      bundle([slot({ schedule: { reference: '/cabinet-b/Schedule/schedule-1' } }), schedule(), ...around]),
    ],
    [
      'whose reference has a scheme that is none',
      'unknown',
      bundle([
        slot({ schedule: { reference: 'httpsU//vendor.example/fhir/Schedule/schedule-1' } }),
        schedule(),
        ...around,
      ]),
    ],
  ])('%s: %s', (_what, fate, pages) => {
    expect(fateOf(pages)).toBe(fate);
  });

  it('of a kind that another system calls PRO has no kind, in SOS too', () => {
    const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'PRO' };
    const page = sosAnswer([slot({ meta: { security: [label] } })]);
    expect(fateOf(page, { flow: 'SOS', subjects: [SIRET] })).toBe('shown');
  });
});

describe('bytes', () => {
  it.each<[string, Fate, string | Buffer]>([
    ['a mark and UTF-16', 'shown', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['JSON by lines', 'unknown', `${text}\n${text}`],
    ['a status twice', 'unknown', text.replace('"status":"free"', '"status":"free","status":"busy"')],
    [
      'a status twice, once escaped',
      'unknown',
      text.replace('"status":"free"', '"status":"free","\\u0073tatus":"busy"'),
    ],
    [
      'a reference twice',
      'unknown',
      text.replace(
        '"reference":"Schedule/schedule-1"',
        '"reference":"Schedule/9","reference":"Schedule/schedule-1"',
      ),
    ],
    [
      'a resource twice',
      'unknown',
      text.replace('"resource":{"resourceType":"Slot"', '"resource":{},"resource":{"resourceType":"Slot"'),
    ],
    [
      'a total twice',
      'unknown',
      text.replace('"type":"searchset"', '"type":"searchset","total":40,"total":1'),
    ],
    ['colons and quotes in texts', 'shown', text.replace('Renouvellement', 'à: \\"b\\": {\\"c\\":1}')],
  ])('with %s: %s', async (_what, fate, body) => {
    expect(await fateOfBytes(Buffer.from(body as string))).toBe(fate);
  });

  it('said to be compressed, and not: unknown', async () => {
    expect(await fateOfBytes(Buffer.from(text), 'gzip')).toBe('unknown');
    expect(await fateOfBytes(gzipSync(text), 'gzip')).toBe('shown');
  });
});

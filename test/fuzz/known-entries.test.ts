// A vendor's answers in any order and any mutation are read the same with a memory of all the answers before as
// without: nobody's data under another's key. Replay with FUZZ_SEED=n.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownEntries } from '../../relay/reading/bundle-bytes/known-entries.ts';
import { asList } from '../../shared/fhir/json.ts';
import type { Flow } from '../../shared/sas/query.ts';
import type { ReadAnswer } from '../../shared/sas/read/answer-reader.ts';
import { ReaderMemory } from '../../shared/sas/read/reader-memory.ts';
import { makeReader } from '../support/oracles/read-answer.ts';
import {
  bundle,
  contained,
  ESTABLISHMENT,
  type Json,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../support/samples/vendor-bundle.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(400);
const OTHERS = ['899900000025', '899900000033'];
const SUBJECTS = [RPPS, ...OTHERS];

/** Who, under whose ids, at what hour, with a second identifier, at a place beside his role. */
const person = fc.record({
  who: fc.nat(2),
  ids: fc.nat(2),
  hour: fc.integer({ min: 10, max: 18 }),
  hasTwo: fc.boolean(),
  isBeside: fc.boolean(),
  cpts: fc.constantFrom(undefined, 'there', 'missing'),
  city: fc.constantFrom('Albi', 'Foix'),
});
type Person = typeof person extends fc.Arbitrary<infer Value> ? Value : never;

function identifierOf(who: number): Json {
  return { system: 'urn:oid:1.2.250.1.71.4.2.1', value: SUBJECTS[who % SUBJECTS.length] };
}

/** A slot for a CPTS whose resources may be those of another one, or not there. */
const cptsSlot = {
  meta: { security: [{ code: 'PUBLIC' }, { code: 'CPTS' }] },
  serviceType: [
    {
      coding: [{ system: ESTABLISHMENT, code: '604' }],
      extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/hs' } }],
    },
  ],
};

function cptsOf(number: number): Json[] {
  return [
    { resourceType: 'HealthcareService', id: 'hs', providedBy: { reference: 'Organization/o' } },
    { resourceType: 'Organization', id: 'o', identifier: [{ value: `199000000${number}` }] },
  ];
}

function entriesOf({ who, ids, hour, hasTwo, isBeside, cpts, city }: Person): Json[] {
  const at = (hours: number): string => `2026-11-24T${hours}:00:00.000+01:00`;
  const place = contained({ address: { line: ['1 rue Imaginaire'], city, postalCode: '81000' } });
  return [
    slot({
      id: `slot-${ids}`,
      schedule: { reference: `Schedule/s-${ids}` },
      start: at(hour),
      end: at(hour + 1),
      ...(cpts === undefined ? {} : structuredClone(cptsSlot)),
    }),
    ...(cpts === 'there' ? cptsOf(who) : []),
    schedule({
      id: `s-${ids}`,
      actor: [{ reference: `Practitioner/p-${ids}` }, { reference: `PractitionerRole/r-${ids}` }],
    }),
    practitioner({
      id: `p-${ids}`,
      identifier: hasTwo ? [identifierOf(who), identifierOf(who + 1)] : [identifierOf(who)],
      name: [{ family: `Fictive-${who}` }],
    }),
    role({
      id: `r-${ids}`,
      practitioner: { reference: `Practitioner/p-${ids}` },
      ...(isBeside
        ? { contained: [], location: [{ reference: 'Location/lieu-1' }] }
        : { contained: [place] }),
    }),
    ...(isBeside ? [{ resourceType: 'Location', ...place }] : []),
  ];
}

const answer = fc.record({
  people: fc.array(person, { minLength: 1, maxLength: 5 }),
  flow: fc.constantFrom<Flow>('INT_R01', 'INT_R04', 'SOS'),
  changes: fc.array(
    fc.record({
      at: fc.nat(),
      value: fc.oneof(fc.jsonValue(), fc.constantFrom('r-0', 'p-1', 'Location/l')),
    }),
    { maxLength: 2 },
  ),
  asked: fc.subarray(SUBJECTS, { minLength: 1 }),
});
type Answer = typeof answer extends fc.Arbitrary<infer Value> ? Value : never;

function pageOf({ people, flow, changes }: Answer): Json {
  const page =
    flow === 'SOS'
      ? sosAnswer([slot()], { location: { name: null }, organization: { name: `SOS ${people.length}` } })
      : bundle(people.flatMap(entriesOf));
  for (const { at, value } of changes) {
    const nodes: [Json, string][] = [];
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        nodes.push([node as Json, key]);
        walk((node as Json)[key]);
      }
    };
    walk(page);
    const [holder, key] = nodes[at % nodes.length] as [Json, string];
    holder[key] = structuredClone(value);
  }
  return page;
}

describe(`with seed ${SEED}`, () => {
  it('reads a vendor the same with and without memory', () => {
    let shown = 0;
    let met = 0;
    fc.assert(
      fc.property(fc.array(answer, { minLength: 2, maxLength: 12 }), (answers) => {
        const known = new KnownEntries();
        const memory = new ReaderMemory();
        const seen = new WeakSet<object>();
        for (const one of answers) {
          const body = Buffer.from(JSON.stringify(pageOf(one)));
          const parsed: unknown = JSON.parse(body.toString());
          const { flow } = one;
          const subjects = flow === 'SOS' ? [SIRET] : one.asked;
          const read = (page: unknown, memories: { memory?: ReaderMemory }): ReadAnswer => {
            const reader = makeReader({ flow, subjects, ...memories });
            reader.add(page);
            return reader.finish();
          };
          const found = known.read(body, { depthMax: 64, valuesMax: 100_000 });
          const page = typeof found === 'object' ? found.json : parsed;
          expect(page).toEqual(parsed);
          const answered = read(page, { memory });
          expect(answered).toEqual(read(parsed, {}));
          shown += answered.shown;
          for (const item of asList((page as Json).entry)) {
            if (typeof item !== 'object' || item === null) continue;
            if (seen.has(item)) met += 1;
            seen.add(item);
          }
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(shown).toBeGreaterThan(RUNS);
    expect(met).toBeGreaterThan(RUNS);
  });
});

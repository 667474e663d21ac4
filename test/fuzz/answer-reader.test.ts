// Whatever a vendor sends, the reader does not throw, every slot is shown or dropped for one reason, and what is
// shown makes a Bundle without a broken rule. Replay with FUZZ_SEED=n.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../shared/sas/query.ts';
import type { CallResult } from '../../worker/hub/call-result.ts';
import { bundleText } from '../../worker/search/bundle.ts';
import { mergeAnswers } from '../support/oracles/answered.ts';
import { errorsOf } from '../support/oracles/bundle-checks.ts';
import { readPages } from '../support/oracles/read-answer.ts';
import {
  answer,
  bundle,
  ESTABLISHMENT,
  FROM,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
  TO,
} from '../support/samples/vendor-bundle.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(1_500);
function readAndMerge(page: unknown, flow: Flow): { text: string; received: number; shown: number } {
  const subjects = [flow === 'SOS' ? SIRET : RPPS];
  const read = readPages([page], { flow, subjects });
  const result: CallResult = {
    call: { vendor: 'agenda-a', subjects },
    answer: { call: 0, ...read, durationMs: 0, bytes: 0, pages: 1, noStore: false },
  };
  const query = { flow, window: { fromMs: FROM, toMs: TO }, subjects };
  const merged = mergeAnswers([result], { query, nowMs: NOW });
  expect(merged.total).toBe(read.shown);
  return {
    text: bundleText(
      { id: 'id', flow, total: merged.total, selfUrl: 'https://edge.example/fhir/Slot?a=b' },
      merged.entries,
    ),
    received: read.received,
    shown: read.shown,
  };
}

function expectConformant(page: unknown, flow: Flow): number {
  const { text, shown } = readAndMerge(page, flow);
  const window = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() };
  expect(errorsOf(JSON.parse(text), { flow, subjects: [flow === 'SOS' ? SIRET : RPPS], window })).toEqual([]);
  return shown;
}

const cptsPage = (): Json =>
  bundle([
    slot({
      meta: { security: [{ code: 'PUBLIC' }, { code: 'CPTS' }] },
      serviceType: [
        {
          coding: [{ system: ESTABLISHMENT, code: '604' }],
          extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/hs' } }],
        },
      ],
    }),
    slot({ id: 'slot-2', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
    schedule(),
    practitioner(),
    role(),
    { resourceType: 'HealthcareService', id: 'hs', providedBy: { reference: 'Organization/o' } },
    {
      resourceType: 'Organization',
      id: 'o',
      name: 'CPTS fictive',
      identifier: [{ value: '1990000009' }],
      telecom: [{ system: 'phone', value: '0561000003' }],
    },
  ]);
const PAGES: Readonly<Record<Flow, () => Json>> = {
  INT_R01: () =>
    answer([slot(), slot({ id: 'slot-2', start: '2026-11-24T11:00:00+01:00', end: '2026-11-24T11:20:00Z' })]),
  INT_R04: cptsPage,
  SOS: () => sosAnswer([slot(), slot({ id: 'slot-2', start: '2026-11-24T11:00', end: '2026-11-24T11:20' })]),
};

/** Every node of a JSON tree as the holder and key under which it stands. */
function nodesOf(value: unknown, found: [Json, string][] = []): [Json, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Json, key]);
    nodesOf((value as Json)[key], found);
  }
  return found;
}

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    '\ud800',
    '__proto__',
    '#',
    'a'.repeat(5_000),
    1e308,
    -0,
    [],
    {},
    [[]],
    { toString: null },
    { reference: {} },
    [null],
    null,
    'urn:oid:',
    '2026-02-30T00:00:00.000+01:00',
    ' x ',
    'x\u0000y',
  ),
  fc.string({ unit: 'grapheme' }),
);

describe(`with seed ${SEED}`, () => {
  it('reads any JSON without throwing', () => {
    let exercised = 0;
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom<Flow>('INT_R01', 'INT_R04', 'SOS'), (value, flow) => {
        readAndMerge(value, flow);
        readAndMerge(
          { resourceType: 'Bundle', type: 'searchset', entry: [{ resource: value }, value] },
          flow,
        );
        exercised += 1;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(exercised).toBe(RUNS);
  });

  it.each<Flow>(['INT_R01', 'INT_R04', 'SOS'])(
    'makes a conformant Bundle of any mutation of a sound %s answer',
    (flow) => {
      let shown = 0;
      expect(expectConformant(PAGES[flow](), flow)).toBeGreaterThan(0);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(), hostile, fc.constantFrom('set', 'drop', 'double')), {
            minLength: 1,
            maxLength: 4,
          }),
          (changes) => {
            const page = PAGES[flow]();
            for (const [at, value, how] of changes) {
              const nodes = nodesOf(page);
              if (nodes.length === 0) break;
              const [holder, key] = nodes[at % nodes.length] as [Json, string];
              if (how === 'set') holder[key] = structuredClone(value);
              else if (how === 'drop') delete holder[key];
              else if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
            }
            shown += expectConformant(JSON.parse(JSON.stringify(page)), flow);
          },
        ),
        { seed: SEED, numRuns: RUNS },
      );
      expect(shown).toBeGreaterThan(RUNS / 4);
    },
  );
});

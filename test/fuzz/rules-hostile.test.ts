// Hostile JSON against every judge: never a throw, never more findings than the limit, and work that grows with
// the input, not with its square. Replay with FUZZ_SEED=<the seed in the title>.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBundle } from '../../shared/sas/rules/bundle.ts';
import { FINDING_COUNT_MAX } from '../../shared/sas/rules/r4/checker.ts';
import { judgeSlot } from '../../shared/sas/rules/slot.ts';
import { RULES } from '../../shared/sas/rules/table/table.ts';
import { apply } from '../support/samples/edit.ts';
import { SUBJECTS, type Subject } from '../support/samples/subjects.ts';
import * as bundles from '../support/samples/valid/bundles.ts';
import * as valid from '../support/samples/valid/resources.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUN_COUNT = drawn(150);
const subjects: readonly (readonly [string, Subject])[] = Object.entries(SUBJECTS);

/** Values that parsers and validators trip over, beside what fast-check invents. */
const nasty = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  fc.constantFrom<unknown>(
    JSON.parse('{"__proto__":{"resourceType":"Slot"}}'),
    JSON.parse('{"constructor":{"prototype":1},"toString":null,"hasOwnProperty":5}'),
    '\ud800',
    'a\udc00b',
    '#',
    '#/',
    '/',
    1e308,
    -0,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    'x'.repeat(70_000),
    [[[[]]]],
    [null, null],
  ),
);

/** Keys that exist in R4, so that the fuzz goes deeper than "unknown element". */
const key = fc.constantFrom(
  ...'resourceType id meta profile security contained extension url valueReference reference identifier system'.split(
    ' ',
  ),
  ...'value type coding code text actor location organization telecom address line name given period start'.split(
    ' ',
  ),
  ...'end entry resource search mode fullUrl link total status participant _status _given __proto__ serviceType'.split(
    ' ',
  ),
);

const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    nasty,
    fc.constantFrom<unknown>(
      'Slot',
      'Schedule',
      'free',
      'urn:oid:1.2.250.1.71.4.2.1',
      '2026-03-02T09:00:00.000+01:00',
    ),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).node;

function pathsOf(value: unknown, text = ''): readonly string[] {
  const own = text === '' ? [] : [text];
  if (Array.isArray(value)) return [...own, ...value.flatMap((item, n) => pathsOf(item, `${text}[${n}]`))];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([k, item]) => pathsOf(item, text === '' ? k : `${text}.${k}`)),
  ];
}

/** How often the judge looks at an element of the input: its work, without a clock. */
function countReads(value: object, judge: (value: unknown) => unknown): number {
  let reads = 0;
  const handler: ProxyHandler<object> = {
    get(target, property, receiver) {
      reads += 1;
      const found: unknown = Reflect.get(target, property, receiver);
      return typeof found === 'object' && found !== null ? new Proxy(found, handler) : found;
    },
  };
  judge(new Proxy(value, handler));
  return reads;
}

describe(`hostile JSON (seed ${SEED})`, () => {
  it.each(subjects)('arbitrary values in place of %s', (_, { judge }) => {
    fc.assert(
      fc.property(fc.oneof(nasty, tree), (value) => {
        expect(judge(value).length).toBeGreaterThan(0);
      }),
      { seed: SEED, numRuns: RUN_COUNT },
    );
  });

  it.each(subjects)('arbitrary values inside %s', (_, { make, judge }) => {
    const paths = pathsOf(make());
    let broken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(nasty, tree), (path, value) => {
        const sample = structuredClone(make());
        apply(sample, path, value);
        const findings = judge(sample);
        if (findings.length > 0) broken += 1;
        expect(findings.length).toBeLessThanOrEqual(2 * FINDING_COUNT_MAX);
        for (const { rule, expression } of findings) {
          expect(RULES[rule]).toBeDefined();
          expect(expression).toMatch(/^[A-Z][A-Za-z]+(\.\w+|\[\d+\])*$/);
        }
      }),
      { seed: SEED, numRuns: RUN_COUNT },
    );
    expect(broken).toBeGreaterThan(RUN_COUNT / 2);
  });

  it.each([
    ['extensions', '{"url":"x","extension":[', ']}'],
    ['unknown objects', '{"a":', '}'],
    ['lists', '[', ']'],
    ['contained resources', '{"resourceType":"Basic","contained":[', ']}'],
  ])('10,000 levels of %s', (_, open, close) => {
    const deep: unknown = JSON.parse(`${open.repeat(10_000)}1${close.repeat(10_000)}`);
    for (const [, { make, judge }] of subjects) {
      for (const element of ['extension', 'contained', 'identifier', 'entry', 'serviceType', 'participant']) {
        for (const value of [deep, [deep]]) {
          expect(judge({ ...make(), [element]: value }).length).toBeGreaterThan(0);
        }
      }
      judge(deep);
    }
  });

  it('100,000 unknown elements, 100,000 codings, 100,000 empty entries', () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`e${n}`, n]));
    expect(judgeSlot({ ...valid.individualSlot(), ...wide }, 'individual')).toHaveLength(FINDING_COUNT_MAX);
    const coding = Array.from({ length: 100_000 }, () => ({ system: 'x', code: 'y' }));
    const slot = { ...valid.individualSlot(), serviceType: [{ coding }] };
    expect(judgeSlot(slot, 'cpts').length).toBeLessThanOrEqual(2 * FINDING_COUNT_MAX);
    const entry = Array.from({ length: 100_000 }, () => ({}));
    expect(judgeBundle({ ...bundles.individualBundle(), entry }, 'INT_R01')).toHaveLength(FINDING_COUNT_MAX);
  });

  // Seed 1 of the property above: template strings and String() throw on such an object.
  it('an object that has no text form, wherever a text belongs', () => {
    for (const [, { make, judge }] of subjects) {
      for (const path of pathsOf(make())) {
        const sample = structuredClone(make());
        apply(sample, path, JSON.parse('{"toString":null,"valueOf":null}'));
        expect(judge(sample).length).toBeGreaterThan(0);
      }
    }
  });

  it('the prototype is no element', () => {
    const slot: unknown = JSON.parse(`{"__proto__":${JSON.stringify(valid.individualSlot())}}`);
    expect(judgeSlot(slot, 'individual')).toEqual([
      { rule: 'r4-resource-type', expression: 'Slot', expected: 'Slot' },
    ]);
    const inside: unknown = JSON.parse(
      JSON.stringify(valid.individualSlot()).replace('"id"', '"__proto__":{},"id"'),
    );
    expect(judgeSlot(inside, 'individual').map(({ rule }) => rule)).toEqual(['r4-element-unknown']);
  });

  it('5,000 times the same entry costs ten times 500 times the same entry', () => {
    const same = (count: number): object => ({
      ...bundles.individualBundle(),
      total: count,
      entry: Array.from({ length: count }, () => bundles.entry(valid.individualSlot(), 'match')),
    });
    const small = countReads(same(500), (value) => judgeBundle(value, 'INT_R01'));
    const large = countReads(same(5_000), (value) => judgeBundle(value, 'INT_R01'));
    expect(large / small).toBeLessThan(12);
  });

  it.each(['INT_R01', 'INT_R04', 'SOS'] as const)(
    'ten times the slots cost ten times the reads: %s',
    (flow) => {
      const small = countReads(bundles.largeBundle(flow, 500), (value) => judgeBundle(value, flow));
      const large = countReads(bundles.largeBundle(flow, 5_000), (value) => judgeBundle(value, flow));
      expect(large / small).toBeLessThan(12);
      expect(large / small).toBeGreaterThan(5);
    },
  );
});

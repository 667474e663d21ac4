import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shapeSignature } from '../../../shared/sas/read/elements/shape-signature.ts';
import { slot } from '../../support/samples/vendor-bundle.ts';

const word = fc.constantFrom<unknown>(
  undefined,
  '',
  'a',
  'AMB',
  '1:a',
  '-',
  ';',
  '\n',
  'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  3,
  null,
);
const coding = fc.record({ system: word, code: word, display: word }, { requiredKeys: [] });
const concept = fc.record(
  {
    coding: fc.array(coding, { maxLength: 2 }),
    text: word,
    extension: fc.array(fc.record({ url: word, valueReference: fc.record({ reference: word }) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [] },
);
const shape = fc.record(
  {
    meta: fc.record({ security: fc.array(coding, { maxLength: 2 }) }),
    serviceType: fc.array(concept, { maxLength: 3 }),
    specialty: fc.array(concept, { maxLength: 2 }),
    appointmentType: concept,
  },
  { requiredKeys: [] },
);
const seen = (value: object): string => JSON.stringify(value);

it('is the same for two slots only when all that the shape is read from is the same', () => {
  let pairs = 0;
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      pairs += 1;
      expect(shapeSignature(slot({ ...a, id: '1' }))).toBe(
        shapeSignature(slot({ ...structuredClone(a), id: '2' })),
      );
      if (shapeSignature(a) === shapeSignature(b)) expect(normal(a)).toBe(normal(b));
    }),
    { numRuns: 3_000 },
  );
  expect(pairs).toBe(3_000);
});

/** What is absent and what is an empty list read alike. */
function normal(value: {
  meta?: { security: unknown[] };
  serviceType?: unknown[];
  specialty?: unknown[];
  appointmentType?: object;
}): string {
  const strip = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(strip);
    if (typeof item !== 'object' || item === null) return item;
    const entries = Object.entries(item).filter(
      ([key, inner]) =>
        !(key !== 'appointmentType' && Array.isArray(inner) && inner.length === 0) && inner !== undefined,
    );
    return Object.fromEntries(entries.map(([key, inner]) => [key, strip(inner)]).sort());
  };
  const { meta, serviceType, specialty, appointmentType } = value;
  return seen([
    strip(meta?.security ?? []),
    strip(serviceType ?? []),
    strip(specialty ?? []),
    appointmentType === undefined ? null : strip(appointmentType),
  ]);
}

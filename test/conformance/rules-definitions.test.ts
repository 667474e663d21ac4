// The tables of the validators against the guide's own definitions: every element of every snapshot is in our R4
// shapes with the right cardinality, every code list and canonical URL is the package's. Skipped, and said so,
// when the package is not beside the checkout (../shared/ig).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXTENSION, PROFILE } from '../../shared/sas/canonical.ts';
import { type Field, SHAPES, type Shape } from '../../shared/sas/rules/r4/shapes.ts';
import * as terms from '../../shared/sas/terms.ts';

const DEFINITIONS = resolve(import.meta.dirname, '../../../shared/ig/definitions');
const present = existsSync(DEFINITIONS);

interface Element {
  readonly id: string;
  readonly path: string;
  readonly base: { readonly max: string };
}

interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly type?: string;
  readonly snapshot?: { readonly element: readonly Element[] };
  readonly compose?: {
    readonly include: readonly { readonly concept?: readonly { readonly code: string }[] }[];
  };
}

function load(prefix: string): readonly Definition[] {
  if (!present) return [];
  return readdirSync(DEFINITIONS)
    .filter((file) => file.startsWith(prefix))
    .map((file) => JSON.parse(readFileSync(join(DEFINITIONS, file), 'utf8')));
}

/** The field at a path below a resource; `loose` below a type that has no shape. */
function fieldAt(path: readonly string[]): Field | 'loose' | undefined {
  let shape: Shape | undefined = SHAPES.get(path[0] ?? '');
  let field: Field | undefined;
  for (const name of path.slice(1)) {
    if (shape === undefined) return 'loose';
    field = shape.fields.get(name);
    shape = field?.shape;
  }
  return field;
}

if (!present) console.log('skipped: the definitions of the guide are not beside the project (../shared/ig)');

describe.skipIf(!present)('definitions of the guide', () => {
  const profiles = load('StructureDefinition-').filter(({ type }) => type !== 'Extension');

  it.each(profiles.map((profile) => [profile.id, profile] as const))(
    '%s: every element has its place',
    (_, profile) => {
      const wrong: string[] = [];
      for (const { path, base } of profile.snapshot?.element ?? []) {
        const steps = path.split('.');
        // Extensions are modelled by their own type, whose values are `valueX`, not `value[x]`.
        if (steps.length < 2 || path.includes('[x]') || steps.slice(1, -1).includes('extension')) continue;
        const field = fieldAt(steps);
        if (field === 'loose') continue;
        if (field === undefined || field.many !== (base.max === '*')) wrong.push(path);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('have the canonical URLs we emit', () => {
    const urls = new Set(load('StructureDefinition-').map(({ url }) => url));
    const ours = [...Object.values(PROFILE), EXTENSION.slotService, terms.ORIENTATION_EXTENSION];
    expect(ours.filter((url) => !urls.has(url))).toEqual([]);
  });

  it.each([
    ['sas-cpts-valueset-typecreneau', terms.KINDS],
    ['sas-sos-valueset-typecreneau', terms.SOS_KINDS],
    ['sas-valueset-typeconsultation', terms.SAS_ACTS],
    ['sas-valueset-appointmentreason', terms.APPOINTMENT_TYPES],
    ['sas-valueset-participant-status', terms.PARTICIPANT_STATUSES],
    ['sas-valueset-typeidentifiant', terms.OPERATOR_TYPES],
  ] as const)('%s has our codes', (id, ours) => {
    const valueSet = load('ValueSet-').find((definition) => definition.id === id);
    const codes = (valueSet?.compose?.include ?? []).flatMap(({ concept }) =>
      (concept ?? []).map(({ code }) => code),
    );
    expect([...codes].sort()).toEqual([...ours].map(String).sort());
  });
});

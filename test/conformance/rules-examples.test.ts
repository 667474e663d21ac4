// Every example of the guide, judged by the profile it declares. docs/divergences.md lists the rules they
// break: the two must say the same, in both directions. The package is not part of the project: without it
// beside the checkout (../shared/ig), this file is skipped and says so.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROFILE } from '../../shared/sas/canonical.ts';
import { judgeAppointment } from '../../shared/sas/rules/appointment/appointment.ts';
import { judgeBundle } from '../../shared/sas/rules/bundle.ts';
import type { Finding } from '../../shared/sas/rules/r4/checker.ts';
import { judgeRegulator } from '../../shared/sas/rules/regulator.ts';
import { judgeSlot } from '../../shared/sas/rules/slot.ts';
import { RULES } from '../../shared/sas/rules/table/table.ts';
import {
  judgeHealthcareService,
  judgeLocation,
  judgeOrganization,
  judgePractitioner,
  judgePractitionerRole,
  judgeSchedule,
} from '../support/oracles/entry-judges.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = resolve(ROOT, '../shared/ig/examples');
const present = existsSync(EXAMPLES);

const JUDGES: Readonly<Record<string, (value: unknown) => readonly Finding[]>> = {
  [PROFILE.bundleIndividual]: (value) => judgeBundle(value, 'INT_R01'),
  [PROFILE.bundleCpts]: (value) => judgeBundle(value, 'INT_R04'),
  [PROFILE.bundleSos]: (value) => judgeBundle(value, 'SOS'),
  [PROFILE.slotIndividual]: (value) => judgeSlot(value, 'individual'),
  [PROFILE.slotCpts]: (value) => judgeSlot(value, 'cpts'),
  [PROFILE.slotSos]: (value) => judgeSlot(value, 'sos'),
  [PROFILE.schedule]: (value) => judgeSchedule(value, 'individual'),
  [PROFILE.scheduleSos]: (value) => judgeSchedule(value, 'sos'),
  [PROFILE.practitioner]: judgePractitioner,
  [PROFILE.practitionerRole]: judgePractitionerRole,
  [PROFILE.location]: (value) => judgeLocation(value, 'contained'),
  [PROFILE.locationSos]: (value) => judgeLocation(value, 'sos'),
  [PROFILE.healthcareService]: judgeHealthcareService,
  [PROFILE.organizationCpts]: (value) => judgeOrganization(value, 'cpts'),
  [PROFILE.organizationSos]: (value) => judgeOrganization(value, 'sos'),
  [PROFILE.appointment]: (value) => judgeAppointment(value, 'individual'),
  [PROFILE.appointmentSos]: (value) => judgeAppointment(value, 'sos'),
  [PROFILE.regulator]: judgeRegulator,
};

/** `example rule` pairs of the table in docs/divergences.md. */
function readDocumented(): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/divergences.md'), 'utf8');
  const [, section = ''] = text.split('### Exemples du guide');
  return [...section.matchAll(/^\| (\S+) \| `([a-z0-9-]+)` \|/gm)].map(([, name, rule]) => `${name} ${rule}`);
}

function judgeExample(file: string): readonly string[] {
  const value: { meta: { profile: readonly string[] } } = JSON.parse(
    readFileSync(join(EXAMPLES, file), 'utf8'),
  );
  const judge = JUDGES[value.meta.profile[0] ?? ''];
  if (judge === undefined) throw new Error(`${file}: no judge for ${value.meta.profile[0]}`);
  return [...new Set(judge(value).map(({ rule }) => `${file.replace(/\.json$/, '')} ${rule}`))];
}

if (!present) console.log('skipped: the examples of the guide are not beside the project (../shared/ig)');

describe.skipIf(!present)('examples of the guide', () => {
  const files = present ? readdirSync(EXAMPLES).filter((file) => file.endsWith('.json')) : [];

  it('break exactly the rules that docs/divergences.md lists', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap(judgeExample).sort()).toEqual([...readDocumented()].sort());
  });

  it('declare profiles that all have a judge', () => {
    expect(Object.keys(JUDGES).sort()).toEqual(Object.values(PROFILE).sort());
  });
});

describe('docs/divergences.md', () => {
  it('names only rules that exist', () => {
    expect(readDocumented().filter((pair) => !((pair.split(' ')[1] ?? '') in RULES))).toEqual([]);
  });
});

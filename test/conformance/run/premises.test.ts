// A requirement is judged on what it speaks of, or not at all: without its premise in the vendor's data it is neither
// green nor red, and the report says what is missing.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunInputs } from '../../../conformance/inputs.ts';
import type { Report } from '../../../conformance/report/model.ts';
import type { KnownPractitioner } from '../../../sandbox/vendors/world/directory.ts';
import {
  type ConformanceScene,
  find,
  openConformance,
  runReport,
  SEARCHES_ONLY,
} from '../../support/scenes/conformance-scene.ts';

const ONE_PLACE = ['A7', 'A8', 'A17'];
const TWO_PLACES = ['A29', 'A30', 'A31', 'A32', 'A33'];
const ANY_PLACE = ['A9', 'A10', 'A11', 'A16', 'A18', 'A19'];
const ONE_CPTS = ['A25', 'A26', 'A27', 'A28', 'A46'];
const TWO_CPTS = ['A40', 'A41', 'A42', 'A43', 'A44', 'A45'];

let scene: ConformanceScene;
let known: readonly KnownPractitioner[];

beforeAll(async () => {
  scene = await openConformance();
  known = scene.rpps.flatMap(
    (rpps) =>
      scene.vendor.practice.directory.practitioners.find(({ person }) => person.identifier === rpps) ?? [],
  );
});

beforeEach(() => scene.vendor.reset());
afterAll(() => scene.close());

const run = (change: Partial<RunInputs>): Promise<Report> =>
  runReport(
    scene.inputs({ ...SEARCHES_ONLY, cpts: false, siret: [], kinds: undefined, types: undefined, ...change }),
  );

const rppsOf = (keep: (one: KnownPractitioner) => boolean): string[] =>
  known.filter(keep).map(({ person }) => person.identifier);

function expectAll(report: Report, ids: readonly string[], status: string, note?: RegExp): void {
  for (const id of ids) {
    const found = find(report, id);
    expect([id, found.status]).toEqual([id, status]);
    if (note !== undefined) expect(found.note).toMatch(note);
  }
}

describe('one practitioner alone', () => {
  test('of two places is judged as such, and nothing is said of one place', async () => {
    const [two = ''] = rppsOf(({ roles }) => roles.length === 2);
    const report = await run({ rpps: [two] });
    expect(report.counts.failed).toBe(0);
    expectAll(
      report,
      ONE_PLACE,
      'skipped',
      new RegExp(`à un seul lieu \\(lieux reçus, ${two} : 2\\).*--rpps`),
    );
    expectAll(report, [...TWO_PLACES, ...ANY_PLACE], 'passed');
    expectAll(report, ['A34'], 'skipped', /--rpps A,B/);
  });

  test('of one place is judged as such, and nothing is said of two', async () => {
    const [one = ''] = rppsOf(({ roles }) => roles.length === 1);
    const report = await run({ rpps: [one] });
    expect(report.counts.failed).toBe(0);
    expectAll(report, TWO_PLACES, 'skipped', new RegExp(`à deux lieux \\(lieux reçus, ${one} : 1\\)`));
    expectAll(report, [...ONE_PLACE, ...ANY_PLACE], 'passed');
  });

  test.each([
    'duplicate-practitioner',
    'schedule-per-day',
    'absolute-refs',
    'unprefixed',
    'no-profile',
    'missing-includes',
    'someone-else',
  ])('never counts as one place and as two (%s)', async (fault) => {
    scene.vendor.setFaults(fault);
    for (const { person } of known.slice(0, 3)) {
      const report = await run({ rpps: [person.identifier] });
      const judged = (id: string): boolean => find(report, id).status !== 'skipped';
      expect([fault, judged('A7'), judged('A29')]).toEqual([fault, !judged('A29'), judged('A29')]);
    }
  });

  test('named by the engineer is judged as named', async () => {
    const [two = ''] = rppsOf(({ roles }) => roles.length === 2);
    expectAll(await run({ rpps: [two], onePlace: two }), ['A7', 'A8'], 'failed');
  });
});

describe('practitioners without slot in the window', () => {
  test('leave everything about slots unjudged, and nothing red', async () => {
    scene.vendor.setSettings({ slotsPerPractitioner: 0 });
    const report = await run({ cpts: true, kinds: ['PUBLIC'], types: ['AMB'], redirect: true });
    expect(report.counts.failed).toBe(0);
    const judged = report.requirements.filter(({ status }) => status === 'passed').map(({ id }) => id);
    expect(judged.filter((id) => /^[AO]/.test(id)).toSorted()).toEqual(
      ['A1', 'A2', 'A4', 'A20', 'A21'].flatMap((id) => [id, `${id}@CPTS`]).toSorted(),
    );
    expectAll(report, ['A3', 'A5', 'A6', 'A10', 'A12', 'A34', 'A38', 'O1'], 'skipped', /^Non jugé : /);
  });

  test('beside one who has some are told, and he is judged', async () => {
    const [one = ''] = rppsOf(({ roles }) => roles.length === 1);
    const report = await run({ rpps: ['899900999999', one] });
    expect(report.counts.failed).toBe(0);
    expect(find(report, 'A3')).toMatchObject({
      status: 'passed',
      note: expect.stringMatching(/^Non jugé pour tous : aucun créneau pour 899900999999/),
    });
    expectAll(report, [...ONE_PLACE, ...ANY_PLACE, 'A5', 'A6'], 'passed');
    expectAll(report, ['A34'], 'skipped', /deux professionnels qui ont des créneaux/);
  });
});

describe('CPTS and associations', () => {
  test('without slot of a CPTS, its requirements are not judged', async () => {
    const none = rppsOf(({ communities }) => communities.length === 0);
    const report = await run({ rpps: none, cpts: true });
    expect(report.counts.failed).toBe(0);
    expectAll(report, ONE_CPTS, 'skipped', /^Non jugé : .*une seule CPTS/);
    expectAll(report, TWO_CPTS, 'skipped', /^Non jugé : .*deux CPTS/);
  });

  test('CPTS slots without their HealthcareService are judged, not taken for none', async () => {
    scene.vendor.setFaults('missing-includes');
    const report = await run({ rpps: rppsOf(({ communities }) => communities.length > 0), cpts: true });
    expectAll(report, ['A25', 'A40'], 'failed');
    expectAll(report, ['A26', 'A28', 'A46'], 'skipped', /^Non jugé : aucun/);
  });

  test('an association without slot is not judged on them', async () => {
    const report = await run({ siret: ['399990000000099'] });
    expectAll(report, ['SOS1', 'SOS2', 'SOS3', 'SOS4', 'SOS7', 'SOS9'], 'skipped', /^Non jugé : /);
  });
});

describe('a check over nothing', () => {
  test('passes nothing when the included resources did not come', async () => {
    scene.vendor.setFaults('missing-includes');
    const report = await run({ rpps: scene.rpps.slice(0, 2) });
    expectAll(report, ['A11', 'A16', 'A18', 'A19', 'A35'], 'skipped', /^Non jugé : aucun/);
    expectAll(report, ['A10'], 'failed');
  });

  test('a content type is not judged when no answer came', async () => {
    scene.vendor.setFaults('reset-early');
    expectAll(await run({ rpps: scene.rpps.slice(0, 1) }), ['A4'], 'skipped', /^Non jugé : aucune réponse/);
  });

  test('an empty file of appointments passes nothing', async () => {
    const report = await run({ rpps: scene.rpps.slice(0, 1), appointments: [] });
    expectAll(report, ['RDV1', 'RDV4'], 'skipped', /^Non jugé : /);
  });

  test('a server that refuses every account shows no refusal', async () => {
    scene.vendor.setFaults({ kind: 'status-422', route: 'Practitioner' });
    const report = await run({ rpps: scene.rpps.slice(0, 1), accounts: true });
    expectAll(report, ['V1', 'V3', 'V13', 'V28'], 'failed');
    expectAll(report, ['V4', 'V5', 'V6', 'V7', 'V20', 'V27'], 'skipped', /^Non jugé : aucun compte complet/);
  });
});

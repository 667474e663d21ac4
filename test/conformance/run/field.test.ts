// What servers in the field were seen to send: the run names the fault, neither crashes nor passes it over, and takes
// nothing that it could not read for an absence.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  broken,
  type ConformanceScene,
  find,
  openConformance,
  runReport,
  SEARCHES_ONLY,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;

beforeAll(async () => {
  scene = await openConformance();
});

afterAll(() => scene.close());

const run = (faults: unknown) => {
  scene.vendor.reset();
  scene.vendor.setFaults(faults);
  return runReport(scene.inputs({ ...SEARCHES_ONLY, rpps: scene.rpps.slice(0, 3) }));
};

const BOTH = ['A6', 'SOS2'];

describe('the fault is named', () => {
  test.each([
    [{ kind: 'latin1' }, /pas en UTF-8/, BOTH],
    [{ kind: 'latin1', charset: 'iso-8859-1' }, /pas en UTF-8/, BOTH],
    [{ kind: 'latin1', charset: 'iso-8859-1' }, /charset=iso-8859-1, quand FHIR n’admet que UTF-8/, ['A4']],
    [[{ kind: 'latin1' }, { kind: 'gzip' }], /pas en UTF-8/, BOTH],
    [{ kind: 'entry-shape' }, /^Bundle\.entry n’est pas une liste/, BOTH],
    [{ kind: 'entry-shape', form: 'single' }, /^Bundle\.entry n’est pas une liste/, BOTH],
    [{ kind: 'entry-shape', form: 'nested' }, /^Une entrée n’est pas un objet/, BOTH],
    [{ kind: 'entry-shape', form: 'bundles' }, /^Une entrée porte un Bundle/, BOTH],
    [{ kind: 'entry-shape', form: 'absent' }, /total est le nombre de créneaux/, BOTH],
    [{ kind: 'mixed-bases' }, /fullUrl d’un Bundle ont la même base/, BOTH],
    [{ kind: 'mixed-bases', fullUrls: 'same' }, /fullUrl est unique/, BOTH],
    [{ kind: 'out-of-use' }, /Schedule hors service \(active = false\)/, BOTH],
    [{ kind: 'out-of-use', what: 'role' }, /PractitionerRole hors service/, ['A6']],
    [{ kind: 'out-of-use', what: 'location' }, /Location hors service \(status = suspended\)/, BOTH],
    [{ kind: 'out-of-use', what: 'modifier' }, /modificateur/, BOTH],
    ['outcome-incomplete', /dit elle-même qu’elle n’est pas entière/, BOTH],
    ['cut-short', /total est le nombre de créneaux/, BOTH],
    ['shared-schedule', /exactement un acteur Practitioner/, ['A6']],
    ['foreign-labels', /nature de créneau/, BOTH],
    ['foreign-labels', /jamais reçus : PUBLIC, PRO, SNP/, ['A38']],
    ['versioned-refs', /sans adresse ni version/, BOTH],
  ])('%j: %s in %j', async (faults, text, ids) => {
    const report = await run(faults);
    for (const id of ids) {
      const { status, problems } = find(report, id);
      expect([id, status]).toEqual([id, /^(A4|SOS2)$/.test(id) ? 'warning' : 'failed']);
      const named = problems.find((problem) => text.test(problem.text));
      expect(named, problems.map((problem) => problem.text).join('\n')).toBeDefined();
      expect(named?.fragment ?? named?.expression ?? named?.example).toBeDefined();
    }
  });
});

describe('what was not read is not absent', () => {
  test.each(['object', 'single', 'nested', 'bundles', 'absent'])(
    'entry as %s: nothing says that there is no slot',
    async (form) => {
      const report = await run({ kind: 'entry-shape', form });
      const notes = report.requirements
        .filter(({ status }) => status === 'skipped')
        .map(({ note = '' }) => note);
      expect(
        notes.filter((note) => /n’a de créneau|n’ont aucun créneau|aucun créneau pour/.test(note)),
      ).toEqual([]);
      expect(find(report, 'A3').note).toMatch(/\(A6\)\.$/);
      const passed = report.requirements.filter(({ status }) => status === 'passed').map(({ id }) => id);
      expect(passed.filter((id) => /^A(5|6|7|8|10|11|12|14|29|34|35|38)(@|$)/.test(id))).toEqual([]);
    },
  );

  test('an answer that is no Bundle is not taken for an empty one', async () => {
    const report = await run('not-bundle');
    expect(find(report, 'A10')).toMatchObject({
      status: 'skipped',
      note: 'Non jugé : aucun Bundle n’est reçu (A1, A2).',
    });
  });

  test('a sound answer has none of these faults', async () => {
    expect(broken(await run([]))).toEqual([]);
    expect(broken(await run('gzip'))).toEqual([]);
  });
});

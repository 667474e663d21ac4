// The whole run against a sound simulated vendor: practitioners, CPTS, SOS, accounts, redirect, certificates.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../conformance/report/model.ts';
import { makeReport } from '../../../conformance/report/model.ts';
import type { Run } from '../../../conformance/run.ts';
import {
  type ConformanceScene,
  find,
  openConformance,
  runOrThrow,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;
let run: Run;
let report: Report;

const range = (letter: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, rank) => `${letter}${first + rank}`);
const CHECKLIST = [
  ...range('S', 1, 7),
  ...range('D', 1, 6),
  'C1',
  ...range('A', 1, 46),
  ...[...range('A', 1, 4), ...range('A', 6, 24), ...range('A', 29, 39)].map((id) => `${id}@CPTS`),
  ...range('SOS', 1, 10),
  ...range('V', 1, 31),
  ...range('O', 1, 4),
  ...range('RDV', 1, 4),
];

beforeAll(async () => {
  scene = await openConformance();
  run = await runOrThrow(scene.inputs());
  report = makeReport(run);
});

afterAll(() => scene.close());

describe('a sound vendor', () => {
  test('passes every requirement; only the signed-in redirect is left to the eye', () => {
    const open = report.requirements.filter(({ status }) => status !== 'passed' && status !== 'declared');
    expect(open.map(({ id, status }) => [id, status])).toEqual([['O4', 'skipped']]);
  });

  test('meets each requirement of the checklist once', () => {
    expect(report.requirements.map(({ id }) => id).toSorted()).toEqual(CHECKLIST.toSorted());
  });

  test('is called by the relay’s own request, under its certificate', () => {
    const { requests } = scene.vendor.state();
    expect(
      requests.some(({ headers }) => headers.some(([, value]) => value.startsWith('passerelle-relay/'))),
    ).toBe(true);
    const searches = requests.filter(({ route }) => route === 'Practitioner');
    expect(searches.map(({ client }) => client?.cn)).toContain(scene.pki.relay.client.cn);
  });

  test('shows all it sends', () => {
    expect(report.reading.received).toBeGreaterThan(50);
    expect(report.reading).toMatchObject({ shown: report.reading.received, dropped: [], repaired: [] });
  });

  test('keeps no trial account active', async () => {
    const answer = await fetch(`${scene.vendor.controlUrl}/accounts`);
    const accounts = (await answer.json()) as { active: boolean }[];
    expect(accounts.length).toBeGreaterThan(4);
    expect(accounts.filter(({ active }) => active)).toEqual([]);
  });

  test('a second run finds no account of the first', async () => {
    const again = makeReport(await runOrThrow(scene.inputs({ now: () => run.startedMs + 1000 })));
    expect(again.counts.failed).toBe(0);
  });

  test('the report names nobody but those who were asked', () => {
    const text = JSON.stringify(report);
    for (const { person, roles } of scene.vendor.practice.directory.practitioners) {
      expect(text).not.toContain(person.family);
      for (const { place } of roles) {
        expect(text).not.toContain(place.line);
        if (place.phone !== undefined) expect(text).not.toContain(place.phone);
      }
      if (!scene.rpps.includes(person.identifier)) expect(text).not.toContain(person.identifier);
    }
  });
});

describe('inputs that are missing', () => {
  test('skip their requirements, each with its reason', async () => {
    const bare = scene.inputs({
      siret: [],
      cpts: false,
      accounts: false,
      redirect: false,
      kinds: undefined,
      types: undefined,
      certificates: undefined,
      declarations: undefined,
      appointments: undefined,
    });
    const skipped = makeReport(await runOrThrow(bare)).requirements.filter(
      ({ status }) => status === 'skipped',
    );
    expect(skipped.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'S2',
        'S3',
        'S4',
        'D1',
        'A25',
        'A38',
        'A39',
        'A46',
        'V1',
        'V31',
        'O1',
        'SOS1',
        'RDV1',
      ]),
    );
    expect(skipped.every(({ note }) => (note ?? '').length > 10)).toBe(true);
  });

  test('associations alone can be asked for', async () => {
    const alone = makeReport(await runOrThrow(scene.inputs({ rpps: [], cpts: false, accounts: false })));
    expect(alone.counts.failed).toBe(0);
    expect(find(alone, 'SOS2').status).toBe('passed');
    expect(find(alone, 'A1')).toMatchObject({ status: 'skipped', note: 'Donner --rpps.' });
  });
});

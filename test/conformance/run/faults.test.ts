// Every fault seeded in the simulated vendor is found, by the requirement that speaks of it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startVendor } from '../../../sandbox/vendors/vendor.ts';
import {
  broken,
  type ConformanceScene,
  find,
  openConformance,
  runReport,
  SEARCHES_ONLY,
  standing,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;

beforeAll(async () => {
  scene = await openConformance();
});

afterAll(() => scene.close());

const FOUND_BY: Readonly<Record<string, readonly string[]>> = {
  hang: ['S1', 'A1', 'A5'],
  'hang-body': ['S1', 'A1', 'A5'],
  slow: ['A1', 'A5'],
  'status-400': ['S1', 'A1', 'A5'],
  'status-401': ['S1', 'A1'],
  'status-404': ['S1', 'A1'],
  'status-422': ['S1', 'A1'],
  'status-429': ['S1', 'A1'],
  'status-500': ['S1', 'A1'],
  'status-503': ['S1', 'A1'],
  html: ['A2', 'A4'],
  truncated: ['A2'],
  'content-type': ['A4'],
  'gzip-bomb': ['A2'],
  huge: ['A2'],
  deep: ['A2'],
  reset: ['A1', 'A2'],
  'reset-early': ['A1', 'A2'],
  'not-bundle': ['A2'],
  'outside-window': ['A6', 'A13'],
  'someone-else': ['A6', 'A7', 'A11', 'A34', 'SOS3'],
  busy: ['A6', 'A23', 'SOS7'],
  'missing-includes': ['A6', 'A7', 'A10', 'A34', 'SOS4'],
  'duplicate-slots': ['A6', 'SOS2'],
  'long-ids': ['A6'],
  paging: ['A6', 'A9'],
  'paging-loop': ['A6'],
  'paging-foreign': ['A6'],
  redirect: ['A1', 'A2'],
  'bad-dates': ['A6', 'A14', 'A15', 'SOS7'],
  unprefixed: ['A6', 'A11', 'A35', 'A37', 'A28', 'SOS3'],
  'french-phones': ['A6', 'A36', 'SOS5'],
  'no-profile': ['A6', 'A7', 'A9'],
  'old-canonicals': ['A6', 'A7'],
  'status-uppercase': ['A6', 'A23'],
  'empty-elements': ['A6', 'A22', 'A24', 'SOS9'],
  'absolute-refs': ['A6', 'A16', 'A17', 'A32', 'A26', 'A27', 'SOS4'],
  'urn-refs': ['A6', 'A16', 'A17'],
  'no-total': ['A6', 'A9'],
  'schedule-per-day': ['A6', 'A7', 'A29'],
  'duplicate-practitioner': ['A6', 'A7', 'A29', 'A34'],
  'sos-pro': ['SOS2', 'SOS8'],
  'non-http-comment': ['A6', 'SOS2'],
  started: ['A6', 'A12', 'SOS7'],
};
/** What a conformant server may do. */
const HARMLESS = ['gzip', 'narrative', 'unsorted'];

const STUCK = ['hang', 'hang-body', 'slow'];
/** Bytes, and the bound that they pass: megabytes for each answer. */
const LARGE = ['huge', 'gzip-bomb'];

/** Who never answers is waited for each time, for a moment: two practitioners are enough. Whoever answers has all the time. */
const searches = (kind = '') =>
  scene.inputs({
    ...SEARCHES_ONLY,
    ...(STUCK.includes(kind) && { timeoutMs: 250 }),
    rpps: scene.rpps.slice(0, [...STUCK, ...LARGE].includes(kind) ? 2 : 4),
  });

describe('a fault of the vendor', () => {
  test.each(Object.entries(FOUND_BY))('%s is found by %j', async (kind, ids) => {
    scene.vendor.reset();
    scene.vendor.setFaults(LARGE.includes(kind) ? { kind, megabytes: 20 } : kind);
    const report = await runReport(searches(kind));
    expect(broken(report)).toEqual(expect.arrayContaining([...ids]));
    for (const id of ids) {
      const [problem] = find(report, id).problems;
      expect(problem?.text.length).toBeGreaterThan(10);
      expect(problem?.fragment ?? problem?.example ?? problem?.expression).toBeDefined();
    }
  });

  test('a refusal shows what the server said of it', async () => {
    scene.vendor.reset();
    scene.vendor.setFaults('status-422');
    const report = await runReport(searches());
    expect(find(report, 'A1').problems[0]).toMatchObject({
      expression: 'OperationOutcome',
      fragment: expect.stringContaining('panne demandée : 422'),
    });
    expect(find(report, 'A2').problems[0]?.fragment).toContain('business-rule');
  });

  test.each(HARMLESS)('%s is no fault', async (kind) => {
    scene.vendor.reset();
    scene.vendor.setFaults(kind);
    // A5 is about speed, which a busy machine lacks.
    expect(broken(await runReport(searches())).filter((id) => id !== 'A5')).toEqual([]);
  });

  test.each([
    ['a caller that is not checked', { caller: null }, ['S2', 'S3']],
    ['an answer after a second', { latencyMs: 1050 }, ['A5']],
    ['walk-in slots without a booking page', { walkInPages: 'some' }, ['A22']],
  ] as const)('%s is found', async (_title, settings, ids) => {
    scene.vendor.reset();
    scene.vendor.setSettings(settings);
    const asked = { rpps: scene.rpps.slice(0, 4), siret: [], accounts: false, redirect: false, cpts: false };
    const report = await runReport(scene.inputs(asked));
    expect(broken(report)).toEqual(expect.arrayContaining([...ids]));
  });

  test('kinds and types other than those declared are found', async () => {
    scene.vendor.reset();
    const report = await runReport(
      scene.inputs({ ...SEARCHES_ONLY, kinds: ['PUBLIC'], types: ['AMB', 'VR', 'HH', 'EMER'] }),
    );
    expect(broken(report).filter((id) => id !== 'A5')).toEqual(['A38', 'A39', 'A38@CPTS', 'A39@CPTS']);
    expect(find(report, 'A38').problems[0]?.text).toContain('non déclarés');
  });
});

describe('a fault of the accounts', () => {
  const accounts = (kind = '') =>
    scene.inputs({
      certificates: undefined,
      redirect: false,
      cpts: false,
      siret: [],
      ...(STUCK.includes(kind) && { timeoutMs: 250 }),
    });

  test.each([
    ['status-500', ['V1', 'V2', 'V13', 'V28', 'V31']],
    ['hang', ['V1', 'V13', 'V31']],
    ['reset-early', ['V1', 'V2']],
  ])('%s is found by %j', async (kind, ids) => {
    scene.vendor.reset();
    scene.vendor.setFaults({ kind, route: 'Practitioner' });
    expect(broken(await runReport(accounts(kind)))).toEqual(expect.arrayContaining([...ids]));
  });

  test('a vendor that refuses everything fails what must succeed, and passes the refusals', async () => {
    scene.vendor.reset();
    scene.vendor.setFaults({ kind: 'status-422', route: 'Practitioner' });
    const found = broken(await runReport(accounts()));
    expect(found).toEqual(expect.arrayContaining(['V1', 'V2', 'V3', 'V13', 'V28', 'V30']));
    expect(found).not.toContain('V4');
    expect(found).not.toContain('V24');
  });
});

describe('a vendor that is set up otherwise', () => {
  const start = async (options: object) => {
    const { pki } = scene;
    const vendor = await startVendor({
      seed: 1,
      id: 'agenda-a',
      pki: pki.dir,
      settings: standing(pki),
      ...options,
    });
    const { editor } = scene.inputs();
    return {
      vendor,
      inputs: scene.inputs({
        editor: {
          ...editor,
          baseUrl: vendor.url,
          redirectHosts: [new URL(vendor.url).host, '127.0.0.1:1'],
        },
        accounts: false,
        cpts: false,
        siret: [],
      }),
    };
  };
  const readTls = async () => {
    const { readFile } = await import('node:fs/promises');
    const { server } = scene.pki.vendors.get('agenda-a')!;
    return {
      cert: await readFile(server.certFile, 'utf8'),
      key: await readFile(server.keyFile, 'utf8'),
      ca: await readFile(scene.pki.caFile, 'utf8'),
    };
  };

  test.each([
    [
      'requires the certificate in the handshake',
      async () => ({ clientCertificate: 'require' }),
      ['S4', 'O2', 'O3'],
    ],
    ['still speaks TLS 1.0', async () => ({ tlsMin: 'TLSv1' }), ['S6']],
    ['speaks TLS 1.2 only', async () => ({ tlsMax: 'TLSv1.2' }), ['S7']],
    ['reads no revocation list', async () => ({ tls: await readTls() }), ['S4']],
    [
      'has booking pages that open for anyone',
      async () => ({ agendaUrl: 'https://127.0.0.1:1/rien' }),
      ['O2', 'O3'],
    ],
  ])('%s: found', async (_title, makeOptions, ids) => {
    const { vendor, inputs } = await start(await makeOptions());
    try {
      const report = await runReport(inputs);
      expect(broken(report)).toEqual(ids);
      for (const id of ids) expect([id, find(report, id).exchanges]).not.toEqual([id, []]);
    } finally {
      await vendor.close();
    }
  });
});

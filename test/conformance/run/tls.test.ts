// S1 to S7: what the socket says of a refusal. A right server may refuse a missing or wrong certificate by an alert,
// in the handshake or after it (TLS 1.3), or by a 403 at request time; it may not just drop the connection.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Caller } from '../../../conformance/calls/caller.ts';
import type { Exchange, Failure } from '../../../conformance/calls/exchange.ts';
import { type OldVersion, tryOldHello } from '../../../conformance/calls/old-hello.ts';
import { judgeTlsVersions, readVersion, type TlsVersion } from '../../../conformance/calls/tls-versions.ts';
import { readAlert } from '../../../conformance/calls/transport-end.ts';
import { judgeRefused } from '../../../conformance/groups/security.ts';
import { loadCertificates } from '../../../relay/certificates/certificates.ts';
import type { TlsMaterial } from '../../../sandbox/vendors/server.ts';
import { startVendor, type VendorOptions } from '../../../sandbox/vendors/vendor.ts';
import { type Ending, startRudeServer } from '../../support/doubles/rude-server.ts';
import {
  type ConformanceScene,
  find,
  openConformance,
  runReport,
  SEARCHES_ONLY,
  standing,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;
let tls: TlsMaterial;
/** What the right certificate is given by a sound vendor. */
let valid: Exchange;

beforeAll(async () => {
  scene = await openConformance();
  const { server } = scene.pki.vendors.get('agenda-a')!;
  tls = {
    cert: await readFile(server.certFile, 'utf8'),
    key: await readFile(server.keyFile, 'utf8'),
    ca: await readFile(scene.pki.caFile, 'utf8'),
  };
  valid = await call(`${scene.vendor.url}/metadata`);
  expect(valid.received?.status).toBe(200);
});

afterAll(() => scene.close());

function call(url: string): Promise<Exchange> {
  const { editor, timeoutMs } = scene.inputs();
  const loaded = loadCertificates(editor, 'client', 'editor', Date.now());
  const caller = new Caller(editor, loaded.certificates!, timeoutMs);
  return caller.call({ label: 'essai', url, patient: true });
}

async function callRude(ending: Ending, version?: 'TLSv1.2' | 'TLSv1.3'): Promise<Exchange> {
  const server = await startRudeServer(ending, tls, version);
  try {
    return await call(`${server.url}/Slot`);
  } finally {
    await server.close();
  }
}

describe('a server that refuses a missing certificate', () => {
  const security = async (options: Partial<VendorOptions>) => {
    const { pki } = scene;
    const vendor = await startVendor({
      seed: 1,
      id: 'agenda-a',
      pki: pki.dir,
      settings: standing(pki),
      ...options,
    });
    const { editor } = scene.inputs();
    try {
      return await runReport(
        scene.inputs({
          ...SEARCHES_ONLY,
          editor: { ...editor, baseUrl: vendor.url },
          rpps: scene.rpps.slice(0, 1),
          cpts: false,
          siret: [],
        }),
      );
    } finally {
      await vendor.close();
    }
  };

  test.each([
    ['TLSv1.3', 'certificate_required, après la négociation TLSv1.3'],
    ['TLSv1.2', 'handshake_failure, dans la négociation'],
  ] as const)('by an alert in %s passes S5 and S6, and the kit’s trap is told', async (tlsMax, refusal) => {
    const report = await security({ clientCertificate: 'require', tlsMax });
    expect(find(report, 'S5')).toMatchObject({
      status: 'passed',
      note: `Refus par l’alerte TLS ${refusal}.`,
    });
    const versions = find(report, 'S6');
    expect(versions).toMatchObject({ status: 'passed', exchanges: expect.objectContaining({ length: 6 }) });
    expect(versions.note).toContain('TLSv1.2 accepté (HTTP 200)');
    expect(versions.remarks[0]?.text).toContain('kit de l’ANS');
  });

  test('by 403 passes both without remark', async () => {
    const report = await security({});
    expect(find(report, 'S5')).toMatchObject({ status: 'passed', note: 'Refus par HTTP 403.' });
    expect(find(report, 'S6')).toMatchObject({ status: 'passed', remarks: [] });
  });
});

describe('the end of a connection', () => {
  test.each([
    [42, 'bad_certificate'],
    [44, 'certificate_revoked'],
    [46, 'certificate_unknown'],
    [48, 'unknown_ca'],
    [49, 'access_denied'],
    [40, 'handshake_failure'],
  ])('alert %i is read as %s, a refusal of the certificate', async (number, alert) => {
    const exchange = await callRude(number);
    expect(exchange.failure).toMatchObject({ reason: 'tls', alert });
    expect(judgeRefused(exchange, valid)).toMatchObject({
      does: 'pass',
      note: `Refus par l’alerte TLS ${alert}, dans la négociation.`,
    });
  });

  test.each([
    [70, 'protocol_version'],
    [71, 'insufficient_security'],
    [80, 'internal_error'],
    [112, 'unrecognized_name'],
    [120, 'no_application_protocol'],
  ])('alert %i is read as %s, which says nothing of the certificate', async (number, alert) => {
    const exchange = await callRude(number);
    expect(exchange.failure).toMatchObject({ reason: 'tls', alert });
    expect(judgeRefused(exchange, valid)).toMatchObject({
      does: 'break',
      problems: [{ text: expect.stringContaining(alert) }],
    });
  });

  test.each<[Ending, 'reset' | 'closed', 'TLSv1.2' | 'TLSv1.3']>([
    ['reset', 'reset', 'TLSv1.3'],
    ['closed', 'closed', 'TLSv1.3'],
    ['reset after handshake', 'reset', 'TLSv1.2'],
    ['reset after handshake', 'reset', 'TLSv1.3'],
    ['closed after handshake', 'closed', 'TLSv1.2'],
    ['closed after handshake', 'closed', 'TLSv1.3'],
  ])('a connection %s is no refusal, and is told as %s (%s)', async (ending, cut, version) => {
    const exchange = await callRude(ending, version);
    expect(exchange.failure).toMatchObject({ reason: 'reset', cut });
    expect(exchange.failure).not.toHaveProperty('alert');
    expect(judgeRefused(exchange, valid)).toMatchObject({
      does: 'break',
      problems: [
        { text: expect.stringMatching(cut === 'reset' ? /\(RST\) sans alerte/ : /fermé.*sans alerte/) },
      ],
    });
  });

  test('alerts of every spelling of OpenSSL are named, its own errors are not', () => {
    expect(readAlert('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).toBe('certificate_required');
    expect(readAlert('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE')).toBe('bad_certificate');
    expect(readAlert('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE')).toBe('handshake_failure');
    expect(readAlert('ERR_SSL_TLSV1_UNRECOGNIZED_NAME')).toBe('unrecognized_name');
    for (const own of [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'ECONNRESET',
      undefined,
    ])
      expect(readAlert(own)).toBeUndefined();
  });
});

describe('SSL 2.0 and 3.0', () => {
  const hello = async (ending: Ending, version: OldVersion) => {
    const server = await startRudeServer(ending, tls);
    try {
      return await tryOldHello(new URL(server.url), version, 200);
    } finally {
      await server.close();
    }
  };
  const bare: Exchange = {
    id: 'e1',
    label: 'essai',
    sent: { method: 'GET', url: 'https://x/fhir/Slot', headers: {} },
    startedMs: 0,
    durationMs: 1,
  };
  const isOf = (failure: Failure, version: OldVersion) =>
    readVersion({ version, exchange: { ...bare, failure } });

  test.each(['SSLv2', 'SSLv3'] as const)(
    '%s: a server that takes it up is seen, one that does not is not',
    async (version) => {
      const other = version === 'SSLv2' ? 'SSLv3' : 'SSLv2';
      const taken = await hello(version, version);
      expect([taken.tls, isOf(taken, version)]).toEqual([version, 'spoken']);
      for (const ending of [other, 40, 70, 'reset', 'closed', 'silent'] as const)
        expect([ending, isOf(await hello(ending, version), version)]).toEqual([ending, 'refused']);
      const sound = await tryOldHello(new URL(scene.vendor.url), version, 2_000);
      expect(isOf(sound, version)).toBe('refused');
    },
  );

  test('a server that is not there says nothing', async () => {
    const failure = await tryOldHello(new URL('https://127.0.0.1:1/fhir'), 'SSLv3', 2_000);
    expect(failure).toMatchObject({ reason: 'connect' });
    expect(isOf(failure, 'SSLv3')).toBe('unknown');
  });
});

describe('what cannot be told apart', () => {
  const of = (end: Partial<Exchange>): Exchange => ({ ...withoutEnd, ...end });
  const withoutEnd: Exchange = {
    id: 'e1',
    label: 'essai',
    sent: { method: 'GET', url: 'https://x/fhir/Slot', headers: {} },
    startedMs: 0,
    durationMs: 1,
  };
  const answered = (status: number) => of({ received: { status, headers: {}, bytes: 0, tls: 'TLSv1.3' } });
  const alerted = (alert: string) => of({ failure: { reason: 'tls', code: undefined, alert } });

  test.each([
    ['403 for everybody', answered(403), answered(403)],
    ['the same alert for everybody', alerted('unknown_ca'), alerted('unknown_ca')],
    ['an error for everybody', answered(500), answered(500)],
    ['no answer in time', of({ failure: { reason: 'timeout', code: undefined } }), answered(200)],
    [
      'a server that we do not accept',
      of({ failure: { reason: 'certificate', code: 'CERT_REVOKED' } }),
      answered(200),
    ],
  ])('is not judged: %s', (_title, exchange, right) => {
    expect(judgeRefused(exchange, right)).toMatchObject({
      does: 'skip',
      reason: expect.stringMatching(/^Non jugé/),
    });
  });

  test.each([
    ['403 where the right certificate passes', answered(403), answered(200), 'pass'],
    ['an alert where the right certificate passes', alerted('unknown_ca'), answered(200), 'pass'],
    [
      'a word on the certificate where the right one fails otherwise',
      alerted('certificate_required'),
      answered(500),
      'pass',
    ],
    ['200', answered(200), answered(200), 'break'],
    ['200 where even the right one fails', answered(200), answered(403), 'break'],
    ['an error of the server', answered(500), answered(200), 'break'],
  ])('is judged: %s', (_title, exchange, right, does) => {
    expect(judgeRefused(exchange, right).does).toBe(does);
  });

  const tried = (ends: Readonly<Record<TlsVersion, Exchange>>) =>
    judgeTlsVersions(
      (Object.keys(ends) as TlsVersion[]).map((version) => ({ version, exchange: ends[version] })),
    );
  const no = alerted('protocol_version');
  const late = of({ failure: { reason: 'timeout', code: undefined } });

  test.each([
    ['1.2 and 1.3', [no, no, answered(200), answered(200)], 'pass'],
    ['1.3 alone', [no, no, no, answered(403)], 'pass'],
    ['1.2 alone, the certificate refused by name', [no, no, alerted('unknown_ca'), no], 'pass'],
    ['1.0 too', [answered(200), no, answered(200), answered(200)], 'break'],
    [
      '1.1 too, the certificate refused by name',
      [no, alerted('bad_certificate'), answered(200), no],
      'break',
    ],
    ['none', [no, no, no, no], 'break'],
    ['nobody knows', [late, late, late, late], 'skip'],
    ['1.3, nobody knows of 1.0', [late, no, answered(200), answered(200)], 'skip'],
  ] as const)('versions: %s', (_title, [v10, v11, v12, v13], does) => {
    expect(tried({ TLSv1: v10, 'TLSv1.1': v11, 'TLSv1.2': v12, 'TLSv1.3': v13 }).does).toBe(does);
  });
});

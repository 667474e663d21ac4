// Every certificate case of docs/guide.md G-808 at the relay's mTLS port, on both TLS versions, on a full handshake and
// on a resumed session. One port in front of one edge; only c20 has lists of its own.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { type Called, call } from '../../support/doubles/inbound-caller.ts';
import {
  A,
  B,
  C,
  type InboundAuthority,
  type InboundScene,
  makeInboundAuthority,
  openInbound,
} from '../../support/scenes/inbound-scene.ts';

const DAY_MS = 86_400_000;
const at = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let authority: InboundAuthority;
let scene: InboundScene;
let revoked: Leaf;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  revoked = await authority.show();
  await authority.writeCrl({ revoked: [revoked.serial] });
  scene = await openInbound(authority);
});

afterAll(async () => {
  await scene?.close();
  await authority?.remove();
});

/** Twice: a full handshake, then the session that it gave. */
async function callTwice(
  show: Leaf | undefined,
  version: 'TLSv1.2' | 'TLSv1.3',
  where = scene,
): Promise<readonly [Called, Called]> {
  const base = { port: where.port, ca: authority.ca, show, version };
  const first = await call(base);
  const second = await call({ ...base, session: first.session });
  expect([first.isResumed, second.isResumed]).toEqual([false, true]);
  return [first, second];
}

function expectRefusal({ status, headers, text }: Called): void {
  expect(status).toBe(403);
  expect(headers['content-type']).toBe('application/fhir+json; charset=utf-8');
  const id = headers['x-request-id'];
  expect(JSON.parse(text)).toEqual({
    resourceType: 'OperationOutcome',
    id,
    issue: [
      {
        severity: 'error',
        code: 'forbidden',
        details: {
          coding: [{ system: 'urn:x-passerelle:reason', code: 'certificate-refused' }],
          text: "Le certificat client n'est pas accepté.",
        },
        diagnostics: `requestId=${id}; origine=appelant`,
      },
    ],
  });
}

type Make = () => Promise<Leaf | undefined>;
const withoutChain = (leaf: Leaf): Leaf => ({ ...leaf, certPem: leaf.leafPem });

const ACCEPTED: readonly [string, string, Make][] = [
  ['c01 the certificate of A', 'alpha', () => authority.show()],
  ['c02 the certificate of B, as B only', 'beta', () => authority.show(B)],
  ['c18 a chain sent without its intermediate', 'alpha', async () => withoutChain(await authority.show())],
  ['c01 a name in another order', 'alpha', () => authority.show({ order: ['CN', 'OU', 'O', 'C'] })],
  ['c01 no extended usage at all', 'alpha', () => authority.show({ usages: [] })],
];

const REFUSED: readonly [string, string, Make][] = [
  ['c03 the right OU, another CN', 'identity-unknown', () => authority.show({ cn: 'agenda-omega-client' })],
  ['c04 the right CN, another OU', 'identity-unknown', () => authority.show({ ou: '399990000000999' })],
  ['c05 the CN of A with the OU of B', 'identity-unknown', () => authority.show({ ou: B.ou })],
  ['c05 a vendor without the flow of appointments', 'identity-unknown', () => authority.show(C)],
  ['c06 a revoked certificate', 'revoked', async () => revoked],
  ['c07 an expired certificate', 'expired', () => authority.show({ notBefore: at(-9), notAfter: at(-1) })],
  [
    'c08 a certificate of tomorrow',
    'not-yet-valid',
    () => authority.show({ notBefore: at(1), notAfter: at(9) }),
  ],
  ['c09 a server certificate', 'usage-wrong', () => authority.show({ usages: ['serverAuth'] })],
  ['c10 the intermediate for persons', 'issuer-unknown', () => authority.show({ issuer: 'pers' })],
  ['c11 the impostor with the same names', 'issuer-unknown', () => authority.show({ issuer: 'spoof' })],
  ['c12 a self-signed certificate', 'issuer-unknown', () => authority.show({ issuer: 'self' })],
  ['c13 two OUs, the right one first', 'name-not-single', () => authority.show({ ou: [A.ou, B.ou] })],
  ['c13 two OUs, the right one last', 'name-not-single', () => authority.show({ ou: ['x', A.ou] })],
  ['c13 no OU', 'name-not-single', () => authority.show({ order: ['C', 'O', 'CN'] })],
  ['c14 two CNs', 'name-not-single', () => authority.show({ cn: [A.cn, 'x'] })],
  ['c14 no CN', 'name-not-single', () => authority.show({ order: ['C', 'O', 'OU'] })],
  [
    'c15 the CN in the alternative names only',
    'identity-unknown',
    () => authority.show({ cn: 'x', dns: [A.cn] }),
  ],
  ['c16 a NUL after the CN', 'identity-unknown', () => authority.show({ cn: `${A.cn}\0x` })],
  ['c16 a blank after the CN', 'identity-unknown', () => authority.show({ cn: `${A.cn} ` })],
  ['c16 a CN in capitals', 'identity-unknown', () => authority.show({ cn: A.cn.toUpperCase() })],
  [
    'c16 an OU written inside the CN',
    'identity-unknown',
    () => authority.show({ cn: `${A.cn}\\,OU=${A.ou}`, ou: 'x' }),
  ],
  ['c16 a line break inside the CN', 'identity-unknown', () => authority.show({ cn: `x\nCN=${A.cn}` })],
  ['c17 an RSA key of 1024 bits', 'weak', () => authority.show({ keyBits: 1024 })],
  ['c17 a SHA-1 signature', 'weak', () => authority.show({ hash: 'SHA-1' })],
  [
    'c19 a child of a vendor certificate',
    'issuer-unknown',
    async () => authority.show({ issuer: await authority.show({ ca: true }) }),
  ],
  ['c19 a leaf that says it is an authority', 'is-authority', () => authority.show({ ca: true })],
  ['c21 no certificate', 'no-certificate', async () => undefined],
];

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  test.each(ACCEPTED)('accepts %s', async (_name, editor, make) => {
    const before = scene.edge.received.length;
    const answers = await callTwice(await make(), version);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const claims = scene.edge.received.slice(before).map((one) => one.claims.editor);
    expect(claims).toEqual([editor, editor]);
  });

  test.each(REFUSED)('refuses %s', async (_name, reason, make) => {
    const before = scene.edge.received.length;
    const logged = scene.log.length;
    const answers = await callTwice(await make(), version);
    for (const answer of answers) expectRefusal(answer);
    expect(scene.edge.received).toHaveLength(before);
    const lines = scene.log.slice(logged);
    expect(lines).toEqual([
      expect.objectContaining({ message: 'inbound-refused', reason, tls: version }),
      expect.objectContaining({ message: 'inbound-refused', reason, tls: version }),
    ]);
  });

  test('refuses c20 an intermediate that the root has revoked', async () => {
    const own = await openInbound(authority);
    await authority.writeCrl({
      issuer: 'root',
      revoked: [authority.serialOf('org')],
      file: own.files.rootCrl,
    });
    expect(own.reload()).toEqual([]);
    for (const answer of await callTwice(await authority.show(), version, own)) expectRefusal(answer);
    expect(own.log.map(({ reason }) => reason)).toEqual(['issuer-revoked', 'issuer-revoked']);
    expect(own.edge.received).toEqual([]);
    await own.close();
  });

  test('names a refused certificate in the log by CN, OU and serial', async () => {
    const leaf = await authority.show({ cn: 'agenda-omega-client' });
    await call({ port: scene.port, ca: authority.ca, show: leaf, version });
    expect(scene.log.at(-1)).toMatchObject({
      level: 'warn',
      cn: 'agenda-omega-client',
      ou: A.ou,
      serial: leaf.serial.toUpperCase(),
    });
  });

  test('logs no name of a certificate that is none of our authorities', async () => {
    await call({
      port: scene.port,
      ca: authority.ca,
      show: await authority.show({ issuer: 'pers' }),
      version,
    });
    expect(scene.log.at(-1)).not.toHaveProperty('cn');
    expect(scene.log.at(-1)).toMatchObject({ serial: expect.stringMatching(/^1120/) });
  });
});

test.each(['/fhir/metadata', '/fhir/Slot', '/', '/healthz'])(
  'refuses GET %s without a certificate',
  async (path) => {
    expectRefusal(await call({ port: scene.port, ca: authority.ca, method: 'GET', path }));
  },
);

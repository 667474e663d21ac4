// The list cases r01 to r06 of docs/guide.md G-808 at the relay's mTLS port, on both TLS versions, on full handshakes,
// on resumed sessions and on kept connections.

import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CrlRequest, Leaf } from '../../../sandbox/pki/authority.ts';
import { acceptBriefly } from '../../support/doubles/edge.ts';
import { type Called, call, keptAgent } from '../../support/doubles/inbound-caller.ts';
import {
  B,
  type InboundAuthority,
  type InboundScene,
  makeInboundAuthority,
  openInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const DAY_MS = 86_400_000;
const STALE = { thisUpdate: new Date(Date.now() - 9 * DAY_MS), nextUpdate: new Date(Date.now() - DAY_MS) };
const PAST = { thisUpdate: new Date(Date.now() - 2 * DAY_MS) };

let authority: InboundAuthority;
let leafA: Leaf;
let leafB: Leaf;
let scene: InboundScene;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  leafA = await authority.show();
  leafB = await authority.show(B);
});

afterAll(() => authority?.remove());
afterEach(() => scene?.close());

/** A port whose list of the intermediate is this one. */
async function open(request: CrlRequest = {}, listen: object = {}): Promise<void> {
  const file = join(authority.dir, 'first.crl');
  await authority.writeCrl({ ...request, file });
  scene = await openInbound(authority, { listen: { ...listen, crlFiles: ['root.crl', file] } });
}

/** Replaces it and reloads; what the reload complains of. */
async function replace(request: CrlRequest): Promise<readonly string[]> {
  await authority.writeCrl({ ...request, file: join(authority.dir, 'first.crl') });
  return scene.reload();
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const send = (show: Leaf, session?: Buffer): Promise<Called> =>
    call({ port: scene.port, ca: authority.ca, show, version, session });

  test('r01 accepts under a fresh, empty list', async () => {
    await open();
    expect((await send(leafA)).status).toBe(201);
    expect(await scene.metric('alarm{kind="revocation"}')).toBe(0);
    expect(await scene.metric('refusals_total{reason="revoked"}')).toBeUndefined();
  });

  test('r02 refuses what a fresh list revokes, and nothing else', async () => {
    await open({ revoked: [leafA.serial] });
    expect((await send(leafA)).status).toBe(403);
    expect((await send(leafB)).status).toBe(201);
    expect(scene.log[0]).toMatchObject({ reason: 'revoked', serial: leafA.serial.toUpperCase() });
    expect(await scene.metric('refusals_total{reason="revoked"}')).toBe(1);
  });

  test('r03 refuses everyone under a stale list when revocation is hard', async () => {
    await open(STALE);
    expect((await send(leafA)).status).toBe(403);
    expect(scene.log[0]).toMatchObject({ reason: 'list-stale' });
    expect(await scene.metric('alarm{kind="revocation"}')).toBe(1);
  });

  test('r03 accepts under a stale list when revocation is soft, with an alarm', async () => {
    await open(STALE, { revocation: 'soft' });
    expect((await send(leafA)).status).toBe(201);
    expect(await scene.metric('alarm{kind="revocation"}')).toBe(1);
    expect(await scene.metric('unchecked_total{reason="list-stale"}')).toBe(1);
  });

  test('r03 refuses under soft what the stale list revokes', async () => {
    await open({ ...STALE, revoked: [leafA.serial] }, { revocation: 'soft' });
    expect([(await send(leafA)).status, (await send(leafB)).status]).toEqual([403, 201]);
  });

  test('r03 accepts without any list when revocation is soft, with an alarm', async () => {
    scene = await openInbound(authority, { listen: { revocation: 'soft', crlFiles: [] } });
    expect((await send(leafA)).status).toBe(201);
    expect(await scene.metric('unchecked_total{reason="list-missing"}')).toBe(1);
    expect(await scene.metric('alarm{kind="revocation"}')).toBe(1);
  });

  test('r04 keeps the list it has when the new one is signed by the impostor', async () => {
    await open({ revoked: [leafA.serial], ...PAST });
    const complaints = await replace({ signedBy: 'spoof', revoked: [leafB.serial] });
    expect(complaints).toEqual(["listen.crlFiles[1] : la liste n'est pas signée par son autorité"]);
    expect([(await send(leafA)).status, (await send(leafB)).status]).toEqual([403, 201]);
    expect(await scene.metric('alarm{kind="files"}')).toBe(1);
    expect(await replace({})).toEqual([]);
    expect(await scene.metric('alarm{kind="files"}')).toBe(0);
    expect((await send(leafA)).status).toBe(201);
  });

  test('r05 keeps the list it has when the new one is cut, garbage, empty or gone', async () => {
    await open({ revoked: [leafA.serial], ...PAST });
    const file = join(authority.dir, 'first.crl');
    expect(await replace({ truncated: true })).toEqual([
      "listen.crlFiles[1] : n'est pas une liste de révocation entière",
    ]);
    for (const garbage of [
      '',
      'garbage',
      '0\x82\x04\x00garbage',
      '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n',
    ]) {
      await writeFile(file, garbage);
      expect(scene.reload()).toHaveLength(1);
    }
    expect([(await send(leafA)).status, (await send(leafB)).status]).toEqual([403, 201]);
    expect(await scene.metric('alarm{kind="files"}')).toBe(1);
  });

  test('r05 reads a list in DER as well as in PEM', async () => {
    await open(PAST);
    await authority.writeCrl({ revoked: [leafA.serial], file: join(authority.dir, 'second.crl') });
    await copyFile(join(authority.dir, 'second.crl.der'), join(authority.dir, 'first.crl'));
    expect(scene.reload()).toEqual([]);
    expect([(await send(leafA)).status, (await send(leafB)).status]).toEqual([403, 201]);
  });

  test('r06 refuses the next request on a kept connection, and drops no other call', async () => {
    await open(PAST);
    const agents = [leafA, leafB].map((show) => keptAgent({ ca: authority.ca, show, version }));
    const over = async (agent = agents[0]!): Promise<Called> =>
      call({ port: scene.port, ca: authority.ca, agent });
    expect([(await over()).status, (await over(agents[1]!)).status]).toEqual([201, 201]);
    const held: (() => void)[] = [];
    scene.edge.handler = (...exchange) => held.push(() => acceptBriefly(...exchange));
    const running = agents.map((agent) => over(agent));
    await until('both calls at the edge', () => held.length === 2);
    expect(await replace({ revoked: [leafA.serial] })).toEqual([]);
    for (const answer of held) answer();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([201, 201]);
    scene.edge.handler = acceptBriefly;
    const [revoked, other] = [await over(), await over(agents[1]!)];
    expect([revoked.status, revoked.headers.connection, other.status]).toEqual([403, 'close', 201]);
    for (const agent of agents) agent.destroy();
  });

  test('r06 refuses the resumed session of a certificate that was revoked meanwhile', async () => {
    await open(PAST);
    const { status, session } = await send(leafA);
    await replace({ revoked: [leafA.serial] });
    const again = await send(leafA, session);
    expect([status, again.isResumed, again.status]).toEqual([201, true, 403]);
  });
});

test('keeps the list it has when the new one is older: a replayed list lifts no revocation', async () => {
  await open({ revoked: [leafA.serial] });
  expect(await replace(PAST)).toEqual(['listen.crlFiles[1] : la liste est plus ancienne que celle qui sert']);
  expect((await call({ port: scene.port, ca: authority.ca, show: leafA })).status).toBe(403);
});

test('keeps the list it has when the new one is not valid yet', async () => {
  await open();
  const complaints = await replace({ thisUpdate: new Date(Date.now() + DAY_MS) });
  expect(complaints).toEqual(["listen.crlFiles[1] : la liste n'est pas encore valable"]);
  expect((await call({ port: scene.port, ca: authority.ca, show: leafA })).status).toBe(201);
});

test('tells the age and the next update of each list', async () => {
  await open({ thisUpdate: new Date(Date.now() - 3600_000), nextUpdate: new Date(Date.now() + 7200_000) });
  const name = 'TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS (IMITATION)';
  const age = await scene.metric(`crl_age_seconds{authority="${name}"}`);
  const next = await scene.metric(`crl_next_update_seconds{authority="${name}"}`);
  expect(Math.abs((age ?? 0) - 3600)).toBeLessThan(60);
  expect(Math.abs((next ?? 0) - 7200)).toBeLessThan(60);
});

test('reads lists and authorities of one file each, whatever their order', async () => {
  scene = await openInbound(authority);
  const both = (await readFile(scene.files.orgCrl, 'utf8')) + (await readFile(scene.files.rootCrl, 'utf8'));
  await writeFile(scene.files.rootCrl, both);
  expect(scene.reload()).toEqual([]);
  expect((await call({ port: scene.port, ca: authority.ca, show: leafA })).status).toBe(201);
});

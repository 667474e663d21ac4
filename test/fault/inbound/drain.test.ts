// Claim: a relay told to stop loses no appointment that it had begun to receive. Phases: SIGTERM with one request
// at the edge, one whose body is still coming, an idle connection; a new caller; an edge that never answers. End:
// what had begun is answered, nothing new is accepted, the process exits 0, and its log holds no body and no query.

import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { acceptBriefly } from '../../support/doubles/edge.ts';
import { call, keptAgent, tlsSettings } from '../../support/doubles/inbound-caller.ts';
import {
  type InboundAuthority,
  type InboundProcess,
  makeInboundAuthority,
  spawnInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const CANARY = 'Canari-Inventé-4711';

let authority: InboundAuthority;
let leaf: Leaf;
let scene: InboundProcess;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  leaf = await authority.show();
});

afterAll(() => authority?.remove());
afterEach(() => scene?.close());

const base = () => ({ port: scene.port, ca: authority.ca, show: leaf });

test('finishes what has begun, closes what is idle, accepts nothing new and exits 0', async () => {
  scene = await spawnInbound(authority);
  const idle = keptAgent(base());
  await call({ ...base(), agent: idle });
  const held: (() => void)[] = [];
  scene.edge.handler = (...exchange) => held.push(() => acceptBriefly(...exchange));
  const running = call({
    ...base(),
    path: `/fhir/Appointment?identifier=${encodeURIComponent(CANARY)}`,
    method: 'PUT',
    body: CANARY,
  });
  const slow = connect({ host: '127.0.0.1', port: scene.port, ...tlsSettings(base()) });
  let answer = '';
  slow.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  slow.write('POST /fhir/Appointment HTTP/1.1\r\nHost: relais\r\nContent-Length: 4\r\n\r\n{ ');
  await until('the first at the edge', () => held.length === 1);
  await until('both connections', async () => (await scene.metric('inbound_connections')) === 3);
  scene.relay.child.kill('SIGTERM');
  await scene.relay.said('relay-draining');
  await until('the port to close', () =>
    call(base()).then(
      () => false,
      () => true,
    ),
  );
  slow.write(' }');
  await until('the second at the edge', () => held.length === 2);
  for (const release of held) release();
  expect(await running).toMatchObject({ status: 201, headers: { connection: 'close' } });
  await until(
    'the second answer',
    () => answer.startsWith('HTTP/1.1 201') && answer.includes('\r\nconnection: close'),
  );
  expect(await scene.relay.ended()).toBe(0);
  expect(await scene.relay.said('relay-closed')).toMatchObject({ reason: 'done' });
  expect(scene.relay.output()).not.toContain('Canari');
  expect(scene.relay.output()).not.toContain('identifier=');
  idle.destroy();
});

test('answers 503 for an edge that never does, and exits', async () => {
  scene = await spawnInbound(authority, { limits: { edgeMs: 300 } });
  scene.edge.handler = () => {};
  const running = call(base());
  await until('the request at the edge', () => scene.edge.received.length === 1);
  scene.relay.child.kill('SIGTERM');
  expect((await running).status).toBe(503);
  expect(await scene.relay.ended()).toBe(0);
});

test('logs one line for an exchange, with what it was and nothing of what it said', async () => {
  scene = await spawnInbound(authority);
  await call({
    ...base(),
    body: JSON.stringify({ comment: CANARY }),
    headers: { 'x-request-id': 'request-of-vendor-1' },
  });
  const line = await scene.relay.said('inbound-exchange');
  expect(line).toMatchObject({
    level: 'info',
    relay: 'relay-test',
    requestId: 'request-of-vendor-1',
    editor: 'alpha',
    flow: 'INT_R03',
    method: 'POST',
    route: '/fhir/Appointment',
    reason: 'ok',
    status: 201,
  });
  expect(scene.relay.output()).not.toContain('Canari');
});

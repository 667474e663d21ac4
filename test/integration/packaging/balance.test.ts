// Two relays behind one address, by the haproxy configuration that we ship, with its addresses alone put in: certificates are
// judged by the relays through it, and one relay may drain and end while vendors write.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { startTestEdge, type TestEdge } from '../../support/doubles/edge.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { freePort } from '../../support/scenes/free-port.ts';
import {
  type InboundAuthority,
  type InboundProcess,
  makeInboundAuthority,
  spawnInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const CONFIG = resolve(import.meta.dirname, '../../../packaging/balance/haproxy.cfg');
const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;
const WRITES = 40;

let authority: InboundAuthority;
let leaf: Leaf;
let edge: TestEdge;
let relays: readonly [InboundProcess, InboundProcess];
let haproxy: ChildProcess;
let port: number;

beforeAll(async () => {
  if (!hasHaproxy) return;
  authority = await makeInboundAuthority();
  leaf = await authority.show();
  edge = await startTestEdge();
  relays = [await spawnInbound(authority, { edge }), await spawnInbound(authority, { edge })];
  port = await freePort();
  const file = join(relays[0].dir, 'haproxy.cfg');
  await writeFile(file, place(readFileSync(CONFIG, 'utf8')));
  haproxy = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  await until('haproxy', () => listens(port));
});

afterAll(async () => {
  haproxy?.kill('SIGKILL');
  await Promise.all(relays?.map((relay) => relay.close()) ?? []);
  await edge?.close();
  await authority?.remove();
});

/** The shipped file, listening on a free port before these two relays, under the account of the test. */
function place(text: string): string {
  const placed = text
    .replace('bind :8443', `bind 127.0.0.1:${port}`)
    .replace('192.0.2.11:8443', `127.0.0.1:${relays[0].port}`)
    .replace('192.0.2.12:8443', `127.0.0.1:${relays[1].port}`)
    .replace(/^ {4}(user|group) haproxy\n/gm, '');
  expect(placed).not.toMatch(/192\.0\.2|:8443/);
  return placed;
}

function listens(at: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(at, '127.0.0.1', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
}

const write = async (show?: Leaf): Promise<number> => (await call({ port, ca: authority.ca, show })).status;
const taken = (relay: InboundProcess): Promise<number> =>
  relay.metric('inbound_requests_total{editor="alpha",status="201"}').then((count) => count ?? 0);

test.skipIf(!hasHaproxy)('both relays take appointments, each judging the certificate itself', async () => {
  const statuses = await Promise.all(Array.from({ length: WRITES }, () => write(leaf)));
  expect(new Set(statuses)).toEqual(new Set([201]));
  const [a, b] = await Promise.all(relays.map(taken));
  expect([a, b].every((count) => (count ?? 0) > 0)).toBe(true);
  expect((a ?? 0) + (b ?? 0)).toBe(WRITES);
  expect(await write()).toBe(403);
  const stranger = await authority.issueClient({ cn: 'autre', ou: '399990000000099' });
  expect(await write(stranger)).toBe(403);
});

test.skipIf(!hasHaproxy)(
  'no write fails while one relay drains and ends, and the other goes on',
  async () => {
    const [first] = relays;
    const statuses: number[] = [];
    let isOver = false;
    const vendor = (async () => {
      while (!isOver || statuses.length < WRITES) statuses.push(await write(leaf));
    })();
    await until('writes', () => statuses.length > 5);
    first.relay.child.kill('SIGTERM');
    await first.relay.ended();
    const after = statuses.length;
    await until('writes after the end', () => statuses.length > after + 5);
    isOver = true;
    await vendor;
    expect(new Set(statuses)).toEqual(new Set([201]));
  },
);

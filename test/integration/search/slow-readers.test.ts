// Who does not read his answers, or does not end his bodies, is cut: he keeps the memory of nobody else.
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let slow: string;
let other: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  const settings = { population: 'any', slotsPerPractitioner: 100 } as const;
  system = await System.start({
    vendors: [{ seed: 1, settings }],
    settings: { CALLER_LIMITS: '{"token:slow":{"pendingMiB":1}}' },
  });
  slow = await signToken(system.state, 'system/Slot.s', 3_600, 'slow');
  other = await signToken(system.state, 'system/Slot.s', 3_600, 'other');
});
afterAll(() => system?.stop());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const people = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `8${String(i).padStart(11, '0')}`);

/** Writes a request's head and as much of its body as is given; what comes back is not read until `resume`. */
function open(lines: readonly string[], body = ''): Socket {
  const { hostname, port } = new URL(system.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write([...lines, `Host: ${hostname}`, '', body].join('\r\n'));
  return socket;
}

/** Far more than the kernel keeps for a connection. */
function askMuch(accept: string): Socket {
  const [path = '', body = ''] = slotPath(people(500), windowOf(60)).split('?');
  const lines = [
    `POST ${path}/_search HTTP/1.1`,
    `Authorization: Bearer ${slow}`,
    `Accept: ${accept}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  return open(lines, body);
}

const statusOf = async (token: string): Promise<number> => {
  const headers = { Authorization: `Bearer ${token}` };
  return (await system.search(slotPath(people(1), windowOf(60)), { headers })).status;
};

/** All that still comes, until the edge ends the connection. */
async function restOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await until('the edge ends the connection', () => socket.readableEnded || socket.destroyed);
  return Buffer.concat(chunks).toString('latin1');
}

it.each([
  ['application/fhir+json', '\r\nContent-Length: ', /\]\}$/],
  ['text/event-stream', '\r\nTransfer-Encoding: chunked', /^event: end$/m],
])('an answer of %s that is not read is cut, and holds up its caller alone', async (accept, head, end) => {
  const unread = askMuch(accept);
  await until('its caller gets no more', async () => (await statusOf(slow)) === 429);
  expect(await statusOf(other)).toBe(200);
  await until('what was held is free', async () => (await statusOf(slow)) === 200);
  const text = await restOf(unread);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text.toLowerCase()).toContain(head.toLowerCase());
  expect(text).not.toMatch(end);
});

it('an answer that is read slowly is whole', async () => {
  const [path = '', body = ''] = slotPath(people(100), windowOf(60)).split('?');
  const response = await system.fetch(`${path}/_search`, {
    method: 'POST',
    body,
    headers: {
      Authorization: `Bearer ${other}`,
      'Accept-Encoding': 'identity',
      'Content-Type': 'application/x-www-form-urlencoded',
    },
  });
  let length = 0;
  let pauses = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (pauses < 50) await new Promise((resolve) => setTimeout(resolve, 20));
    pauses += 1;
  }
  expect(length).toBe(Number(response.headers.get('Content-Length')));
});

it.each([
  ['a search', ['POST /fhir/Slot/_search HTTP/1.1', 'Content-Type: application/x-www-form-urlencoded'], true],
  [
    'a lot of cards',
    ['POST /aggregator/api-sas/v1/login_check HTTP/1.1', 'Content-Type: application/json'],
    false,
  ],
])(
  'the body of %s that does not come is waited for no longer than ten seconds',
  async (_, lines, isSigned) => {
    const signed = isSigned ? [`Authorization: Bearer ${slow}`] : [];
    const socket = open([...lines, ...signed, 'Connection: close', 'Content-Length: 1000'], 'status=');
    expect(await restOf(socket)).toMatch(/^HTTP\/1\.1 408 /);
  },
);

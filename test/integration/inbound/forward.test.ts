// What goes from the relay's mTLS port to the edge, and what comes back: as it was, or a failure that never looks
// like success.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { acceptAll, locationFor, startTestEdge } from '../../support/doubles/edge.ts';
import { type Call, call } from '../../support/doubles/inbound-caller.ts';
import {
  B,
  type InboundAuthority,
  type InboundScene,
  makeInboundAuthority,
  openInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const FHIR = { 'content-type': 'application/fhir+json; charset=utf-8' };

let authority: InboundAuthority;
let leaf: Leaf;
let scene: InboundScene;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  leaf = await authority.show();
  scene = await openInbound(authority);
});

afterAll(async () => {
  await scene?.close();
  await authority?.remove();
});

beforeEach(() => {
  scene.edge.handler = acceptAll;
  scene.edge.received.length = 0;
});

const send = (change: Partial<Call> = {}) =>
  call({ port: scene.port, ca: authority.ca, show: leaf, ...change });
const WRITTEN = { location: locationFor({ claims: { editor: 'alpha' } }) };
const OTHERS = locationFor({ claims: { editor: 'beta' } });
const FOREIGN = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"security"}]}';
const outcome = (reason: string, severity = 'error'): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity,
        code: 'x',
        details: { coding: [{ system: 'urn:x-passerelle:reason', code: reason }] },
      },
    ],
  });
const always = (status: number, headers: Record<string, string>, body = ''): void => {
  scene.edge.handler = (_forwarded, response) => response.writeHead(status, headers).end(body);
};

describe('to the edge', () => {
  test('the body goes byte for byte, with the headers that matter and no others', async () => {
    const body = Buffer.from('\ufeff{ "é" : 1.10 }\n');
    const headers = {
      'content-type': 'application/json+fhir; charset=UTF-8',
      accept: 'application/fhir+json',
      prefer: 'return=minimal',
      'if-match': 'W/"3"',
      'x-request-id': 'vendor-request-0001',
      cookie: 'secret',
      authorization: 'Bearer forged.by.vendor',
      'x-forwarded-for': '10.0.0.1',
    };
    await send({ method: 'PUT', path: '/fhir/Appointment?Identifier=a|b%7Cc+d', body, headers });
    const [forwarded] = scene.edge.received;
    expect(Buffer.from(forwarded?.body ?? '')).toEqual(body);
    expect(forwarded).toMatchObject({ method: 'PUT', url: '/sas/fhir/Appointment?Identifier=a|b%7Cc+d' });
    const { authorization, host, connection, 'content-length': length, ...passed } = forwarded?.headers ?? {};
    expect(passed).toEqual({
      'content-type': 'application/json+fhir; charset=UTF-8',
      accept: 'application/fhir+json',
      prefer: 'return=minimal',
      'if-match': 'W/"3"',
      'x-request-id': 'vendor-request-0001',
    });
    expect([authorization?.startsWith('Bearer '), host, connection, length]).toEqual([
      true,
      new URL(scene.edge.url).host,
      'keep-alive',
      String(body.length),
    ]);
  });

  test('the token says relay, vendor, system and this request to this edge, for two minutes, and each is another', async () => {
    const body = '{"resourceType":"Appointment"}';
    await send({ method: 'PUT', path: '/fhir/Appointment?identifier=a|b', body });
    await send();
    await send({ show: await authority.show(B) });
    const [first, second, other] = scene.edge.received;
    const token = first?.headers.authorization?.replace('Bearer ', '') ?? '';
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', kid: 'relay-test' });
    expect(first?.claims).toMatchObject({
      iss: 'relay-test',
      sub: 'relay-test',
      aud: 'passerelle-inbound',
      editor: 'alpha',
      appointmentSystem: 'https://alpha.example/rdv',
      edge: new URL(scene.edge.url).host,
      method: 'PUT',
      bodySha256: createHash('sha256').update(body).digest('base64url'),
    });
    const { pathname, search } = new URL(first?.url ?? '', scene.edge.url);
    expect(`/sas${String(first?.claims.target)}`).toBe(pathname + search);
    const { exp = 0, iat = 0 } = first?.claims ?? {};
    expect(exp - iat).toBe(120);
    expect(second?.claims.jti).not.toBe(first?.claims.jti);
    expect(other?.claims).toMatchObject({ editor: 'beta', appointmentSystem: 'https://beta.example/rdv' });
  });

  test.each([
    ['POST', '/fhir/Appointment', '/sas/fhir/Appointment'],
    ['POST', '/fhir/Appointment/?_format=json', '/sas/fhir/Appointment?_format=json'],
    ['PUT', '/fhir/Appointment', '/sas/fhir/Appointment'],
    ['PUT', '/fhir/Appointment?IDENTIFIER=x', '/sas/fhir/Appointment?IDENTIFIER=x'],
    ['PUT', '/fhir/Appointment/alpha-1.2', '/sas/fhir/Appointment/alpha-1.2'],
    ['PUT', 'https://relais.example/fhir/Appointment?identifier=x', '/sas/fhir/Appointment?identifier=x'],
  ])('%s %s is asked for as %s', async (method, path, url) => {
    expect((await send({ method, path })).status).toBe(201);
    expect(scene.edge.received[0]).toMatchObject({ method, url });
  });
});

describe('back to the vendor', () => {
  test('status, body, ETag and Last-Modified come as they are, Location under the base the vendor called', async () => {
    const answer = await send({
      body: '{"resourceType":"Appointment"}',
      headers: { host: 'rdv.sas.example:8443' },
    });
    expect([answer.status, answer.text]).toEqual([201, '{"resourceType":"Appointment"}']);
    const path = '/fhir/Appointment/alpha-0123456789abcdef0123/_history/1';
    expect(answer.headers).toMatchObject({
      ...FHIR,
      etag: 'W/"1"',
      'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
      location: `https://rdv.sas.example:8443${path}`,
      'cache-control': 'no-store',
    });
    const strange = await send({ headers: { host: 'x"y/z' } });
    expect(strange.headers.location).toBe(path);
  });

  test.each([
    [200, WRITTEN, ''],
    [201, { ...FHIR, ...WRITTEN }, '{"resourceType":"Appointment"}'],
    [200, { ...FHIR, ...WRITTEN }, outcome('late', 'information')],
    [400, FHIR, outcome('body-malformed')],
    [403, FHIR, outcome('not-owner')],
    [412, FHIR, outcome('version-conflict')],
    [413, FHIR, outcome('body-too-large')],
    [422, FHIR, outcome('duplicate')],
    [429, { ...FHIR, 'retry-after': '7' }, outcome('too-many-requests')],
  ])('%i passes', async (status, headers, body) => {
    always(status, headers as Record<string, string>, body);
    const answer = await send();
    expect([answer.status, answer.text]).toEqual([status, body]);
    if (status === 429) expect(answer.headers['retry-after']).toBe('7');
  });

  test('404 passes when an appointment was named by its id', async () => {
    always(404, FHIR, outcome('not-found'));
    expect((await send({ method: 'PUT', path: '/fhir/Appointment/alpha-1' })).status).toBe(404);
  });

  test.each([
    ['our token refused', 401, FHIR, outcome('token-invalid'), 'token-refused'],
    ['our name for the edge', 421, FHIR, outcome('host-unknown'), 'route-missing'],
    ['our relay not entitled', 403, FHIR, outcome('editor-not-announced'), 'token-refused'],
    ["a firewall's 403", 403, { 'content-type': 'text/html' }, '<html>', 'not-fhir'],
    ['an edge that does not know the route', 404, FHIR, outcome('not-found'), 'route-missing'],
    ['an edge that does not know the method', 405, FHIR, outcome('method-not-allowed'), 'route-missing'],
    ['an error', 500, FHIR, outcome('internal'), 'error'],
    ["a proxy's error", 502, { 'content-type': 'text/html' }, '<html>', 'error'],
    ['a redirect', 302, { location: 'https://elsewhere.example/' }, '', 'redirect'],
    ['a page instead of an answer', 200, { 'content-type': 'text/html' }, '<html>', 'not-fhir'],
    ['a page that says created', 201, { 'content-type': 'text/plain' }, 'ok', 'not-fhir'],
    ["a gateway's JSON", 200, FHIR, '{"status":"ok"}', 'not-fhir'],
    ['an error that says created', 201, { ...FHIR, ...WRITTEN }, outcome('internal'), 'not-fhir'],
    ["a gateway's refusal in JSON", 400, FHIR, '{"message":"blocked"}', 'not-fhir'],
    ["a gateway's rate limit", 429, FHIR, '{"message":"slow down"}', 'not-fhir'],
    ['no content', 204, WRITTEN, '', 'not-fhir'],
    ['accepted for later', 202, WRITTEN, '', 'not-fhir'],
    ['an empty yes that names nothing', 201, {}, '', 'not-fhir'],
    ['an empty yes to a change', 200, FHIR, '', 'not-fhir'],
    ["a queue's yes", 201, { location: 'https://gateway.example/queue/7' }, '', 'not-fhir'],
    [
      "another FHIR server's yes",
      201,
      { location: 'https://fhir.example/fhir/Appointment/7' },
      '',
      'not-fhir',
    ],
    ["a yes about another vendor's", 201, { location: OTHERS }, '', 'not-fhir'],
    ['an echo', 201, FHIR, '{"resourceType":"Appointment"}', 'not-fhir'],
    ["a gateway's outcome", 200, FHIR, outcome('late', 'information'), 'not-fhir'],
    ["a gateway's refusal in FHIR", 400, FHIR, FOREIGN, 'not-fhir'],
    ['an answer over a MiB', 201, FHIR, 'x'.repeat(1024 * 1024 + 1), 'too-large'],
  ])('%s becomes 503', async (_name, status, headers, body, reason) => {
    always(status, headers as Record<string, string>, body);
    await expectUnavailable(reason);
  });

  test('503 says to come back when the edge said so', async () => {
    always(503, { ...FHIR, 'retry-after': '17' }, outcome('storage-unavailable'));
    expect((await send()).headers['retry-after']).toBe('17');
  });

  test('an edge that is too slow, before or within its answer, becomes 503', async () => {
    const hurried = await openInbound(authority, { limits: { edgeMs: 400 } });
    try {
      hurried.edge.handler = () => {};
      await expectUnavailable('timeout', hurried);
      hurried.edge.handler = (_forwarded, response) => response.writeHead(201, FHIR).write('{');
      await expectUnavailable('timeout', hurried);
    } finally {
      await hurried.close();
    }
  });

  test('an answer that is cut short becomes 503', async () => {
    scene.edge.handler = (_forwarded, response) => {
      response.writeHead(201, { ...FHIR, 'content-length': '100' }).write('{');
      setImmediate(() => response.destroy());
    };
    await expectUnavailable('reset');
  });

  test('a connection that the edge closes as it is used is asked again, once', async () => {
    scene.edge.handler = (forwarded, response) => {
      if (scene.edge.received.length === 1) response.destroy();
      else acceptAll(forwarded, response);
    };
    expect((await send()).status).toBe(201);
    expect(scene.edge.received).toHaveLength(2);
  });
});

async function expectUnavailable(reason: string, { port, log } = scene): Promise<void> {
  const answer = await send({ port });
  expect([answer.status, answer.headers['retry-after'], answer.headers['content-type']]).toEqual([
    503,
    '5',
    FHIR['content-type'],
  ]);
  expect(JSON.parse(answer.text)).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'fatal', code: 'transient' }],
  });
  expect(answer.text).not.toContain('html');
  const id = answer.headers['x-request-id'];
  const line = await until('the log line', () => log.find(({ requestId }) => requestId === id));
  expect(line).toMatchObject({
    message: 'inbound-exchange',
    status: 503,
    reason,
    editor: 'alpha',
  });
}

test('answers 503 while the edge is down, and serves again as soon as it is back', async () => {
  const edge = await startTestEdge();
  const own = await openInbound(authority, { edge });
  const ask = () => call({ port: own.port, ca: authority.ca, show: leaf });
  expect((await ask()).status).toBe(201);
  await edge.close();
  expect((await ask()).status).toBe(503);
  expect(await own.metric('edge_failures_total{reason="connect"}')).toBe(1);
  const back = await startTestEdge(edge.port);
  expect((await ask()).status).toBe(201);
  expect(back.received).toHaveLength(1);
  expect(await own.metric('requests_total{editor="alpha",status="201"}')).toBe(2);
  expect(await own.metric('requests_total{editor="alpha",status="503"}')).toBe(1);
  await own.close();
  await back.close();
});

describe('what the port serves itself', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;

  test('a CapabilityStatement of what vendors may do', async () => {
    const answer = await send({ method: 'GET', path: '/fhir/metadata', headers: { host: 'relais.example' } });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, FHIR['content-type']]);
    expect(JSON.parse(answer.text)).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      date: manifest.date,
      software: { version: manifest.version },
      implementation: { url: 'https://relais.example/fhir' },
      rest: [
        {
          mode: 'server',
          resource: [
            {
              type: 'Appointment',
              interaction: [{ code: 'create' }, { code: 'update' }],
              updateCreate: true,
              conditionalUpdate: true,
              searchParam: [{ name: 'identifier', type: 'token' }],
            },
          ],
        },
      ],
    });
    const head = await send({ method: 'HEAD', path: '/fhir/metadata' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(scene.edge.received).toEqual([]);
  });

  test.each([
    ['GET', '/fhir/Appointment', 405, 'POST, PUT'],
    ['DELETE', '/fhir/Appointment/alpha-1', 405, 'PUT'],
    ['POST', '/fhir/metadata', 405, 'GET, HEAD'],
    ['POST', '/fhir', 404, undefined],
    ['POST', '/fhir/Practitioner', 404, undefined],
    ['POST', '/fhir/Appointment/_search', 404, undefined],
    ['PUT', `/fhir/Appointment/${'a'.repeat(65)}`, 404, undefined],
    ['PUT', '/fhir/Appointment/../Slot', 404, undefined],
    ['PUT', '/fhir/Appointment/a%2F..%2F..', 404, undefined],
    ['GET', '/link', 404, undefined],
  ])('%s %s is %i', async (method, path, status, allow) => {
    const answer = await send({ method, path });
    expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
    expect(JSON.parse(answer.text).resourceType).toBe('OperationOutcome');
    expect(scene.edge.received).toEqual([]);
  });

  test('a compressed body is 415', async () => {
    expect((await send({ headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  });
});

// The token issuer is away, over the real edge: what its isolates know together, and what they know of it after a
// restart. What each trouble of an issuer does to one isolate: test/unit/http/issuer-keys.test.ts.

import { mkdtemp } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import { localSettings, openLocalState, signToken } from '../../../sandbox/platform/local/state.ts';
import { startBuiltEdge } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

let dir: string;
let edge: EdgeProcess;
let settings: Record<string, string>;
let token: string;
let keys: string;
let asked = 0;
let answer: (response: ServerResponse) => void;
const hanging: ServerResponse[] = [];
const serve = (response: ServerResponse): void => void response.writeHead(200).end(keys);
const fail = (response: ServerResponse): void => void response.writeHead(503).end();
const hang = (response: ServerResponse): void => void hanging.push(response);
const issuer = createServer((_request, response) => {
  asked += 1;
  answer(response);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  dir = await mkdtemp(join(tmpdir(), 'passerelle-'));
  const state = await openLocalState(dir);
  keys = state.issuerJwks;
  token = await signToken(state, 'admin');
  // Links of the console are signed by the local issuer's own key.
  const { AUTH_JWKS: _fixed, CONSOLE_LINKS: _links, ...local } = await localSettings(state);
  const AUTH_JWKS_URL = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`;
  settings = { ...local, AUTH_JWKS_URL };
  answer = fail;
  edge = await startBuiltEdge({ port: 0, stateDir: dir, settings, onLog: () => {} });
});
afterAll(async () => {
  await edge?.close();
  issuer.closeAllConnections();
  issuer.close();
  await removeFolder(dir);
});

const restart = (): Promise<void> => edge.configure(settings);
async function ask(init: RequestInit = {}): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${edge.url}/admin/relays`, { headers, ...init });
  const body = (await response.json()) as { issue?: { details: { coding: { code: string }[] } }[] };
  if (response.status === 503) expect(response.headers.get('Retry-After')).toBe('5');
  return `${response.status} ${body.issue?.[0]?.details.coding[0]?.code ?? ''}`.trim();
}

it('nothing known: 503, and the caller may come again', async () => {
  expect(await ask()).toBe('503 issuer-unavailable');
});

it('callers of one isolate share one question, also when who asked it has gone', async () => {
  answer = hang;
  await restart();
  asked = 0;
  const leaving = new AbortController();
  const gone = ask({ signal: leaving.signal }).catch(() => 'gone');
  await until('the issuer was asked', () => hanging.length > 0);
  const waiting = Array.from({ length: 20 }, () => ask());
  leaving.abort();
  expect(await gone).toBe('gone');
  for (const response of hanging.splice(0)) serve(response);
  answer = serve;
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['200']));
  expect(asked).toBe(1);
});

it('an edge that starts anew in the outage knows the keys of before', async () => {
  answer = fail;
  await restart();
  expect(await ask()).toBe('200');
  // Another issuer's keys are not these.
  await edge.configure({ ...settings, AUTH_JWKS_URL: `${settings.AUTH_JWKS_URL}?other` });
  expect(await ask()).toBe('503 issuer-unavailable');
  await restart();
  expect(await ask()).toBe('200');
});

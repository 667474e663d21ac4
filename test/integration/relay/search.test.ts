// The relay as a process between a real edge link and real mTLS vendors: one search from plan to answers.

import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readIdentityKey, toPublicJwk } from '../../../relay/link/identity-key.ts';
import { LINK_AUDIENCE } from '../../../shared/link/hub.ts';
import { ask } from '../../support/doubles/edge.ts';
import { type Handler, sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle, RPPS_A } from '../../support/samples/relay-bundle.ts';
import type { RelayProcess } from '../../support/scenes/relay/process.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;
const twoSlots: Handler = (_request, response) =>
  sendJson(response, makeBundle({ startMs: Date.now() + HOUR_MS, slots: 2 }));
const hang: Handler = () => {};

let scene: Scene;
let relay: RelayProcess;

beforeAll(async () => {
  scene = await makeScene([twoSlots, twoSlots, hang]);
  relay = scene.startRelay();
  await scene.edge.linked();
});

afterAll(() => scene?.close());

test('announces its vendors without any secret', async () => {
  const link = await scene.edge.linked();
  const [announcement] = link.announcements;
  expect(announcement?.relay).toBe('relay-test');
  expect(announcement?.editors.map(({ id }) => id)).toEqual(['agenda-1', 'agenda-2', 'agenda-3']);
  const [first] = announcement?.editors ?? [];
  expect(Object.keys(first ?? {}).sort()).toEqual([
    'certificateNotAfter',
    'flows',
    'id',
    'name',
    'redirectHosts',
  ]);
  expect(Date.parse(first?.certificateNotAfter ?? '')).toBeGreaterThan(Date.now());
});

test('signs in with a token that its printed key verifies', async () => {
  const link = await scene.edge.linked();
  const key = readIdentityKey(`${scene.dir}/link.key.pem`);
  if (!key.ok) throw new Error('no key');
  const jwks = createLocalJWKSet({ keys: [{ ...toPublicJwk(key.value, 'relay-test') }] });
  const token = link.authorization.replace(/^Bearer /, '');
  const { payload } = await jwtVerify(token, jwks, { audience: LINK_AUDIENCE, issuer: 'relay-test' });
  expect(payload.sub).toBe('relay-test');
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
});

test('answers a search with the slots of every vendor before the search resolves', async () => {
  const link = await scene.edge.linked();
  const landed = await ask(link, makePlan(['agenda-1', 'agenda-2']));
  expect(
    landed.answers.map(({ call, failure, shown, received }) => ({ call, failure, shown, received })),
  ).toEqual(
    expect.arrayContaining([
      { call: 0, failure: undefined, shown: 2, received: 2 },
      { call: 1, failure: undefined, shown: 2, received: 2 },
    ]),
  );
  expect(landed.answers[0]?.subjects[0]?.subject).toBe(RPPS_A);
  expect(landed.heads.map(({ call }) => call)).toEqual(landed.answers.map(({ call }) => call));
});

/** Longer than anything but a hang takes. */
const LONG_MS = 25_000;

test('sends the exact request of the guide', () => {
  const [request] = scene.vendors[0]?.requests ?? [];
  expect(request).toMatch(
    /^\/fhir\/Slot\?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge\d{4}-/,
  );
  expect(request).toContain(`&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C${RPPS_A}`);
  const [headers] = scene.vendors[0]?.headers ?? [];
  expect(headers?.accept).toBe('application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8');
  expect(headers?.['accept-encoding']).toBe('gzip');
  expect(headers?.['user-agent']).toMatch(/^passerelle-relay\//);
});

test('answers a vendor that hangs with timeout at the budget, and the others before', async () => {
  const link = await scene.edge.linked();
  const given = scene.vendors[2]?.given.up ?? 0;
  const landed = await ask(link, makePlan(['agenda-1', 'agenda-3'], { budgetMs: 4_000 }));
  const [hung] = landed.answers.filter(({ call }) => call === 1);
  expect(hung?.failure).toEqual({ reason: 'timeout' });
  expect(landed.answers.find(({ call }) => call === 0)?.shown).toBe(2);
  expect(landed.heads.map(({ call }) => call)).toEqual([0, 1]);
  expect(landed.frames).toBe(2);
  expect(landed.durationMs).toBeGreaterThanOrEqual(3_995);
  await until('the vendor sees its connection closed', () => (scene.vendors[2]?.given.up ?? 0) > given);
});

test('gives one vendor less time than the plan when the call says so', async () => {
  const link = await scene.edge.linked();
  const calls = [{ editor: 'agenda-3', subjects: [RPPS_A], budgetMs: 150 }];
  const landed = await ask(link, makePlan([], { budgetMs: LONG_MS, calls }));
  expect(landed.answers[0]?.failure).toEqual({ reason: 'timeout' });
  expect(landed.durationMs).toBeLessThan(LONG_MS);
});

test('answers a vendor it does not know with not-served', async () => {
  const link = await scene.edge.linked();
  const landed = await ask(link, makePlan(['agenda-9']));
  expect(landed.answers[0]?.failure).toEqual({ reason: 'not-served' });
});

/** The most that a plan may ask for. */
const GATHER_MS = 5_000;

test('gathers answers into one message while gatherMs lasts', async () => {
  const link = await scene.edge.linked();
  const editors = ['agenda-1', 'agenda-2', 'agenda-1', 'agenda-2', 'agenda-1'];
  const landed = await ask(link, makePlan(editors, { gatherMs: GATHER_MS }));
  expect(landed.frames).toBe(1);
  expect(landed.answers).toHaveLength(5);
  // Once all have answered nothing is waited for.
  expect(landed.durationMs).toBeLessThan(GATHER_MS);
});

test('closes the vendor request of a search that is cancelled', async () => {
  const link = await scene.edge.linked();
  const vendor = scene.vendors[2];
  const asked = vendor?.requests.length ?? 0;
  const given = vendor?.given.up ?? 0;
  const plan = makePlan(['agenda-3'], { budgetMs: LONG_MS });
  const searching = ask(link, plan);
  await until('the vendor is asked', () => (vendor?.requests.length ?? 0) > asked);
  await link.relay.cancel(plan.id);
  const landed = await searching;
  expect(landed.answers).toEqual([]);
  expect(landed.durationMs).toBeLessThan(LONG_MS);
  await until('the vendor sees its connection closed', () => (vendor?.given.up ?? 0) > given);
});

test('closes the vendor request of one call that is given up, and hands over the other answers', async () => {
  const link = await scene.edge.linked();
  const vendor = scene.vendors[2];
  const asked = vendor?.requests.length ?? 0;
  const given = vendor?.given.up ?? 0;
  const plan = makePlan(['agenda-1', 'agenda-3', 'agenda-2'], { budgetMs: LONG_MS });
  const searching = ask(link, plan);
  await until('the vendor is asked', () => (vendor?.requests.length ?? 0) > asked);
  await link.relay.cancel(plan.id, [1, 99, -1]);
  const landed = await searching;
  expect(landed.answers.map(({ call, shown }) => [call, shown]).sort()).toEqual([
    [0, 2],
    [2, 2],
  ]);
  expect(landed.durationMs).toBeLessThan(LONG_MS);
  await until('the vendor sees its connection closed', () => (vendor?.given.up ?? 0) > given);
});

test('goes on with the call that is left when another to the same vendor is given up', async () => {
  const link = await scene.edge.linked();
  const vendor = scene.vendors[2];
  const asked = vendor?.requests.length ?? 0;
  const given = vendor?.given.up ?? 0;
  const plan = makePlan(['agenda-3', 'agenda-3'], { budgetMs: 4_000 });
  const searching = ask(link, plan);
  await until('both calls are asked', () => (vendor?.requests.length ?? 0) === asked + 2);
  await link.relay.cancel(plan.id, [0]);
  await until('the vendor sees one connection closed', () => (vendor?.given.up ?? 0) === given + 1);
  const landed = await searching;
  expect(landed.answers.map(({ call, failure }) => [call, failure])).toEqual([[1, { reason: 'timeout' }]]);
});

test('ends a search of which every call is given up, without an answer', async () => {
  const link = await scene.edge.linked();
  const vendor = scene.vendors[2];
  const asked = vendor?.requests.length ?? 0;
  const plan = makePlan(['agenda-3', 'agenda-3'], { budgetMs: LONG_MS });
  const searching = ask(link, plan);
  await until('both calls are asked', () => (vendor?.requests.length ?? 0) === asked + 2);
  await link.relay.cancel(plan.id, [0]);
  await link.relay.cancel(plan.id, [0, 1]);
  const landed = await searching;
  expect(landed.answers).toEqual([]);
  expect(landed.durationMs).toBeLessThan(LONG_MS);
});

test('ignores a search it does not know, and refuses to give up what is not named by numbers', async () => {
  const link = await scene.edge.linked();
  await link.relay.cancel('no-such-plan', [0]);
  await expect(link.relay.cancel('no-such-plan', ['0'] as unknown as number[])).rejects.toThrow();
  await expect(link.relay.cancel(7 as unknown as string)).rejects.toThrow();
});

test('refuses a plan that breaks the bounds of the link', async () => {
  const link = await scene.edge.linked();
  const subjects = Array.from({ length: 26 }, (_, index) => `8100000${10000 + index}`);
  await expect(ask(link, makePlan([], { calls: [{ editor: 'agenda-1', subjects }] }))).rejects.toThrow();
});

test('counts what happened without a word about persons', async () => {
  const text = await (await fetch(`${await relay.adminUrl()}/metrics`)).text();
  expect(text).toContain(
    'passerelle_relay_vendor_calls_total{editor="agenda-1",flow="INT_R01",outcome="ok"}',
  );
  expect(text).toContain(
    'passerelle_relay_vendor_calls_total{editor="agenda-3",flow="INT_R01",outcome="timeout"}',
  );
  expect(text).toContain(
    'passerelle_relay_vendor_calls_total{editor="agenda-3",flow="INT_R01",outcome="given-up"}',
  );
  expect(text).toContain('passerelle_relay_link_up 1');
  expect(text).toMatch(/passerelle_relay_certificate_expiry_seconds\{editor="agenda-1"\} \d{7,}/);
  expect(text).not.toContain(RPPS_A);
  expect((await fetch(`${await relay.adminUrl()}/readyz`)).status).toBe(200);
});

test('logs each exchange with numbers, and no identity that a vendor or the edge sent', async () => {
  const line = await until('a line of agenda-1', () =>
    relay.lines.find(({ message, editor }) => message === 'vendor-exchange' && editor === 'agenda-1'),
  );
  expect(line).toMatchObject({
    flow: 'INT_R01',
    reason: 'ok',
    status: 200,
    count: 2,
    slots: 2,
  });
  for (const canary of [
    RPPS_A,
    RPPS_A.slice(1),
    'CANARI',
    'Canari',
    'Slot?',
    'Bearer',
    '+33199000001',
    'eyJ',
  ]) {
    expect(relay.output()).not.toContain(canary);
  }
});

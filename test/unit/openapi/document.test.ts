// The description and the route table say the same paths; the document is OpenAPI 3.1, and its examples are what its
// schemas say.
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it, vi } from 'vitest';
import { describeApi, isDescribed, OPERATIONS, pathOf } from '../../../worker/openapi/document.ts';
import { writeDocs } from '../../../worker/openapi/page/page.ts';
import { ROUTES } from '../../../worker/routes.ts';
import { judgeOf, mediaOf } from '../../support/oracles/openapi-judge.ts';

// The platform's own module, which Node does not have; nothing here makes a Durable Object.
vi.mock('cloudflare:workers', () => ({ DurableObject: class {}, RpcTarget: class {} }));

const document = describeApi(ROUTES, 'https://edge.example');
const keyOf = (route: (typeof ROUTES)[number]): string => `${route.method} ${pathOf(route)}`;

it('describes every route of FHIR, of the front’s face, of operators and of browsers, and nothing else', () => {
  const served = ROUTES.filter(isDescribed).map(keyOf);
  expect(served.length).toBeGreaterThan(30);
  expect(Object.keys(OPERATIONS).sort()).toEqual([...new Set(served)].sort());
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).flatMap((method) =>
      method === 'options' ? [] : [`${method.toUpperCase()} ${path}`],
    ),
  );
  for (const methods of Object.values(document.paths)) expect(methods).toHaveProperty('options');
  expect(documented.sort()).toEqual(served.sort());
});

it('leaves to relays and to probes what is theirs', () => {
  const others = ROUTES.filter((route) => !isDescribed(route)).map(({ path }) => path);
  for (const path of others) expect(path).toMatch(/^\/(link$|hub-sante\/|healthz$|readyz$|console)/);
});

it('is OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(
    JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
  );
  expect(errors ?? []).toEqual([]);
  expect([valid, validator.version]).toEqual([true, '3.1']);
});

const all = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const operations = all.filter(({ method }) => method !== 'options');

describe.each(operations)('$method $path', ({ path, method, operation }) => {
  it('names the parameters of its path, and those alone', () => {
    const named = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  });

  it('has an example for each body, which its schema accepts', () => {
    const judge = judgeOf(document);
    const media = mediaOf(document, path, method);
    expect(media.length).toBeGreaterThan(0);
    for (const { pointer, content } of media) {
      const examples = Object.entries(content.examples);
      expect(examples.length, pointer).toBeGreaterThan(0);
      for (const [name, { value }] of examples) expect([name, judge(pointer, value)]).toEqual([name, []]);
    }
  });

  it('says what becomes of it when the gateway fails, and who may call', () => {
    const statuses = Object.keys(operation.responses);
    expect(statuses).toEqual(expect.arrayContaining(['405', '500', '503']));
    expect(statuses.includes('401')).toBe(
      operation.security.length > 0 || operation.operationId === 'loginCheck',
    );
    const [scheme = {}] = operation.security;
    const isHeld = ['exploitant', 'sas', 'editeur'].some((name) => name in scheme);
    expect(statuses.includes('403')).toBe(isHeld || path.includes('/r/'));
  });
});

describe('the schema of PractitionerSlots', () => {
  const pointer = '/components/schemas/Actions';
  const judge = judgeOf(document);
  const { value } = mediaOf(document, '/aggregator/api-sas/v1/PractitionerSlots', 'post').find(
    (media) => media.of === '200',
  )!.content.examples.exemple!;
  const actions = value as Record<string, Record<string, unknown>>;
  const update = actions['810001']!;
  const create = actions['c-810001-7f3a']!;
  const slotWith = (change: object): object => {
    const [[day, [slot]]] = Object.entries(update.slot as Record<string, object[]>) as [[string, object[]]];
    return { '810001': { ...update, slot: { [day]: [{ ...slot, ...change }] } } };
  };

  const gone = { action: 'delete', id: 7, practitioner: { phone: '' }, slot: {} };

  it('accepts an update, a create with a delete, and nothing at all', () => {
    expect(judge(pointer, actions)).toEqual([]);
    expect(judge(pointer, { 'c-1-a': create, '1': gone })).toEqual([]);
    expect(judge(pointer, {})).toEqual([]);
  });

  // Each of these breaks a lot in the published front (docs/guide.md G-906, G-908).
  it.each([
    ['a key of no action', { status: 'ok' }],
    ['null for the slots', { '810001': { ...update, slot: null } }],
    ['null for a day', { '810001': { ...update, slot: { '23-11': null } } }],
    ['a kind of consultation that is no list', slotWith({ consultation_type: 'AMB' })],
    ['a start without offset', slotWith({ start: '2026-11-23T14:00:00.000' })],
    ['a link without origin', slotWith({ slot_reservation_link: 'https://agenda.example/rdv/12' })],
    ['a link of another scheme', slotWith({ slot_reservation_link: 'javascript:alert(1)?origin=sas' })],
    [
      'a phone that is a number',
      { '810001': { ...update, practitioner: { ...(update.practitioner as object), phone: 4 } } },
    ],
    ['a create without nid', { 'c-1-a': { ...create, nid: undefined } }],
    ['a create under a number', { '7': create }],
    ['a place without address', { '810001': { ...update, address: null } }],
    ['an id of zero', { '810001': { ...update, id: 0 } }],
  ])('refuses %s', (_what, answer) => {
    expect(judge(pointer, JSON.parse(JSON.stringify(answer)))).not.toEqual([]);
  });
});

it('gives each operation an id of its own', () => {
  const ids = all.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

describe('the page', () => {
  const page = writeDocs(document).text;

  it('shows every operation, every schema and every status', () => {
    for (const { path, operation } of operations) {
      expect(page).toContain(`id="${operation.operationId}"`);
      expect(page).toContain(path);
    }
    for (const name of Object.keys(document.components.schemas ?? {}))
      expect(page).toContain(`id="schema-${name}"`);
  });

  it('holds no script, style or address of another place, and no dead link within', () => {
    expect(page).not.toMatch(/<script|<img|<link|style=|javascript:/i);
    const targets = [...page.matchAll(/href="([^"]*)"/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(50);
    for (const target of targets) {
      if (target.startsWith('#')) expect(page).toContain(`id="${target.slice(1)}"`);
      else expect(target).toMatch(/^\/(|openapi\.json|fhir\/metadata)$/);
    }
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

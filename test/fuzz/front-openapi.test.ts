// Whatever is sent to the front's face, to FHIR's, to operators' paths and to the redirect: no 5xx, no answer that is not
// described, no stack trace, nothing of somebody else, and the front's cookies stay where they came in. Requests are
// made from the edge's own description. Replay with FUZZ_SEED=<the seed in the title>.
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASES } from '../../host/databases/migrations.ts';
import type { Child } from '../../sandbox/platform/child.ts';
import { waitUntilReady } from '../../sandbox/platform/examples.ts';
import { startLocalRelay } from '../../sandbox/platform/local/relay.ts';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { writeRedirectToken } from '../../worker/front/redirect/token.ts';
import { OPERATIONS } from '../../worker/openapi/document.ts';
import { FRONT_COOKIE, FrontCaller, type FrontReply, sendPlain } from '../support/doubles/front-caller.ts';
import { type LinkTap, openLinkTap } from '../support/doubles/link-tap.ts';
import { type Api, type ApiOperation, openApi } from '../support/doubles/openapi-client.ts';
import { arbitraryOf, HOSTILE_BODIES, HOSTILE_TEXTS, spoiled } from '../support/oracles/openapi-arbitrary.ts';
import { peopleOf } from '../support/samples/people.ts';
import { System } from '../support/scenes/system.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS_PER_OPERATION = drawn(25);

/** Somebody whom no request below asks for. */
const CANARY = {
  uuid: 'cafecafe-0000-4000-8000-000000000001',
  lastName: 'Canari-Zéphirine',
  firstName: 'Hortensia-Canari',
  email: 'canari@regulation.example',
  nationalId: '899987654321',
  habilitation: true,
  emailBeforeUpdate: null,
  sasTerritories: ['SAS-Canari'],
};
const COOKIES = ['canary-cookie-of-the-front', 'canary-user-of-the-front'];
const TRACE = /\bat \S+ \(|\.ts:\d+|script-0|node_modules|SQLITE_|D1_ERROR|TypeError|RangeError/;

let system: System;
let relay: Child;
let tap: LinkTap;
let api: Api;
let tokens: Readonly<Record<ApiOperation['needs'], string>>;
let words: readonly string[];
/** By parameter: what it is meant to hold. */
let meant: Readonly<Record<string, readonly string[]>>;
const seen = new Map<number, number>();

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], relay: false });
  tap = await openLinkTap(system.url);
  relay = await startLocalRelay({
    id: 'relay-a',
    dir: join(system.dir, 'relay-a'),
    edgeUrl: tap.url,
    edgeStateDir: system.state.dir,
    pki: system.pki,
    vendors: system.vendors.map(({ id, url }) => ({ id, name: id, url })),
    adminPort: 0,
    listenPort: 0,
    onLog: (line) => system.relayLog.push(line),
  });
  await waitUntilReady(system.url);
  const front = new FrontCaller(() => system.url);
  const admin = await signToken(system.state, 'admin');
  tokens = {
    nothing: '',
    front: await front.token(),
    admin,
    sas: await signToken(system.state, 'system/*.*'),
    // Only a relay speaks for a vendor.
    vendor: admin,
  };
  api = await openApi(() => system.url);
  const people = peopleOf(system.vendors)
    .slice(0, 30)
    .map(({ identifier }) => identifier);
  const page = 'https://agenda-a.sandbox.test/agenda/7';
  const slotAt = (startMs: number, url = page): string =>
    writeRedirectToken({ editor: 'agenda-a', page: url, startMs });
  const soonMs = Date.now() + 3_600_000;
  meant = {
    id: people,
    slot: [slotAt(soonMs), slotAt(0), slotAt(soonMs, 'https://evil.example/')],
    // Never agenda-a: an operator may switch off what the others need.
    editor: ['agenda-b'],
    name: ['portail', 'read'],
    from: ['2026-11-01'],
    to: ['2026-11-30'],
    start: [new Date(soonMs - 7_200_000).toISOString()],
    end: [new Date(soonMs).toISOString()],
  };
  words = [
    ...people,
    ...people.map((identifier) => identifier.slice(1)),
    ...['agenda-b', 'read', '42', '974', '42000', '2026-11-23', 'INT_R04', 'booked', 'csv'],
    new Date().toISOString(),
  ];
  await front.asServer('/v1/regulators/login', { method: 'PUT', body: CANARY });
});
afterAll(async () => {
  await relay?.stop();
  await tap?.close();
  await system?.stop();
});

interface Attempt {
  readonly parameters: Readonly<Record<string, string>>;
  /** Undefined: none. */
  readonly body: string | Buffer | undefined;
  readonly type: string;
  readonly token: string;
}

const TYPES = ['application/json', 'application/json; charset=utf-16', 'text/xml', 'multipart/form-data', ''];

function attemptOf({ operation, needs }: ApiOperation): fc.Arbitrary<Attempt> {
  const textFor = (name: string, example: string): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...(meant[name] ?? [example])) },
      { weight: 1, arbitrary: fc.constantFrom(...words) },
      { weight: 1, arbitrary: fc.string() },
      { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
    );
  const parameters = fc.record(
    Object.fromEntries(
      (operation.parameters ?? []).map(({ name, example }) => [name, textFor(name, String(example))]),
    ),
    { requiredKeys: (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name) },
  ) as fc.Arbitrary<Record<string, string>>;
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const schema = (content?.schema ?? {}) as Readonly<Record<string, unknown>>;
  const value = arbitraryOf(schema, { document: api.document, words }).map(
    (body) => JSON.stringify(body) ?? '',
  );
  const body =
    content === undefined
      ? fc.constant(undefined)
      : fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: spoiled(value) });
  const token = fc.oneof(
    { weight: 8, arbitrary: fc.constant(tokens[needs]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'null', 'a.b.c', tokens.front, tokens.admin, `${tokens[needs]}x`),
    },
  );
  return fc.record({ parameters, body, type: fc.constantFrom(...TYPES), token });
}

/** The description's own example: the first of each operation's requests. */
function exampleOf({ operation, needs }: ApiOperation): Attempt {
  const parameters = (operation.parameters ?? [])
    .filter(({ required }) => required)
    .map(({ name, example }) => [name, meant[name]?.[0] ?? example]);
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const [example] = Object.values(content?.examples ?? {});
  return {
    parameters: Object.fromEntries(parameters) as Record<string, string>,
    body: example === undefined ? undefined : JSON.stringify(example.value),
    type: 'application/json',
    token: tokens[needs],
  };
}

/** Then each of the worst texts in each parameter, and each of the worst bodies: no seed misses them. */
function worstOf(operation: ApiOperation): Attempt[] {
  const usual = exampleOf(operation);
  const parameters = (operation.operation.parameters ?? []).map(({ name }) => name);
  const texts = parameters.length === 0 ? [] : HOSTILE_TEXTS;
  const bodies = operation.operation.requestBody === undefined ? [] : HOSTILE_BODIES;
  return [
    ...texts.map((text) => ({
      ...usual,
      parameters: Object.fromEntries(parameters.map((name) => [name, text])),
    })),
    ...bodies.map((body) => ({ ...usual, body })),
  ];
}

/** Unlike `Api.call`, sends parameters as they come and bodies that are no JSON. */
function send(operation: ApiOperation, { parameters, body, type, token }: Attempt): Promise<FrontReply> {
  const query = new URLSearchParams();
  let address = operation.path;
  for (const { name, in: place } of operation.operation.parameters ?? []) {
    const value = parameters[name];
    if (value === undefined) continue;
    if (place === 'query') query.append(name, value);
    else address = address.replace(`{${name}}`, () => encodeURIComponent(value.toWellFormed()));
  }
  return sendPlain(`${system.url}${address}${query.size === 0 ? '' : `?${query}`}`, {
    method: operation.method,
    body,
    headers: {
      Cookie: FRONT_COOKIE,
      ...(type === '' ? {} : { 'Content-Type': type }),
      ...(token === '' ? {} : { Authorization: `bearer ${token}` }),
    },
  });
}

function judge(operation: ApiOperation, reply: FrontReply, { parameters }: Attempt): readonly string[] {
  const wrong: string[] = [];
  if (reply.status >= 500) wrong.push(`${reply.status}: ${reply.text.slice(0, 300)}`);
  // A parameter that is empty, or two dots, makes another path of it.
  const isElsewhere =
    operation.path.includes('{') &&
    (reply.status === 404 || reply.status === 405 || Object.values(parameters).some(isNoSegment));
  // Who may read regulators is told of all of them.
  const isReader = operation.path.startsWith('/fhir/Practitioner');
  if (!isElsewhere) wrong.push(...api.check(operation, reply));
  const whole = reply.text + JSON.stringify(reply.headers);
  if (TRACE.test(whole)) wrong.push('a trace');
  for (const secret of [...COOKIES, ...(isReader ? [] : Object.values(CANARY).flat())]) {
    if (typeof secret === 'string' && whole.includes(secret)) wrong.push(`${secret} is told`);
  }
  if (String(reply.headers['x-passerelle-ledger'] ?? '').includes('internal'))
    wrong.push('a part failed within');
  return wrong;
}

function isNoSegment(text: string): boolean {
  return text === '' || text === '.' || text === '..';
}

describe(`seed ${SEED}`, () => {
  it.each(Object.keys(OPERATIONS))('%s', async (key) => {
    const operation = api.of(key);
    const examples = [exampleOf(operation), ...worstOf(operation)].map((one): [Attempt] => [one]);
    await fc.assert(
      fc.asyncProperty(attemptOf(operation), async (attempt) => {
        const reply = await send(operation, attempt);
        seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
        expect(judge(operation, reply, attempt)).toEqual([]);
      }),
      { seed: SEED, numRuns: examples.length + RUNS_PER_OPERATION, examples },
    );
  });

  it('has met more than refusals', () => {
    expect((seen.get(200) ?? 0) + (seen.get(302) ?? 0)).toBeGreaterThan(125);
    for (const status of [302, 400, 401, 403, 404, 410, 413])
      expect([status, seen.has(status)]).toEqual([status, true]);
    expect(system.vendors.reduce((sum, vendor) => sum + vendor.state().requests.length, 0)).toBeGreaterThan(
      10,
    );
  });

  it('has left no cookie, and nothing unexpected, in a log, in the database, at a vendor or on the link', async () => {
    const heard = tap.heard().toString('latin1');
    // The tap hears what is said: whom to ask for is said in clear.
    expect(words.slice(0, 30).some((identifier) => heard.includes(identifier))).toBe(true);
    const logs = [...system.edgeLog, ...system.relayLog];
    const vendors = JSON.stringify(system.vendors.map((vendor) => vendor.state().requests));
    const tables: string[] = [];
    for (const { name: database } of DATABASES) {
      const db = await system.edge.database(database);
      const { results } = await db
        .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`)
        .all<{ name: string }>();
      for (const { name } of results)
        tables.push(JSON.stringify((await db.prepare(`SELECT * FROM "${name}"`).all()).results));
    }
    expect(tables.join('\n')).toContain(CANARY.lastName);
    for (const cookie of COOKIES) {
      for (const [where, text] of [
        ['log', logs.join('\n')],
        ['vendor', vendors],
        ['link', heard],
        ['database', tables.join('\n')],
      ] as const) {
        expect([where, text.includes(cookie)]).toEqual([where, false]);
      }
    }
    expect(logs.filter((line) => /"reason":"internal"|Uncaught|TypeError/.test(line))).toEqual([]);
    for (const secret of [CANARY.lastName, CANARY.email, CANARY.nationalId, tokens.front, tokens.admin]) {
      expect(logs.join('\n')).not.toContain(secret);
    }
  });
});

// Wrong questions over HTTP: each gets its status, an OperationOutcome that names the parameter, and the id that
// the log line carries too.
import { readFile } from 'node:fs/promises';
import type { CapabilityStatement, OperationOutcome } from 'fhir/r4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
const WHO = ['899900101371'];

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
});
afterAll(() => system?.stop());

it('a search without anything is told all that is missing, each by its parameter', async () => {
  const response = await system.fetch('/fhir/Slot');
  const { issue } = (await response.json()) as OperationOutcome;
  expect(response.status).toBe(400);
  expect(issue.map(({ expression }) => expression?.[0])).toEqual([
    'http.status',
    'http.start',
    'http.schedule.actor:Practitioner.identifier',
  ]);
  for (const { details, diagnostics } of issue) {
    expect(details?.text).toMatch(/obligatoire|Aucun identifiant/);
    expect(diagnostics).toContain(response.headers.get('X-Request-Id') ?? '-');
  }
});

interface Refusal {
  readonly status: number;
  readonly reason: string | undefined;
  readonly expression: string | undefined;
  readonly headers: Headers;
}

async function refusal(path: string, init: RequestInit = {}): Promise<Refusal> {
  const response = await system.fetch(path, init);
  const outcome = (await response.json()) as OperationOutcome;
  expect(outcome.resourceType).toBe('OperationOutcome');
  expect(response.headers.get('Content-Type')).toBe('application/fhir+json; charset=utf-8');
  const requestId = response.headers.get('X-Request-Id') ?? '';
  const [issue] = outcome.issue;
  expect(issue?.details?.text?.length).toBeGreaterThan(10);
  expect(issue?.diagnostics).toContain(requestId);
  await until('the log line of the refusal', () => system.edgeLog.some((line) => line.includes(requestId)));
  return {
    status: response.status,
    reason: issue?.details?.coding?.[0]?.code,
    expression: issue?.expression?.[0],
    headers: response.headers,
  };
}

const good = (): string => slotPath(WHO);

describe('a parameter that cannot be served', () => {
  it.each<[string, (path: string) => string, number, string, string]>([
    ['no dates', (path) => path.replace(/&start=[^&]*/g, ''), 400, 'parameter-missing', 'start'],
    [
      'a repeated date',
      (path) => path.replace(/(&start=ge[^&]*)/, '$1$1'),
      400,
      'parameter-repeated',
      'start',
    ],
    [
      'reversed dates',
      (path) => path.replace('ge2', 'XX').replace('le2', 'ge2').replace('XX', 'le2'),
      400,
      'window-invalid',
      'start',
    ],
    ['a window over 31 days', () => slotPath(WHO, windowOf(31 * 24 + 1)), 400, 'window-invalid', 'start'],
    [
      'no practitioner',
      (path) => path.replace(/&schedule[^&]*/, ''),
      400,
      'parameter-missing',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'a malformed token',
      (path) => path.replace('%7C8', '%7C%7C8'),
      400,
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'an unknown system',
      (path) => path.replace('4.2.1', '4.2.9'),
      400,
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    ['a status other than free', (path) => path.replace('free', 'busy'), 400, 'parameter-invalid', 'status'],
    ['an unknown parameter', (path) => `${path}&foo=bar`, 400, 'parameter-unknown', 'foo'],
    ['an unknown include', (path) => `${path}&_include=Slot:patient`, 400, 'parameter-unknown', '_include'],
    ['a bad percent sequence', (path) => `${path}&_format=%zz`, 400, 'query-malformed', '_format'],
    ['an unsupported _format', (path) => `${path}&_format=xml`, 406, 'format-not-supported', '_format'],
  ])('is named: %s', async (_, change, status, reason, parameter) => {
    expect(await refusal(change(good()))).toMatchObject({ status, reason, expression: `http.${parameter}` });
  });

  it('is passed over when handling is lenient, and the ledger says so', async () => {
    const answer = await system.search(`${good()}&foo=bar`, { headers: { Prefer: 'handling=lenient' } });
    expect(answer.status).toBe(200);
    expect(answer.ledger.some(({ expression }) => expression?.[0] === 'http.foo')).toBe(true);
  });

  it('is refused in a Prefer header too', async () => {
    expect(await refusal(good(), { headers: { Prefer: 'handling=loose' } })).toMatchObject({
      status: 400,
      expression: 'http.Prefer',
    });
  });
});

describe('content negotiation', () => {
  it.each([
    'application/fhir+json',
    'application/json+fhir',
    'application/json',
    'text/json',
    '*/*',
    'text/html, */*;q=0.1',
    '',
  ])('serves Accept: %s', async (accept) => {
    const answer = await system.search(good(), { headers: { Accept: accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toBe('application/fhir+json; charset=utf-8');
  });

  it('refuses what leaves no room for JSON', async () => {
    expect(await refusal(good(), { headers: { Accept: 'application/fhir+xml' } })).toMatchObject({
      status: 406,
    });
  });

  it('gives no ledger when asked for the least, and one even for nothing when asked for it', async () => {
    const least = await system.search(good(), { headers: { Prefer: 'return=minimal' } });
    expect(least.ledger).toEqual([]);
    const none = await system.search(slotPath(['899900999999']), {
      headers: { Prefer: 'return=OperationOutcome' },
    });
    expect(none.states.get('899900999999')).toBe('none');
  });
});

describe('POST _search', () => {
  const post = (body: string, type = 'application/x-www-form-urlencoded'): RequestInit => ({
    method: 'POST',
    headers: { 'Content-Type': type },
    body,
  });

  it('answers like GET, with the body as query of its self link', async () => {
    const query = good().slice(good().indexOf('?') + 1);
    const answer = await system.search('/fhir/Slot/_search', post(query));
    expect(answer.status).toBe(200);
    expect(answer.bundle.link?.[0]?.url).toBe(`${system.url}/fhir/Slot?${query}`);
  });

  it('takes 500 practitioners and refuses one more', async () => {
    const many = (length: number): RequestInit => {
      const path = slotPath(Array.from({ length }, (_, i) => `8${99_900_000_000 + i}`));
      return post(path.slice(path.indexOf('?') + 1));
    };
    expect((await system.search('/fhir/Slot/_search', many(500))).status).toBe(200);
    expect(await refusal('/fhir/Slot/_search', many(501))).toMatchObject({
      status: 400,
      reason: 'too-many-subjects',
      expression: 'http.schedule.actor:Practitioner.identifier',
    });
  });

  it('takes 256 KiB and refuses one byte more', async () => {
    const query = good().slice(good().indexOf('?') + 1);
    const fill = (bytes: number): string => `${query}${' '.repeat(bytes - query.length)}`;
    expect((await system.search('/fhir/Slot/_search', post(fill(262_144)))).status).toBe(200);
    expect(await refusal('/fhir/Slot/_search', post(fill(262_145)))).toMatchObject({
      status: 413,
      reason: 'body-too-large',
    });
  });

  it('refuses a body that is no form', async () => {
    expect(await refusal('/fhir/Slot/_search', post('{}', 'application/json'))).toMatchObject({
      status: 415,
    });
  });

  it('takes a URL of 15 KiB, names POST _search to a longer one, and takes that', async () => {
    const path = good();
    const grow = (length: number): string => `${path}${','.repeat(length - `${system.url}${path}`.length)}`;
    expect((await system.search(grow(15_360))).status).toBe(200);
    for (const length of [15_361, 16_384, 40_000]) {
      const answer = await system.search(grow(length));
      expect(answer.status).toBe(414);
      expect(answer.outcome.issue[0]?.details?.text).toBe(
        "L'adresse dépasse 15 Kio : donner les paramètres dans le corps de POST /fhir/Slot/_search.",
      );
    }
    const [bare = '', query = ''] = grow(40_000).split('?');
    expect((await system.search(`${bare}/_search`, post(query))).status).toBe(200);
    expect(await refusal(grow(40_000).replace('?', '/_search?'), post(''))).toMatchObject({
      status: 414,
      reason: 'uri-too-long',
    });
  });
});

describe('routes', () => {
  it('unknown to the edge are 404', async () => {
    for (const path of ['/fhir', '/fhir/Patient', '/fhir/Slot/1', '/admin']) {
      expect(await refusal(path)).toMatchObject({ status: 404, reason: 'not-found' });
    }
  });

  it('refuse other methods, naming those they have', async () => {
    const refused = await refusal('/fhir/Slot', { method: 'DELETE' });
    expect(refused).toMatchObject({ status: 405, reason: 'method-not-allowed' });
    expect(refused.headers.get('Allow')).toBe('HEAD, GET, OPTIONS');
    expect((await refusal('/fhir/Slot/_search')).headers.get('Allow')).toBe('POST, OPTIONS');
  });

  it('tell their methods without a token', async () => {
    const response = await fetch(`${system.url}/fhir/Slot`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('Allow')).toBe('HEAD, GET, OPTIONS');
  });

  it('answer HEAD like GET, without a body', async () => {
    const response = await system.fetch(good(), { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Passerelle-Ledger')).toContain('slots=');
    expect(await response.text()).toBe('');
    expect((await fetch(`${system.url}/fhir/metadata`, { method: 'HEAD' })).status).toBe(200);
  });

  it('take a last slash, as the FAQ writes it', async () => {
    expect((await system.search(good().replace('Slot?', 'Slot/?'))).status).toBe(200);
  });

  it('serve a CapabilityStatement of what they are, without a token', async () => {
    const statement = (await (await fetch(`${system.url}/fhir/metadata`)).json()) as CapabilityStatement;
    expect(statement.rest?.[0]?.resource?.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['Slot', 'Schedule']),
    );
    const names = statement.rest?.[0]?.resource?.[0]?.searchParam?.map(({ name }) => name);
    expect(names).toEqual(['start', 'status', 'schedule.actor:Practitioner.identifier']);
  });

  it('say the version and its date as package.json does', async () => {
    const { version, date } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, string>;
    const statement = (await (await fetch(`${system.url}/fhir/metadata`)).json()) as CapabilityStatement;
    expect([statement.software?.version, statement.date]).toEqual([version, date]);
    expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe('tokens', () => {
  const withToken = (token: string): RequestInit => ({ headers: { Authorization: token } });

  it.each([
    ['no token', '', 'token-missing'],
    ['another scheme', 'Basic cmVhZDpzZWNyZXQ=', 'token-invalid'],
    ['no JWT', 'Bearer null', 'token-invalid'],
    ['a JWT of someone else', 'Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.AAAA', 'token-invalid'],
    ['an unsigned JWT', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'token-invalid'],
  ])('%s is 401', async (_, token, reason) => {
    const refused = await refusal(good(), withToken(token));
    expect(refused).toMatchObject({ status: 401, reason });
    expect(refused.headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  it('that expired are told so', async () => {
    const expired = await signToken(system.state, 'system/Slot.s', -60);
    expect(await refusal(good(), withToken(`Bearer ${expired}`))).toMatchObject({
      status: 401,
      reason: 'token-expired',
    });
  });

  it('that were changed are refused', async () => {
    const [head, body, signature] = system.token.split('.');
    const forged = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(body ?? '', 'base64url').toString()), scope: 'admin' }),
    ).toString('base64url');
    expect(await refusal(good(), withToken(`Bearer ${head}.${forged}.${signature}`))).toMatchObject({
      status: 401,
    });
  });

  it('without the scope are 403', async () => {
    for (const scope of ['', 'system/Appointment.rs', 'system/Slot.r', 'admin', 'user/Slot.s']) {
      const token = await signToken(system.state, scope);
      expect(await refusal(good(), withToken(`Bearer ${token}`))).toMatchObject({
        status: 403,
        reason: 'scope-missing',
      });
    }
  });

  it.each(['system/Slot.s', 'system/Slot.rs', 'system/*.s', 'other system/Slot.cruds'])(
    'with the scope %s pass',
    async (scope) => {
      const token = await signToken(system.state, scope);
      expect((await system.search(good(), withToken(`bearer ${token}`))).status).toBe(200);
    },
  );
});

describe('the link', () => {
  it('is closed to whoever is no relay', async () => {
    expect(await refusal('/link')).toMatchObject({ status: 401 });
    expect(await refusal('/link', { headers: { Authorization: '' } })).toMatchObject({ status: 401 });
  });
});

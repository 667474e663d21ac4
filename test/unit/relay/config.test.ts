// The settings file: what is accepted, what is refused and under which name, and the JSON Schema that says the same.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../../relay/base/config.ts';
import { accepts } from '../../support/oracles/relay-json-schema.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../relay/config.schema.json', import.meta.url), 'utf8'),
);

type Settings = Record<string, unknown> & {
  editors: Record<string, unknown>[];
  edge: object;
  listen: object;
};

function settings(): Settings {
  return {
    relayId: 'relay-a',
    edge: { url: 'https://edge.example', keyFile: 'link.key.pem' },
    listen: {
      host: '0.0.0.0',
      port: 8443,
      certFile: 'server.crt',
      keyFile: 'server.key',
      caFile: 'igc-sante.pem',
      crlFiles: ['root.crl', 'intermediate.crl'],
      revocation: 'hard',
    },
    admin: { host: '127.0.0.1', port: 9090 },
    editors: [editor()],
  };
}

function editor(): Record<string, unknown> {
  return {
    id: 'agenda-a',
    name: 'Agenda A',
    baseUrl: 'https://agenda-a.example/fhir',
    flows: ['INT_R01', 'INT_R02', 'INT_R03', 'INT_R04', 'SOS'],
    certFile: 'client.crt',
    keyFile: 'client.key',
    caFile: 'igc-sante.pem',
    crlFiles: [],
    server: { cn: 'agenda-a.example', ou: '1810004421' },
    client: { cn: 'agenda-a-client', ou: '1810004421' },
    appointmentSystem: 'https://agenda-a.example/rdv',
    redirectHosts: ['agenda-a.example'],
  };
}

function withEditor(change: Record<string, unknown>): Settings {
  return { ...settings(), editors: [{ ...editor(), ...change }] };
}

function without(object: Record<string, unknown>, ...fields: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name)));
}

const ACCEPTED: readonly [string, unknown][] = [
  ['the example of the contract', settings()],
  ['no listen and no admin', without(settings(), 'listen', 'admin')],
  ['no vendor yet', { ...settings(), editors: [] }],
  [
    'a vendor with the required fields only',
    {
      ...settings(),
      editors: [without(editor(), 'crlFiles', 'server', 'client', 'appointmentSystem', 'redirectHosts')],
    },
  ],
  ['an admin port chosen by the system', { ...settings(), admin: { port: 0 } }],
  ['an admin on ::1', { ...settings(), admin: { host: '::1' } }],
  ['an id of forty characters', withEditor({ id: 'a'.repeat(40) })],
  ['a base URL with a last slash', withEditor({ baseUrl: 'https://agenda-a.example:8443/fhir/' })],
  ['a base URL without path', withEditor({ baseUrl: 'https://agenda-a.example' })],
  ['an edge on the machine itself', { ...settings(), edge: { url: 'http://127.0.0.1:8787', keyFile: 'k' } }],
  ['an edge on ::1', { ...settings(), edge: { url: 'http://[::1]:8787/', keyFile: 'k' } }],
  [
    'every extra',
    withEditor({ servername: 'sni.example', concurrency: 256, queue: 0, clientCaFile: 'ours.pem' }),
  ],
  ['a $schema', { ...settings(), $schema: './config.schema.json' }],
];

const REFUSED: readonly [string, unknown, string][] = [
  ['a text', 'relay', 'config'],
  ['no relayId', without(settings(), 'relayId'), 'relayId'],
  ['a relayId with a space', { ...settings(), relayId: 'relay a' }, 'relayId'],
  ['no edge', without(settings(), 'edge'), 'edge'],
  ['an edge without key', { ...settings(), edge: { url: 'https://edge.example' } }, 'edge.keyFile'],
  ['an edge by http', { ...settings(), edge: { url: 'http://edge.example', keyFile: 'k' } }, 'edge.url'],
  [
    'an edge with credentials',
    { ...settings(), edge: { url: 'https://a:b@edge.example', keyFile: 'k' } },
    'edge.url',
  ],
  [
    'an edge with a query',
    { ...settings(), edge: { url: 'https://edge.example/?a', keyFile: 'k' } },
    'edge.url',
  ],
  ['an unknown field', { ...settings(), editor: [] }, 'editor'],
  [
    'an unknown field of listen',
    { ...settings(), listen: { ...settings().listen, crlFile: 'x' } },
    'listen.crlFile',
  ],
  [
    'a listen without host',
    { ...settings(), listen: without({ ...settings().listen }, 'host') },
    'listen.host',
  ],
  [
    'a revocation that does not exist',
    { ...settings(), listen: { ...settings().listen, revocation: 'none' } },
    'listen.revocation',
  ],
  ['a port past the last', { ...settings(), admin: { port: 65536 } }, 'admin.port'],
  ['a port in words', { ...settings(), admin: { port: '9090' } }, 'admin.port'],
  ['an admin for the world', { ...settings(), admin: { host: '0.0.0.0' } }, 'admin.host'],
  ['editors that are no list', { ...settings(), editors: {} }, 'editors'],
  ['an unknown field of a vendor', withEditor({ baseURL: 'https://x.example' }), 'editors[0].baseURL'],
  ['an id of forty-one characters', withEditor({ id: 'a'.repeat(41) }), 'editors[0].id'],
  ['an id in capitals', withEditor({ id: 'Agenda' }), 'editors[0].id'],
  ['an id that begins with a dash', withEditor({ id: '-agenda' }), 'editors[0].id'],
  ['a base URL by http', withEditor({ baseUrl: 'http://agenda-a.example/fhir' }), 'editors[0].baseUrl'],
  [
    'a base URL with a query',
    withEditor({ baseUrl: 'https://agenda-a.example/fhir?x=1' }),
    'editors[0].baseUrl',
  ],
  [
    'a base URL with a fragment',
    withEditor({ baseUrl: 'https://agenda-a.example/fhir#x' }),
    'editors[0].baseUrl',
  ],
  [
    'a base URL with credentials',
    withEditor({ baseUrl: 'https://u:p@agenda-a.example/' }),
    'editors[0].baseUrl',
  ],
  ['a base URL that is none', withEditor({ baseUrl: 'agenda-a' }), 'editors[0].baseUrl'],
  ['no flow', withEditor({ flows: [] }), 'editors[0].flows'],
  ['an unknown flow', withEditor({ flows: ['INT_R09'] }), 'editors[0].flows[0]'],
  ['a flow twice', withEditor({ flows: ['SOS', 'SOS'] }), 'editors[0].flows'],
  ['no certificate', { ...settings(), editors: [without(editor(), 'certFile')] }, 'editors[0].certFile'],
  ['an empty file name', withEditor({ keyFile: '' }), 'editors[0].keyFile'],
  ['an identity without OU', withEditor({ server: { cn: 'a' } }), 'editors[0].server.ou'],
  ['a concurrency of zero', withEditor({ concurrency: 0 }), 'editors[0].concurrency'],
  ['half a place in the queue', withEditor({ queue: 1.5 }), 'editors[0].queue'],
];

test.each(ACCEPTED)('accepts %s', (_name, value) => {
  expect(checkConfig(value, '/etc/relay')).toMatchObject({ ok: true });
  expect(accepts(schema, value)).toBe(true);
});

test.each(REFUSED)('refuses %s by its name', (_name, value, field) => {
  const checked = checkConfig(value, '/etc/relay');
  expect(checked.ok ? [] : checked.error.map((problem) => problem.field)).toContain(field);
  expect(accepts(schema, value)).toBe(false);
});

describe('the result', () => {
  test('has absolute paths, defaults and no last slash', () => {
    const checked = checkConfig(withEditor({ baseUrl: 'https://agenda-a.example/fhir/' }), '/etc/relay');
    if (!checked.ok) throw new Error('refused');
    const { editors, edge, listen, admin } = checked.value;
    expect(edge.keyFile).toBe('/etc/relay/link.key.pem');
    expect(listen?.crlFiles).toEqual(['/etc/relay/root.crl', '/etc/relay/intermediate.crl']);
    expect(admin).toEqual({ host: '127.0.0.1', port: 9090 });
    expect(editors[0]).toMatchObject({
      baseUrl: 'https://agenda-a.example/fhir',
      certFile: '/etc/relay/client.crt',
      concurrency: 8,
      queue: 64,
    });
  });

  test('is frozen to the bottom', () => {
    const checked = checkConfig(settings(), '/etc/relay');
    if (!checked.ok) throw new Error('refused');
    expect(Object.isFrozen(checked.value.editors[0]?.server)).toBe(true);
    expect(Object.isFrozen(checked.value.editors)).toBe(true);
  });
});

test('refuses two vendors of the same id', () => {
  const checked = checkConfig({ ...settings(), editors: [editor(), editor()] }, '/etc/relay');
  const text = 'deux éditeurs portent le même id';
  expect(checked.ok ? [] : checked.error).toEqual([
    { field: 'editors[0].id', text, editor: 'agenda-a' },
    { field: 'editors[1].id', text, editor: 'agenda-a' },
  ]);
});

test('reports all problems together, without any value', () => {
  const value = withEditor({ id: 'SECRET-ID', baseUrl: 'http://user:SECRET@x.example', keyFile: 7 });
  const checked = checkConfig({ ...without(value, 'edge'), relayId: 'SECRET ID' }, '/etc/relay');
  const problems = checked.ok ? [] : checked.error;
  expect(problems.map(({ field }) => field).sort()).toEqual([
    'edge',
    'editors[0].baseUrl',
    'editors[0].id',
    'editors[0].keyFile',
    'relayId',
  ]);
  expect(JSON.stringify(problems)).not.toContain('SECRET');
});

// The settings file of passerelle-edge: what is read of it, and every way in which it may be wrong.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHostConfig } from '../../../host/config/read-config.ts';

const ROOT = join(import.meta.dirname, '../../..');
const JWKS = { keys: [] };
const SETTINGS = {
  RELAY_JWKS: JWKS,
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'x',
  AUTH_JWKS: JWKS,
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'host-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function read(content: unknown, environment: Record<string, string> = {}, mode = 0o644) {
  const file = join(dir, 'edge.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return readHostConfig(file, environment);
}

/** As `field : text` of each problem. */
function problemsOf(...given: Parameters<typeof read>): string[] {
  const result = read(...given);
  return result.ok ? [] : result.error.map(({ field, text }) => `${field} : ${text}`);
}

it('fills in what the file leaves out, and makes paths absolute', () => {
  const result = read({ settings: SETTINGS });
  expect(result.ok && result.value.config).toMatchObject({
    listen: { host: '127.0.0.1', port: 8787 },
    admin: { host: '127.0.0.1', port: 9091 },
    stateFolder: join(dir, 'edge-state'),
    databaseBytesMax: 10_000_000_000,
    settings: {
      values: { RELAY_JWKS: '{"keys":[]}', AUTH_AUDIENCE: 'x', JURISDICTION: '' },
      authorities: [],
    },
  });
});

it('takes settings from the file, from files of their own, and from the environment', () => {
  writeFileSync(join(dir, 'users.json'), '{"a":"b"}\n', { mode: 0o600 });
  const result = read(
    { settings: { ...SETTINGS, HUBS: 2 }, settingFiles: { FRONT_USERS: 'users.json' } },
    { PASSERELLE_FRONT_BASIC: 'a:b', PASSERELLE_OTHER: 'x' },
  );
  const values = result.ok ? result.value.config.settings.values : {};
  expect(values).toMatchObject({ HUBS: '2', FRONT_USERS: '{"a":"b"}', FRONT_BASIC: 'a:b' });
  expect(Object.keys(values)).not.toContain('OTHER');
});

it.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /^--config : n'est pas du JSON$/],
  ['an unknown field', { port: 1 }, /^port : champ inconnu$/],
  ['a port that is none', { listen: { port: 70_000 } }, /^listen\.port : au plus 65535$/],
  [
    'a name to listen on',
    { listen: { host: 'edge.example' } },
    /^listen\.host : une adresse IP est attendue$/,
  ],
  ['an open port for operators', { admin: { host: '0.0.0.0' } }, /^admin\.host : une adresse de bouclage/],
  [
    'an unknown setting',
    { settings: { ...SETTINGS, HUB: 1 } },
    /^settings\.HUB : réglage inconnu ; vouliez-vous dire HUBS \?$/,
  ],
  [
    'a setting of the host',
    { settings: { ...SETTINGS, JURISDICTION: 'eu' } },
    /^settings\.JURISDICTION : n'est pas à régler/,
  ],
  ['a wrong value', { settings: { ...SETTINGS, HUBS: 'x' } }, /^réglages : HUBS is not a whole number$/],
  ['a missing setting', { settings: {} }, /^réglages : RELAY_JWKS is missing$/],
  [
    'a missing file',
    { settings: SETTINGS, settingFiles: { FRONT_KEYS: 'away' } },
    /^settingFiles\.FRONT_KEYS : ne peut pas être lu \(ENOENT\)$/,
  ],
  [
    'in clear beyond the machine',
    { settings: SETTINGS, listen: { host: '0.0.0.0' } },
    /^listen\.host : hors de la machine/,
  ],
  [
    'a header that callers write',
    { settings: { ...SETTINGS, CLIENT_ADDRESS_HEADER: 'X-Forwarded-For' }, listen: { host: '0.0.0.0' } },
    /^CLIENT_ADDRESS_HEADER : sans mandataire/,
  ],
])('refuses %s, by its name', (_, content, problem) => {
  expect(problemsOf(content)).toContainEqual(expect.stringMatching(problem));
});

it('lets a proxy speak in clear and say who calls', () => {
  const settings = { ...SETTINGS, CLIENT_ADDRESS_HEADER: 'X-Forwarded-For' };
  expect(problemsOf({ settings, listen: { host: '0.0.0.0', behindProxy: true } })).toEqual([]);
  expect(problemsOf({ settings })).toEqual([]);
});

it('refuses a setting that is said twice', () => {
  expect(problemsOf({ settings: { ...SETTINGS, HUBS: 2 } }, { PASSERELLE_HUBS: '3' })).toEqual([
    'PASSERELLE_HUBS : dit à deux endroits',
  ]);
});

it('refuses secrets that other accounts can read, and never says them', () => {
  const settings = { ...SETTINGS, FRONT_BASIC: 'nom:canari' };
  const problems = problemsOf({ settings }, {}, 0o640);
  expect(problems).toEqual([expect.stringMatching(/^settings\.FRONT_BASIC : d'autres comptes/)]);
  expect(problems.join()).not.toContain('canari');
  expect(problemsOf({ settings }, {}, 0o600)).toEqual([]);
  writeFileSync(join(dir, 'users.json'), '{"a":"b"}');
  for (const [mode, count] of [
    [0o604, 1],
    [0o600, 0],
  ] as const) {
    chmodSync(join(dir, 'users.json'), mode);
    expect(problemsOf({ settings: SETTINGS, settingFiles: { FRONT_USERS: 'users.json' } })).toHaveLength(
      count,
    );
  }
});

/** Problems that a service which is not root finds in what root and its group may read, as systemd hands credentials over. */
function problemsOfService(mode: number): string {
  const service = 65_534;
  const source = new URL('../../../host/config/read-config.ts', import.meta.url).href;
  writeFileSync(join(dir, 'users.json'), '{"a":"b"}');
  writeFileSync(
    join(dir, 'edge.json'),
    JSON.stringify({
      settings: { ...SETTINGS, FRONT_BASIC: 'a:b' },
      settingFiles: { FRONT_USERS: 'users.json' },
    }),
  );
  chmodSync(dir, 0o755);
  for (const name of ['users.json', 'edge.json']) {
    chownSync(join(dir, name), 0, service);
    chmodSync(join(dir, name), mode);
  }
  const script = `import(${JSON.stringify(source)}).then(({ readHostConfig }) => {
    process.setgroups([]); process.setegid(${service}); process.seteuid(${service});
    // Paths stay relative: the service may not pass the folders above.
    process.cwd = () => '.';
    const read = readHostConfig('edge.json', {});
    console.log(read.ok ? 'ok' : read.error.map(({ text }) => text).join());
  })`;
  return execFileSync(process.execPath, ['-e', script], { cwd: dir, encoding: 'utf8' });
}

it.skipIf(process.geteuid?.() !== 0)(
  "takes root's secrets that its own group may read, and no others",
  () => {
    expect(problemsOfService(0o440)).toBe('ok\n');
    for (const mode of [0o444, 0o460])
      expect(problemsOfService(mode).match(/d'autres comptes/g)).toHaveLength(2);
  },
);

it('refuses a key that is not the certificate', () => {
  writeFileSync(join(dir, 'cert.pem'), 'no certificate');
  writeFileSync(join(dir, 'key.pem'), 'no key', { mode: 0o600 });
  const listen = { tls: { certFile: 'cert.pem', keyFile: 'key.pem' } };
  expect(problemsOf({ settings: SETTINGS, listen })).toEqual([
    'listen.tls.certFile : le certificat ou sa clé ne se lisent pas',
  ]);
});

it('takes its own sample, which its JSON Schema takes too', () => {
  const sample = JSON.parse(readFileSync(join(ROOT, 'docs/samples/host.json'), 'utf8')) as object;
  expect(problemsOf(sample)).toEqual([]);
  const schema = JSON.parse(readFileSync(join(ROOT, 'host/config/config.schema.json'), 'utf8')) as object;
  const judge = new Ajv2020({ strict: false }).compile(schema);
  expect([judge(sample), judge({ ...sample, port: 1 }), judge({ listen: { port: 70_000 } })]).toEqual([
    true,
    false,
    false,
  ]);
});

it('a command on the databases alone needs no secret, nor the settings of the edge', () => {
  const file = join(dir, 'edge.json');
  const content = {
    listen: { host: '0.0.0.0', tls: { certFile: 'away.crt', keyFile: 'away.key' } },
    settings: { ACCOUNT_RESTORE_DAYS: 9 },
    settingFiles: { FRONT_KEYS: 'away' },
    replica: { folder: 'replica' },
  };
  writeFileSync(file, JSON.stringify(content));
  expect(readHostConfig(file, {}).ok).toBe(false);
  const read = readHostConfig(file, {}, false);
  expect(read.ok && read.value.config).toMatchObject({
    stateFolder: join(dir, 'edge-state'),
    restoreDays: 9,
    replica: {
      place: { kind: 'folder', folder: join(dir, 'replica') },
      behindMs: 10_000,
      retentionHours: 24,
    },
  });
});

it('reads where the replica is: one place, its secrets closed to others', () => {
  const replica = { s3: { bucket: 'b', path: 'edge', keyIdFile: 'id', secretFile: 'secret' } };
  writeFileSync(join(dir, 'id'), 'AKIA\n');
  writeFileSync(join(dir, 'secret'), 'shh\n', { mode: 0o600 });
  const given = read({ settings: SETTINGS, replica });
  expect(given.ok && given.value.config.replica?.place).toEqual({
    ...{ kind: 's3', bucket: 'b', path: 'edge', endpoint: undefined, region: undefined },
    ...{ keyId: 'AKIA', secret: 'shh' },
  });
  chmodSync(join(dir, 'secret'), 0o644);
  expect(problemsOf({ settings: SETTINGS, replica })).toEqual([
    expect.stringMatching(/^replica\.s3\.secretFile : d'autres comptes/),
  ]);
  const sftp = { host: 'copies.example:22', user: 'edge', keyFile: 'away', path: '/srv' };
  expect(problemsOf({ settings: SETTINGS, replica: { sftp } })).toEqual([
    'replica.sftp.keyFile : ne peut pas être lu (ENOENT)',
  ]);
  for (const none of [{}, { folder: 'x', sftp }]) {
    expect(problemsOf({ settings: SETTINGS, replica: none })).toEqual([
      'replica : un lieu est attendu, et un seul : folder, sftp ou s3',
    ]);
  }
});

// Secrets are renewed as docs/exploitation/secrets.md says, under the programs that an operator runs: the edge takes its files anew at
// SIGHUP, the relay's key by the relay's own commands. Each time old and new stand side by side for a while, and nothing fails
// meanwhile; afterwards the old opens nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { makeFrontKey } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller } from '../../support/doubles/front-caller.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { type Running, runCommand, startCommand } from '../../support/scenes/command.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');
const OLD = { username: 'portail-1', password: 'ancien secret du portail' };
const NEW = { username: 'portail-2', password: 'nouveau secret du portail' };

let dir: string;
let edge: ChildProcess;
let relay: Running | undefined;
const said: string[] = [];
let url = '';
let front: FrontCaller;

const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(dir, name), JSON.stringify(value), { mode: 0o600 });
const count = (message: string): number => said.filter((line) => line.includes(`"${message}"`)).length;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'secrets-'));
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
});
afterAll(async () => {
  relay?.process.kill('SIGKILL');
  edge?.kill('SIGKILL');
  await removeFolder(dir);
});

interface Secrets {
  readonly relays: readonly unknown[];
  readonly keys: readonly unknown[];
  readonly users: readonly (typeof OLD)[];
}

async function writeSecrets({ relays, keys, users }: Secrets): Promise<void> {
  await write('relays.json', { keys: relays });
  await write('front-keys.json', keys);
  await write(
    'front-users.json',
    Object.fromEntries(users.map(({ username, password }) => [username, password])),
  );
}

async function startEdge(secrets: Secrets): Promise<void> {
  await writeSecrets(secrets);
  const settings = { AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'x', AUTH_JWKS: { keys: [] } };
  const files = {
    RELAY_JWKS: 'relays.json',
    FRONT_KEYS: 'front-keys.json',
    FRONT_USERS: 'front-users.json',
  };
  await write('edge.json', { listen: { port: 0 }, admin: { port: 0 }, settings, settingFiles: files });
  edge = spawn(
    process.execPath,
    [PROGRAM, '--config', join(dir, 'edge.json'), '--release', join(dir, 'release')],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [edge.stdout, edge.stderr]) if (stream) readLines(stream, (line) => said.push(line));
  const ready = await until('the edge', () => said.find((line) => line.includes('"host-ready"')));
  url = `http://127.0.0.1:${(JSON.parse(ready) as { port: number }).port}`;
  front = new FrontCaller(() => url);
}

async function renew(secrets: Secrets): Promise<void> {
  const before = count('host-reloaded');
  await writeSecrets(secrets);
  edge.kill('SIGHUP');
  await until('the new secrets', () => count('host-reloaded') > before);
}

/** The file of a relay that shows this key, and its public key by the relay's own command. */
async function makeKey(name: string): Promise<unknown> {
  const file = `${name}.json`;
  const own = { relayId: 'relay-a', stateFolder: 'relay-state', admin: { port: 0 }, editors: [] };
  await write(file, { ...own, edge: { url: url || 'http://127.0.0.1:9', keyFile: `${name}.pem` } });
  const made = await runCommand('relay', ['--config', file, '--print-jwk', '--generate-key'], { cwd: dir });
  expect([made.code, made.stderr]).toEqual([0, '']);
  return JSON.parse(made.stdout);
}

const startRelay = (name: string): void => {
  relay = startCommand('relay', ['--config', `${name}.json`], { cwd: dir });
};
const isLinked = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).ok;
async function stopRelay(): Promise<void> {
  relay?.process.kill('SIGTERM');
  await relay?.ended;
}

const signIn = async (user: typeof OLD): Promise<number> => (await front.signIn(user)).status;
const tokenOf = async (user: typeof OLD): Promise<string> =>
  (JSON.parse((await front.signIn(user)).text) as { token: string }).token;
const call = async (token: string): Promise<number> =>
  (await fetch(`${url}/aggregator/api-sas/v1/editors`, { headers: { Authorization: `Bearer ${token}` } }))
    .status;

test('relay key, front keys and front users are renewed, old and new side by side', async () => {
  const [oldKey, newKey] = [await makeFrontKey(), await makeFrontKey()];
  const oldRelay = await makeKey('old');
  await startEdge({ relays: [oldRelay], keys: [oldKey], users: [OLD] });
  await makeKey('old');
  startRelay('old');
  await until('the relay with its old key', isLinked);
  const before = await tokenOf(OLD);

  // Both stand.
  const newRelay = await makeKey('new');
  await renew({ relays: [oldRelay, newRelay], keys: [newKey, oldKey], users: [OLD, NEW] });
  await until('the relay, still with its old key', isLinked);
  expect([await call(before), await signIn(OLD)]).toEqual([200, 200]);
  const after = await tokenOf(NEW);
  expect(await call(after)).toBe(200);
  await stopRelay();
  startRelay('new');
  await until('the relay with its new key', isLinked);

  // The new alone.
  await renew({ relays: [newRelay], keys: [newKey], users: [NEW] });
  await until('the relay, with its new key alone', isLinked);
  expect([await call(after), await signIn(NEW)]).toEqual([200, 200]);
  expect([await call(before), await signIn(OLD)]).toEqual([401, 401]);
  await stopRelay();
  startRelay('old');
  const isRefused = (line: string): boolean => line.includes('"link-down"') && line.includes('401');
  await until('the old key to be refused', () => (relay?.said() ?? '').split('\n').some(isRefused));
  expect(await isLinked()).toBe(false);
  await stopRelay();

  const ended = once(edge, 'exit');
  edge.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

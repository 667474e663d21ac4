// The state folder of the local programs: one running program each, however the last one ended, and any number of short
// ones that add to it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeExport } from '../../../host/runtime/export-folder.ts';
import { COMMAND_DATABASE_FILES } from '../../../sandbox/platform/edge/edge-process.ts';
import { openLocalState } from '../../../sandbox/platform/local/state.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

let dir: string;
const running: Program[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-state-'));
});
afterEach(async () => {
  for (const program of running.splice(0).reverse()) {
    program.child.kill('SIGTERM');
    await program.ended;
  }
  await removeFolder(dir);
});

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

const run = (file: string, ...args: string[]): Program => runNode(join(ROOT, file), ...args);

function runNode(...args: string[]): Program {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const program = {
    child,
    ended: once(child, 'close').then(([code]) => code as number | null),
    output: () => output,
  };
  running.push(program);
  return program;
}

async function startEdge(state: string, port = '0'): Promise<Program & { readonly url: string }> {
  const program = run('sandbox/platform/edge.ts', '--port', port, '--state', state);
  const url = await until('the edge', () => /"url":"([^"]+)".*edge-ready/.exec(program.output())?.[1]);
  return { ...program, url };
}

const healthOf = async (url: string): Promise<number> => (await fetch(`${url}/healthz`)).status;

test('a second edge on the folder is refused in one sentence that names the first, which goes on', async () => {
  const first = await startEdge(dir);
  const second = run('sandbox/platform/edge.ts', '--port', '0', '--state', dir);
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/^[^\n]+\n$/);
  expect(second.output()).toContain(`le processus ${first.child.pid} (npm run edge, depuis `);
  expect(second.output()).toContain('donnez un autre dossier (--state)');
  expect(await healthOf(first.url)).toBe(200);
});

test('also when the second has its settings from a file', async () => {
  const first = await startEdge(dir);
  const file = join(dir, 'settings.env');
  await writeFile(file, 'DEADLINE_MS=7000\n');
  const second = run('sandbox/platform/edge.ts', '--port', '0', '--state', dir, '--env-file', file);
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`le processus ${first.child.pid} `);
});

test('a second npm start on the folder is refused and leaves the first its relay file', async () => {
  const ports = ['--port', '0', '--mtls-port', '0', '--admin-port', '0'];
  const first = run('sandbox/platform/start.ts', '--state', dir, ...ports);
  await until('it is ready', () => first.output().includes('Ctrl-C arrête tout.'));
  const settings = await readFile(join(dir, 'relay', 'relay.json'), 'utf8');
  const second = run('sandbox/platform/start.ts', '--state', dir, ...ports);
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`le processus ${first.child.pid} (npm start, depuis `);
  expect(await readFile(join(dir, 'relay', 'relay.json'), 'utf8')).toBe(settings);
  const edge = run('sandbox/platform/edge.ts', '--port', '0', '--state', join(dir, 'edge'));
  expect(await edge.ended).toBe(1);
  expect(edge.output()).toContain(`le processus ${first.child.pid} (npm start, depuis `);
  const url = /Accès \(FHIR\) +(http:\/\/[^/]+)/.exec(first.output())?.[1] ?? '';
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('the folder and the port are free as soon as their program is killed without warning, runtime and all', async () => {
  const killed = await startEdge(dir);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const next = await startEdge(dir, new URL(killed.url).port);
  expect(next.url).toBe(killed.url);
  expect(await healthOf(next.url)).toBe(200);
});

test('the folder is free once its program has ended', async () => {
  const first = await startEdge(dir);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  await startEdge(dir);
});

/** Opens the folder as every local program does, and prints its public key. */
const OPEN = `
  const { openLocalState } = await import('./sandbox/platform/local/state.ts');
  process.stdout.write((await openLocalState(process.argv[1])).issuerJwks);`;

test('programs that open a new folder at once all find one key', async () => {
  const made = Array.from({ length: 6 }, () => runNode('--input-type=module', '-e', OPEN, dir));
  for (const program of made) await program.ended;
  const keys = new Set(made.map((program) => program.output()));
  expect([...keys]).toEqual([(await openLocalState(dir)).issuerJwks]);
});

test('tokens can be made while an edge runs on the folder, several at once', async () => {
  const edge = await startEdge(dir);
  const made = Array.from({ length: 5 }, () => run('sandbox/platform/token.ts', '--state', dir));
  for (const program of made) {
    expect([await program.ended, program.output()]).toEqual([0, expect.stringMatching(/^eyJ/)]);
    const headers = { Authorization: `Bearer ${program.output().trim()}` };
    expect((await fetch(`${edge.url}/fhir/Slot`, { headers })).status).toBe(400);
  }
});

test('relays introduced at the same time are all in the list', async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `relay-${i}`);
  const made = await Promise.all(
    ids.map(async (relayId) => {
      const file = join(dir, `${relayId}.json`);
      const edge = { url: 'http://127.0.0.1:1', keyFile: `${relayId}.pem` };
      await writeFile(file, JSON.stringify({ relayId, edge, editors: [] }));
      return run(
        'relay/main.ts',
        '--config',
        file,
        '--print-jwk',
        '--generate-key',
        '--trust',
        join(dir, 'edge'),
      );
    }),
  );
  for (const program of made)
    expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
  const { keys } = JSON.parse(await readFile(join(dir, 'edge', 'relay-jwks.json'), 'utf8')) as {
    keys: { kid: string }[];
  };
  expect(keys.map(({ kid }) => kid).sort()).toEqual(ids);
});

/** What others than its owner may read, write or enter: the folder itself, and all that it holds. */
async function openToOthers(folder: string): Promise<string[]> {
  const names = ['.', ...(await readdir(folder, { recursive: true }))];
  const modes = await Promise.all(names.map(async (name) => (await lstat(join(folder, name))).mode & 0o777));
  return names.flatMap((name, at) => {
    const mode = modes[at] ?? 0;
    return (mode & 0o077) === 0 ? [] : [`${name} ${mode.toString(8)}`];
  });
}

test('what the edge makes is its owner’s alone, whatever the umask, and so is what one of before left open', async () => {
  const state = join(dir, 'new', 'state');
  const before = process.umask(0);
  const first = await startEdge(state).finally(() => process.umask(before));
  expect((await readdir(state)).length).toBeGreaterThan(3);
  expect(await openToOthers(join(dir, 'new'))).toEqual([]);
  first.child.kill('SIGTERM');
  await first.ended;
  const elsewhere = join(dir, 'elsewhere');
  await writeFile(elsewhere, '');
  await chmod(elsewhere, 0o644);
  await symlink(elsewhere, join(state, COMMAND_DATABASE_FILES, 'link'));
  for (const name of ['.', ...(await readdir(state, { recursive: true }))]) {
    const path = join(state, name);
    const found = await lstat(path);
    if (!found.isSymbolicLink()) await chmod(path, found.isDirectory() ? 0o755 : 0o644);
  }
  await chmod(join(state, 'issuer.key.pem'), 0o600);
  await chmod(join(state, 'front-keys.json'), 0o600);
  const second = await startEdge(state);
  expect(
    (await openToOthers(state)).filter((name) => !name.startsWith(`${COMMAND_DATABASE_FILES}/link `)),
  ).toEqual([]);
  expect((await lstat(elsewhere)).mode & 0o777).toBe(0o644);
  expect(await healthOf(second.url)).toBe(200);
});

test('what a relay makes for itself and for the edge is its owner’s alone', async () => {
  const file = join(dir, 'relay.json');
  const edge = { url: 'http://127.0.0.1:1', keyFile: 'keys/link.pem' };
  await writeFile(file, JSON.stringify({ relayId: 'relay-a', edge, editors: [] }));
  const before = process.umask(0);
  const program = run(
    'relay/main.ts',
    ...['--config', file, '--print-jwk', '--generate-key', '--trust', join(dir, 'edge')],
  );
  process.umask(before);
  expect([await program.ended, program.output()]).toEqual([0, expect.any(String)]);
  expect(await openToOthers(join(dir, 'keys'))).toEqual([]);
  expect(await openToOthers(join(dir, 'edge'))).toEqual([]);
});

test('what is exported is its owner’s alone', async () => {
  const before = process.umask(0);
  const folder = join(dir, 'exported');
  const status = await writeExport(
    folder,
    'http://export/appointments/2026-01-01/1-2.ndjson',
    Buffer.from('{}'),
  );
  process.umask(before);
  expect(status).toBe(200);
  expect(await readdir(folder, { recursive: true })).toHaveLength(3);
  expect(await openToOthers(folder)).toEqual([]);
});

test('a folder that is everybody’s by its nature stays so', async () => {
  const shared = join(dir, 'shared');
  await mkdir(shared);
  await chmod(shared, 0o1777);
  await openLocalState(shared);
  expect((await lstat(shared)).mode & 0o7777).toBe(0o1777);
});

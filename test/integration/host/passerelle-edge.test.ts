// The program passerelle-edge as an operator runs it: one file, a port, signals. The Worker is the built one, workerd the
// real one; TLS by the test authority.

import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { Agent, type ClientRequest, request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { ensureSandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { makeFrontKey } from '../../../sandbox/platform/local/state.ts';
import { describeVersion } from '../../../shared/version.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');
const JWKS = { keys: [] };
const SETTINGS = {
  RELAY_JWKS: JWKS,
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'x',
  AUTH_JWKS: JWKS,
};

interface Line {
  readonly message?: string;
  readonly [field: string]: unknown;
}

let dir: string;
let child: ChildProcess | undefined;
let lines: Line[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  lines = [];
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child = undefined;
  await removeFolder(dir);
});

/** The settings file; what is given goes over a whole one. */
async function configure(over: Record<string, unknown> = {}): Promise<string> {
  const file = join(dir, 'edge.json');
  const whole = {
    listen: { port: 0 },
    admin: { port: 0 },
    stateFolder: 'state',
    settings: SETTINGS,
    ...over,
  };
  await writeFile(file, JSON.stringify(whole), { mode: 0o600 });
  return file;
}

function run(file: string, ...more: string[]): ChildProcess {
  child = spawn(process.execPath, [PROGRAM, '--config', file, '--release', join(dir, 'release'), ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: dir },
  });
  for (const stream of [child.stdout, child.stderr]) {
    readLines(stream, (line) =>
      lines.push(line.startsWith('{') ? (JSON.parse(line) as Line) : { message: line }),
    );
  }
  return child;
}

const said = (message: string, count = 1): Promise<Line> =>
  until(`${message}, ${count} times`, () => {
    const [found] = lines.filter((line) => line.message === message).slice(count - 1);
    if (found === undefined && child?.exitCode) throw new Error(lines.map((line) => line.message).join('\n'));
    return found;
  });
const exitOf = (one: ChildProcess): Promise<number | NodeJS.Signals | null> =>
  new Promise((resolve) => one.once('exit', (code, signal) => resolve(signal ?? code)));
const isThere = (pid: unknown): boolean => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

/** Of the edge, or of the host's own port. */
async function get(port: unknown, path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers: { Connection: 'close' } });
  return { status: answer.status, text: await answer.text() };
}

function answerOf(sent: ClientRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (answer) => {
      text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, text: said }), reject);
    });
  });
}

it('serves the edge, tells how it is, keeps what it writes to its owner, and ends in order', async () => {
  const running = run(await configure());
  const { port, adminPort } = await said('host-ready');
  expect(await get(port, '/healthz')).toMatchObject({
    status: 200,
    text: expect.stringMatching(/^ok\n/) as string,
  });
  expect(await get(adminPort, '/healthz')).toEqual({
    status: 200,
    text: `ok\npasserelle-edge ${describeVersion()}\n`,
  });
  const { text: metrics } = await get(adminPort, '/metrics');
  for (const part of ['runtime', 'core', 'appointments', 'cache'])
    expect(metrics).toContain(`host_up{part="${part}"} 1`);
  expect(metrics).toMatch(/^host_disk_free_bytes [1-9]/m);
  expect((await get(adminPort, '/other')).status).toBe(404);
  // Of the schedule, as soon as it is planned.
  await until(
    'an object of its own',
    () => globSync('objects/**/*.sqlite', { cwd: join(dir, 'state') }).length > 0,
  );
  for (const name of globSync('**', { cwd: join(dir, 'state') })) {
    const { mode } = await stat(join(dir, 'state', name));
    expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
  }
  expect(globSync('**/config.capnp', { cwd: dir })).toEqual([]);
  const ended = exitOf(running);
  running.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(globSync('pe-*', { cwd: dir })).toEqual([]);
});

it('takes new settings at SIGHUP: what is under way ends as it began, what dials meanwhile is served', async () => {
  const settings = { ...SETTINGS, FRONT_KEYS: [await makeFrontKey()] };
  const running = run(await configure({ settings: { ...settings, PUBLIC_URL: 'https://avant.example' } }));
  const { port } = await said('host-ready');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method: string, path: string): ClientRequest =>
    request({
      agent,
      host: '127.0.0.1',
      port: Number(port),
      method,
      path,
      headers: { 'Content-Type': 'application/json' },
    });
  // The connection is the old runtime's.
  expect((await answerOf(send('GET', '/').end())).text).toContain('https://avant.example/');
  // A request whose body is not whole yet, so that the Worker waits in it.
  const slow = send('POST', '/aggregator/api-sas/v1/login_check');
  slow.write('{"username":"a",');
  await until('it to be sent', () => slow.reusedSocket && slow.socket?.bytesWritten);
  await configure({ settings: { ...settings, PUBLIC_URL: 'https://apres.example' } });
  running.kill('SIGHUP');
  await said('runtime-draining');
  const dialled = get(port, '/');
  expect(lines.some(({ message }) => message === 'runtime-drained')).toBe(false);
  slow.end('"password":"b"}');
  expect((await answerOf(slow)).status).toBe(401);
  expect(await said('runtime-drained')).toMatchObject({ isIdle: true });
  await said('host-reloaded');
  expect((await dialled).text).toContain('https://apres.example/');
  agent.destroy();
});

it('keeps its settings when the new ones are wrong, and says what is wrong', async () => {
  const running = run(await configure());
  const { port } = await said('host-ready');
  await configure({ settings: { ...SETTINGS, HUBS: 'many' } });
  running.kill('SIGHUP');
  expect(await said('host-file-problem')).toMatchObject({
    level: 'error',
    detail: 'HUBS is not a whole number',
  });
  expect((await get(port, '/healthz')).status).toBe(200);
});

it('begins a runtime that was killed anew, and nobody who dials is refused', async () => {
  run(await configure());
  const { port } = await said('host-ready');
  for (let round = 1; round <= 2; round += 1) {
    const { pid } = await said('runtime-started', round);
    process.kill(Number(pid), 'SIGKILL');
    await until('it to be gone', () => !isThere(pid));
    expect((await get(port, '/healthz')).status).toBe(200);
  }
  expect(await said('runtime-ended', 2)).toMatchObject({ level: 'error', detail: 'SIGKILL' });
});

it('leaves nothing running when it is killed itself', async () => {
  const running = run(await configure());
  await said('host-ready');
  const { pid } = await said('runtime-started');
  const children = (await readFile(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8'))
    .trim()
    .split(' ');
  expect(children.length).toBeGreaterThanOrEqual(4);
  running.kill('SIGKILL');
  await until('workerd to be gone', () => !isThere(pid));
  for (const one of children) await until(`${one} to be gone`, () => !isThere(one));
  // The folder is free again, and what lay in the other one is gone.
  const [left] = globSync('pe-*', { cwd: dir });
  run(await configure());
  await said('host-ready', 2);
  const folders = globSync('pe-*', { cwd: dir });
  expect(folders).toHaveLength(1);
  expect(folders).not.toContain(left);
});

it('says that workerd is not there or does not run, before anything is opened', async () => {
  const notOne = join(dir, 'workerd');
  await writeFile(notOne, 'no program', { mode: 0o700 });
  for (const [workerd, why] of [
    ['absent', 'ENOENT'],
    ['workerd', '\\w+'],
  ]) {
    const file = await configure({ workerd });
    const sentence = `le programme workerd ne tourne pas ici : ${join(dir, workerd ?? '')} \\(${why}\\)`;
    for (const [start, ...more] of [['workerd : ', '--check'], ["L'accès n'a pas démarré : "]]) {
      lines = [];
      expect(await exitOf(run(file, ...more))).toBe(1);
      await until('the sentence', () => lines.length > 0);
      expect(lines.map(({ message }) => message)).toEqual([expect.stringMatching(`^${start}${sentence}`)]);
    }
  }
  expect(await exitOf(run(await configure(), '--check'))).toBe(0);
});

it('speaks TLS 1.2 and later with the certificate of its file', async () => {
  const { relay, caFile } = await ensureSandboxPki(join(dir, 'pki'), {
    vendorIds: ['agenda-a'],
    ...TEST_KEYS,
  });
  const { certFile, keyFile } = relay.server;
  const ca = await readFile(caFile);
  run(await configure({ listen: { port: 0, tls: { certFile, keyFile } } }));
  const { port } = await said('host-ready');
  const ask = (maxVersion: 'TLSv1.1' | 'TLSv1.3'): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: Number(port),
        path: '/healthz',
        ca,
        agent: false,
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      const sent = httpsRequest({ ...options, maxVersion, minVersion: 'TLSv1' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.once('error', reject);
      sent.end();
    });
  expect(await ask('TLSv1.3')).toBe(200);
  await expect(ask('TLSv1.1')).rejects.toThrow();
});

it('refuses to share its folder, and a port that is taken', async () => {
  const file = await configure();
  run(file);
  const { port, adminPort } = await said('host-ready');
  const first = child;
  const folders = globSync('pe-*', { cwd: dir });
  const second = run(file);
  expect(await exitOf(second)).toBe(1);
  await until('the sentence', () =>
    lines.some(({ message }) => /est déjà utilisé par le processus.*\(stateFolder\)/.test(message ?? '')),
  );
  const third = run(await configure({ stateFolder: 'other', listen: { port } }));
  expect(await exitOf(third)).toBe(1);
  const taken = (): number =>
    lines.filter(({ message }) => /un port est déjà pris/.test(message ?? '')).length;
  await until('the sentence', () => taken() === 1);
  const fourth = run(await configure({ stateFolder: 'other', admin: { port: adminPort } }));
  expect(await exitOf(fourth)).toBe(1);
  await until('the sentence again', () => taken() === 2);
  expect(globSync('pe-*', { cwd: dir })).toEqual(folders);
  child = first;
});

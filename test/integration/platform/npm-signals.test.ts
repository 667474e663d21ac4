// Signals as operators send them: to the npm they started, to the program itself, to both by Ctrl-C, or by closing the
// terminal. npm doubles the Ctrl-C and dies of SIGHUP without handing it on; the programs behind it end in order or
// reload all the same, and leave nothing behind.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/doubles/edge.ts';
import { sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const HAS_TERMINALS = spawnSync('script', ['--version']).status === 0;

let authority: TestAuthority;
let scene: Scene | undefined;
let dir: string;
const started: Npm[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  dir = await mkdtemp(join(tmpdir(), 'passerelle-npm-'));
});
afterAll(async () => {
  await authority?.remove();
  await removeFolder(dir);
});
afterEach(async () => {
  for (const { group, pids } of started.splice(0))
    for (const pid of [-group, ...pids()]) kill(pid, 'SIGKILL');
  await scene?.close();
  scene = undefined;
});

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

interface Npm {
  readonly child: ChildProcess;
  readonly group: number;
  readonly ended: Promise<unknown>;
  output(): string;
  /** Resolves with what the pattern's group holds. */
  said(pattern: RegExp): Promise<string>;
  /** Programs that named themselves in the log. */
  pids(): number[];
}

function startNpm(words: readonly string[], inTerminal = false): Npm {
  const command = ['npm', ...words];
  const [file = '', ...args] = inTerminal ? ['script', '-qfc', command.join(' '), '/dev/null'] : command;
  // As in a shell that knows nothing of the npm that runs the tests.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  // A group of its own, as a shell gives each job.
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const npm: Npm = {
    child,
    group: child.pid ?? 0,
    ended: once(child, 'exit'),
    output: () => output,
    said: (pattern) => until(`${pattern} in\n${output}`, () => pattern.exec(output)?.[1]),
    pids: () => [...output.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)),
  };
  started.push(npm);
  return npm;
}

const ended = (pid: number): Promise<true> => until(`${pid} to end`, () => !kill(pid, 0));

/** A relay with one search that waits for its vendor until `answer`. */
async function startRelay(inTerminal = false) {
  const held: (() => void)[] = [];
  scene = await makeScene(
    [
      (_request, response) =>
        held.push(() => sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }))),
    ],
    authority,
  );
  const npm = startNpm(['run', 'relay', '--', '--config', scene.configFile], inTerminal);
  const pid = Number(await npm.said(/"pid":(\d+).*"message":"relay-ready"/));
  const link = await scene.edge.linked();
  const running = ask(link, makePlan(['agenda-1']));
  await until('the vendor is asked', () => held.length === 1);
  return { npm, pid, link, running, answer: () => held.shift()?.() };
}

async function expectDrained({ npm, pid, link, running, answer }: Awaited<ReturnType<typeof startRelay>>) {
  await until('the edge to be told', () => link.drained);
  answer();
  expect((await running).answers[0]).toMatchObject({ shown: 1 });
  await npm.said(/"reason":"(done)","message":"relay-closed"/);
  await ended(pid);
  expect(npm.output()).not.toContain('relay-killed');
}

test('SIGTERM to npm drains the relay, and npm ends after it', async () => {
  const relay = await startRelay();
  kill(relay.npm.group, 'SIGTERM');
  await expectDrained(relay);
  await relay.npm.ended;
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s to npm and relay alike, as Ctrl-C and supervisors send it, drains the relay',
  async (signal) => {
    const relay = await startRelay();
    kill(-relay.npm.group, signal);
    await expectDrained(relay);
  },
);

test('SIGHUP to npm reloads the relay, which goes on without it', async () => {
  const relay = await startRelay();
  kill(relay.npm.group, 'SIGHUP');
  await relay.npm.ended;
  await relay.npm.said(/"message":"(relay-reloaded)"/);
  expect(relay.npm.output()).toContain('relay-parent-gone');
  relay.answer();
  expect((await relay.running).answers[0]).toMatchObject({ shown: 1 });
  kill(relay.pid, 'SIGTERM');
  await ended(relay.pid);
});

test('SIGHUP to the process that the log names reloads the relay under its npm', async () => {
  const relay = await startRelay();
  kill(relay.pid, 'SIGHUP');
  await relay.npm.said(/"message":"(relay-reloaded)"/);
  expect(relay.npm.child.exitCode).toBe(null);
  relay.answer();
  await relay.running;
});

test.skipIf(!HAS_TERMINALS)('closing the terminal of a relay drains it', async () => {
  const relay = await startRelay(true);
  kill(relay.npm.group, 'SIGKILL');
  await until('the edge to be told', () => relay.link.drained);
  relay.answer();
  await ended(relay.pid);
});

test.each(['SIGTERM', 'SIGHUP'] as const)('%s to npm ends the edge and its runtime', async (signal) => {
  const state = join(dir, signal);
  const npm = startNpm(['run', 'edge', '--', '--port', '0', '--state', state]);
  const url = await npm.said(/"url":"([^"]+)"/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  kill(npm.group, signal);
  await npm.ended;
  await until('nothing answers', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
  // Its folder is free: the program itself has ended too, not its runtime alone.
  const next = startNpm(['run', 'edge', '--', '--port', '0', '--state', state]);
  await next.said(/"(edge-ready)"/);
  kill(next.group, 'SIGTERM');
  await next.ended;
});

test.each(['SIGINT', 'SIGHUP'] as const)(
  '%s to all of npm start, as its terminal sends it, ends all in order',
  async (signal) => {
    const state = join(dir, `start-${signal}`);
    const ports = ['--port', '0', '--mtls-port', '0', '--admin-port', '0', '--verbose'];
    const npm = startNpm(['start', '--', '--state', state, ...ports]);
    await npm.said(/(Ctrl-C arrête tout\.)/);
    const [relay = 0] = npm.pids();
    kill(-npm.group, signal);
    await npm.ended;
    await ended(relay);
    await until('it drained', () => npm.output().includes('"message":"relay-closed"'));
    expect(npm.output()).not.toContain('relay-killed');
  },
);

test('npm start told to end in the midst of its start leaves nothing behind', async () => {
  const state = join(dir, 'start-early');
  const npm = startNpm([
    'start',
    '--',
    '--state',
    state,
    '--port',
    '0',
    '--mtls-port',
    '0',
    '--admin-port',
    '0',
    '--verbose',
  ]);
  const control = await npm.said(/"control":"([^"]+)"/);
  kill(npm.group, 'SIGTERM');
  await npm.ended;
  await until('nothing answers', () =>
    fetch(control).then(
      () => false,
      () => true,
    ),
  );
  expect(npm.output()).not.toContain('a échoué');
  for (const pid of npm.pids()) await ended(pid);
  // The programs between npm and those that named themselves: the group is empty.
  await ended(-npm.group);
});

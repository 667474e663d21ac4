// Claim: a log that nobody reads costs lines, counted, never the process. Phases: the reader of the relay's standard
// output is killed; a reader that never reads; a full disk; the same at the edge's launcher. Each goes on with
// searches, its operators' port and its signals, and ends in order and in time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/doubles/edge.ts';
import { sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle, RPPS_A } from '../../support/samples/relay-bundle.ts';
import { builtRelay } from '../../support/scenes/built/relay.ts';
import { freePort } from '../../support/scenes/free-port.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const EDGE = join(ROOT, 'sandbox/platform/edge.ts');
/** Reads until the edge says that it is ready. */
const READY = 'while read -r line; do echo "$line" >&3; case "$line" in *edge-ready*) break;; esac; done';
/** More lines than any pipe holds: 64 KiB, or 200 for a socket. */
const CALLS = 2500;

let authority: TestAuthority;
let scene: Scene | undefined;
const pids: number[] = [];
const dirs: string[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
});
afterAll(() => authority?.remove());
afterEach(async () => {
  for (const pid of pids.splice(0)) kill(pid, 'SIGKILL');
  await scene?.close();
  scene = undefined;
  for (const dir of dirs.splice(0)) await removeFolder(dir);
});

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A program whose standard output goes through the shell's own pipe or file; `PIDS` says both processes. */
async function startPiped(program: readonly string[], reader: string, extra: Record<string, string> = {}) {
  const words = [process.execPath, ...program].map((word) => `'${word}'`).join(' ');
  const script = `exec 3>&1; { echo "program $$" >&3; exec ${words}; } ${reader}`;
  const shell = spawn('bash', ['-c', script.replace('$$', '$BASHPID')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...extra },
  });
  let said = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const pidOf = (name: string) =>
    until(name, () => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(said)?.[1] ?? 0) || undefined);
  const pid = await pidOf('program');
  pids.push(pid);
  return { pid, pidOf, said: () => said, ended: once(shell, 'close') };
}

async function startRelay(reader: string) {
  const made = await makeScene(
    [(_request, response) => sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }))],
    authority,
  );
  scene = made;
  // Its log, which would tell the port it took, is what is broken here.
  const port = await freePort();
  await made.writeConfig({ ...made.config, admin: { host: '127.0.0.1', port } });
  const relay = await startPiped([builtRelay(), '--config', made.configFile], reader);
  const link = await made.edge.linked();
  const calls = Array.from({ length: CALLS }, () => ({ editor: 'agenda-1', subjects: [RPPS_A] }));
  return {
    ...relay,
    link,
    edge: made.edge,
    /** Each call is one line, made or refused for being too many. */
    talk: () => ask(link, makePlan([], { calls })),
    metrics: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
  };
}

const lostOf = (metrics: string): number =>
  Number(/^passerelle_relay_log_lines_lost_total (\d+)$/m.exec(metrics)?.[1]);

async function expectServiceAndEnd(relay: Awaited<ReturnType<typeof startRelay>>): Promise<void> {
  const { answers } = await ask(relay.link, makePlan(['agenda-1']));
  expect(answers[0]).toMatchObject({ shown: 1 });
  kill(relay.pid, 'SIGHUP');
  await until('a reload', async () =>
    /^passerelle_relay_reloads_total\{outcome="done"\} 1$/m.test(await relay.metrics()),
  );
  kill(relay.pid, 'SIGTERM');
  await until('the edge to be told', () => relay.link.drained);
  await until('the end', () => !kill(relay.pid, 0));
}

test('the relay serves, reloads and drains when the reader of its log is killed, and counts the lines lost', async () => {
  const relay = await startRelay('| { echo "reader $BASHPID" >&3; exec sleep 1000; }');
  kill(await relay.pidOf('reader'), 'SIGKILL');
  await relay.talk();
  await until('lines to be lost', async () => lostOf(await relay.metrics()) > CALLS / 2);
  await expectServiceAndEnd(relay);
});

test('the relay serves, reloads and drains when the reader of its log never reads', async () => {
  const relay = await startRelay('| { echo "reader $BASHPID" >&3; exec sleep 1000; }');
  pids.push(await relay.pidOf('reader'));
  await until('lines to be lost', async () => {
    await relay.talk();
    return lostOf(await relay.metrics()) > 0;
  });
  await expectServiceAndEnd(relay);
});

test.skipIf(!existsSync('/dev/full'))(
  'the relay serves, reloads and drains when the disk of its log is full',
  async () => {
    const relay = await startRelay('> /dev/full');
    await relay.talk();
    await until('lines to be lost', async () => lostOf(await relay.metrics()) > CALLS / 2);
    await expectServiceAndEnd(relay);
  },
);

test('a reader who reads again is told how many lines are missing', async () => {
  const relay = await startRelay('| { echo "reader $BASHPID" >&3; kill -STOP $BASHPID; exec cat >&3; }');
  const reader = await relay.pidOf('reader');
  pids.push(reader);
  for (let plans = 0; plans < 8; plans += 1) await relay.talk();
  await until('lines to be lost', async () => lostOf(await relay.metrics()) > 0);
  const lost = lostOf(await relay.metrics());
  kill(reader, 'SIGCONT');
  await until('it is told', () => relay.said().includes('"message":"log-lines-lost"'));
  const told = /"count":(\d+),"message":"log-lines-lost"/.exec(relay.said());
  expect(Number(told?.[1])).toBe(lost);
  kill(relay.pid, 'SIGHUP');
  await until('it has caught up', () => relay.said().includes('"message":"relay-reloaded"'));
  kill(relay.pid, 'SIGTERM');
  await relay.ended;
  const lines = relay
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  expect(lines.at(-1)).toContain('relay-closed');
});

test.each([
  ['is killed', `| { echo "reader $BASHPID" >&3; ${READY}; exec sleep 1000; }`, true],
  ['never reads on', `| { echo "reader $BASHPID" >&3; ${READY}; exec sleep 1000; }`, false],
] as const)(
  'the edge answers and ends in order when the reader of its log %s',
  async (_what, reader, killed) => {
    const dir = await mkdtemp(join(tmpdir(), 'passerelle-log-'));
    dirs.push(dir);
    const edge = await startPiped([EDGE, '--port', '0', '--state', dir], reader);
    const readerPid = await edge.pidOf('reader');
    pids.push(readerPid);
    const url = await until('the edge', () => /"url":"([^"]+)".*edge-ready/.exec(edge.said())?.[1]);
    if (killed) kill(readerPid, 'SIGKILL');
    // Each refusal is a line of some 250 bytes; a pipe holds 64 KiB of them, and so does the launcher's.
    for (let round = 0; round < 30; round += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/fhir/Slot`)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    kill(edge.pid, 'SIGTERM');
    await until('the end', () => !kill(edge.pid, 0));
    expect(
      await fetch(url).then(
        () => true,
        () => false,
      ),
    ).toBe(false);
  },
);

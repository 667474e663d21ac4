// workerd under the host, when it hangs and when its disk is full. Claim: a runtime that answers nothing is ended and begun
// anew, and what dials meanwhile is served; a disk without room does not keep the host from
// starting, and is called so. End state: the
// same port serves, all databases are there.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { type EdgeHost, type HostEvent, startEdgeHost } from '../../../host/edge-host.ts';
import { findWorkerd } from '../../../host/runtime/find-workerd.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { localSettings, openLocalState, signToken } from '../../../sandbox/platform/local/state.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { CAN_CONFINE } from '../../support/scenes/confined.ts';
import { slotPath } from '../../support/scenes/system.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
});
afterEach(() => removeFolder(dir));

async function get(port: unknown, path: string, token = ''): Promise<{ status: number; text: string }> {
  const headers = { Connection: 'close', Authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers });
  return { status: answer.status, text: await answer.text() };
}

it('ends a runtime that answers nothing, and begins another on its port', async () => {
  const events: HostEvent[] = [];
  const state = await openLocalState(join(dir, 'state'));
  const host: EdgeHost = await startEdgeHost({
    host: '127.0.0.1',
    port: 0,
    stateDir: state.dir,
    script: await builtWorker(),
    migrations: MIGRATIONS,
    settings: { values: await localSettings(state) },
    workerd: findWorkerd(),
    probe: { eachMs: 500, limitMs: 5_000 },
    onLine: () => undefined,
    onEvent: (event) => events.push(event),
  });
  try {
    const first = events.find(({ event }) => event === 'runtime-started');
    if (first?.event !== 'runtime-started') throw new Error('no runtime');
    process.kill(first.pid, 'SIGSTOP');
    const dialled = get(host.port, '/healthz');
    await until('it to be found out', () => !host.health().runtime);
    expect((await dialled).status).toBe(200);
    const names = events.map(({ event }) => event);
    expect(names.slice(0, 3)).toEqual(['runtime-started', 'runtime-hung', 'runtime-ended']);
    expect(events[2]).toMatchObject({ detail: 'SIGKILL' });
  } finally {
    await host.close();
  }
});

interface Program {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly port: number;
  readonly adminPort: number;
}

/** Of the settings file that the folder has. */
async function runProgram(): Promise<Program> {
  const args = [PROGRAM, '--config', join(dir, 'edge.json'), '--release', join(dir, 'release')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => lines.push(line));
  const ready = await until('the edge', () => {
    if (child.exitCode !== null) throw new Error(lines.join('\n'));
    return lines.find((line) => line.includes('"host-ready"'));
  });
  const { port, adminPort } = JSON.parse(ready) as Program;
  return { child, lines, port, adminPort };
}

async function end({ child }: Program): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

it.skipIf(!CAN_CONFINE)('starts on a full disk, says so, and serves as soon as there is room', async () => {
  const disk = join(dir, 'state');
  const keys = new RelayKeys('relay-a');
  const issuer = await openLocalState(join(dir, 'issuer'));
  const token = await signToken(issuer, 'system/Slot.s');
  const settings = { ...(await localSettings(issuer)), ...keys.settings };
  const config = { listen: { port: 0 }, admin: { port: 0 }, stateFolder: 'state', settings };
  await writeFile(join(dir, 'edge.json'), JSON.stringify(config), { mode: 0o600 });
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
  let running: Program | undefined;
  try {
    await end(await runProgram());
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(32_000_000)).catch(() => undefined);
    running = await runProgram();
    const { port, adminPort, lines } = running;
    expect(await get(adminPort, '/healthz')).toMatchObject({
      status: 503,
      text: expect.stringMatching(/^core appointments cache\n/) as string,
    });
    expect(lines.join('\n')).toContain(
      '"database":"core","detail":"SQLITE_FULL","message":"database-file-refused"',
    );
    expect((await get(port, '/healthz')).status).toBe(200);
    // The hub writes to its own storage whatever it is told, there too.
    const dial = (): Promise<ScriptedRelay> =>
      ScriptedRelay.join(`http://127.0.0.1:${port}`, keys, 'relay-a', ['agenda-s']);
    await expect(dial()).rejects.toThrow('503');
    await rm(filler);
    await until('the databases', async () => (await get(adminPort, '/healthz')).status === 200);
    const relay = await until('the relay', () => dial().catch(() => undefined));
    relay.onPlan = (arrived) => arrived.answerAll();
    expect((await get(port, slotPath(['899900000017']), token)).status).toBe(200);
    expect(relay.plans).toHaveLength(1);
    relay.close();
  } finally {
    if (running !== undefined) await end(running);
    execFileSync('umount', [disk]);
  }
});

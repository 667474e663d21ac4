// What ordinary faults of their surroundings make of our programs: a reader who leaves, a runtime that dies, a signal
// before they are ready. Never a stack trace, never a half.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startLocalEdge } from '../../../sandbox/platform/edge/local-edge.ts';
import { openLocalState } from '../../../sandbox/platform/local/state.ts';
import { childProcessesOf } from '../../support/scenes/child-processes.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-faults-'));
});
afterEach(() => removeFolder(dir));

test.each([
  ['sandbox/platform/token.ts', '--state', '$DIR'],
  ['sandbox/platform/edge.ts', '--help'],
  ['sandbox/platform/start.ts', '--help'],
  ['relay/main.ts', '--help'],
])('%s prints to a reader who has left, and says nothing of it', async (...words) => {
  await openLocalState(dir);
  const command = words.map((word) => word.replace('$DIR', dir)).join(' ');
  // The reader is gone long before the program prints.
  const script = `'${process.execPath}' ${command} | true; echo "\${PIPESTATUS[0]}"`;
  const shell = spawn('bash', ['-c', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  await once(shell, 'close');
  expect(said).toBe('0\n');
});

/** Hears signals as the relay does, and acts on them when told to. */
const LISTENER = `
  const { Signals } = await import('./relay/base/signals.ts');
  const signals = new Signals();
  process.stdin.once('data', () => {
    signals.actWith({
      reload: (why) => { process.stdout.write('reload ' + why); process.exit(0); },
      end: (why, again) => { process.stdout.write('end ' + why + ' ' + again); process.exit(0); },
    });
  });
  process.stderr.write('hears');`;

test.each([
  ['SIGHUP', 'reload SIGHUP'],
  ['SIGTERM', 'end SIGTERM false'],
  ['SIGINT', 'end SIGINT false'],
] as const)('%s before the relay is ready is not lost', async (signal, done) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LISTENER], { cwd: ROOT });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await once(child.stderr, 'data');
  child.kill(signal);
  child.stdin.write('act');
  await once(child, 'close');
  expect(said).toBe(done);
});

test.skipIf(process.platform !== 'linux')(
  'an edge whose runtime dies serves again on its data, and says so',
  async () => {
    const lines: string[] = [];
    const edge = await startLocalEdge({
      host: '127.0.0.1',
      port: 0,
      stateDir: dir,
      onLog: (line) => lines.push(line),
    });
    try {
      const restarts = (): number => lines.filter((line) => line.includes('edge-runtime-restarted')).length;
      await edge.database().then((db) => db.exec('CREATE TABLE kept (id INTEGER)'));
      const runtime = await runtimeOf(process.pid);
      expect(restarts()).toBe(0);
      process.kill(runtime, 'SIGKILL');
      await until('it says so', () => restarts() === 1);
      const health = (): Promise<number> =>
        fetch(`${edge.url}/healthz`).then(
          ({ status }) => status,
          () => 0,
        );
      await until('it answers', async () => (await health()) === 200);
      expect((await (await edge.database()).prepare('SELECT * FROM kept').all()).success).toBe(true);
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty('time');
    } finally {
      await edge.close();
    }
  },
);

/** The child of this process that is workerd; one edge runs here. */
async function runtimeOf(pid: number): Promise<number> {
  const runtime = (await childProcessesOf(pid)).find(({ command }) => /workerd.* serve /.test(command));
  if (runtime === undefined) throw new Error('no runtime among the children');
  return runtime.pid;
}

// The relay as systemd runs it (Type=notify): a datagram socket in place of systemd's hears what the real relay says through
// the real systemd-notify.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnRelay } from '../../support/scenes/relay/process.ts';
import { makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

/** Node has no sockets of this kind. */
const LISTENER = `
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print('open', flush=True)
while True:
    print(heard.recv(4096).decode().strip(), flush=True)`;
const canHear = [
  ['systemd-notify', '--version'],
  ['python3', '--version'],
].every(([tool = '', flag = '']) => spawnSync(tool, [flag]).status === 0);

let scene: Scene;
let listener: ChildProcess;
const words: string[] = [];
const count = (word: string): number => words.filter((one) => one === word).length;

beforeAll(async () => {
  if (!canHear) return;
  scene = await makeScene([() => {}]);
  listener = spawn('python3', ['-c', LISTENER, join(scene.dir, 'notify')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (listener.stdout !== null)
    createInterface({ input: listener.stdout }).on('line', (line) => words.push(line));
  await until('the socket', () => count('open') === 1);
});
afterAll(async () => {
  listener?.kill('SIGKILL');
  await scene?.close();
});

test.skipIf(!canHear)('says ready once its ports are open, that it turns, and that it ends', async () => {
  const env = { NOTIFY_SOCKET: join(scene.dir, 'notify'), WATCHDOG_USEC: '200000' };
  const relay = spawnRelay(['--config', scene.configFile], undefined, env);
  await relay.said('relay-ready');
  await until('READY=1', () => count('READY=1') === 1);
  await until('words of the watchdog', () => count('WATCHDOG=1') >= 3);
  relay.child.kill('SIGTERM');
  expect(await relay.ended()).toBe(0);
  await until('STOPPING=1', () => count('STOPPING=1') === 1);
  expect(words.filter((word) => /^(READY|STOPPING)/.test(word))).toEqual(['READY=1', 'STOPPING=1']);
  expect(relay.lines.some(({ message }) => message === 'relay-notify-failed')).toBe(false);
});

test('logs once that its words do not arrive, and runs on', async () => {
  const own = scene ?? (await makeScene([() => {}]));
  const relay = spawnRelay(['--config', own.configFile], undefined, {
    NOTIFY_SOCKET: join(own.dir, 'nobody'),
  });
  expect(await relay.said('relay-notify-failed')).toMatchObject({ level: 'error', detail: 'systemd-notify' });
  await relay.said('relay-ready');
  await relay.stop();
  if (own !== scene) await own.close();
});

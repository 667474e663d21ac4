// npm start as a developer runs it: the whole system from one command, and nothing of it left when it ends, whichever
// way it is told to and whatever part of it dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_RABBIT } from '../../../sandbox/hub-sante/broker/rabbit-files.ts';
import { childProcessesOf } from '../../support/scenes/child-processes.ts';
import { hubSanteMissing } from '../../support/scenes/hub-sante-scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const START = resolve(import.meta.dirname, '../../../sandbox/platform/start.ts');

let state: string;
let program: ChildProcess;
let output: string;
let ended: Promise<unknown[]>;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'passerelle-start-'));
  output = '';
  const ports = ['--port', '0', '--mtls-port', '0', '--admin-port', '0'];
  program = spawn(process.execPath, [START, '--state', state, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [program.stdout, program.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  ended = once(program, 'exit');
  await until(`it is ready:\n${output}`, () => output.includes('Ctrl-C arrête tout.'));
});
afterEach(async () => {
  program.kill('SIGKILL');
  await ended;
  await removeFolder(state);
});

const addresses = (): string[] => [
  ...[...output.matchAll(/commande : (http:\S+)/g)].map(([, url = '']) => url),
  /Accès \(FHIR\) +(http:\/\/[^/]+)/.exec(output)?.[1] ?? '',
];
const answers = async (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );
const allAnswer = async (): Promise<boolean[]> => Promise.all(addresses().map(answers));

it.each(['SIGINT', 'SIGTERM'] as const)(
  'ends all it started, orderly, on %s to itself alone',
  async (signal) => {
    // Three vendors, Hub Santé where RabbitMQ is, the edge.
    expect(addresses()).toHaveLength(hubSanteMissing ? 4 : 5);
    expect(new Set(await allAnswer())).toEqual(new Set([true]));
    expect(output.includes(NO_RABBIT)).toBe(hubSanteMissing);
    program.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(new Set(await allAnswer())).toEqual(new Set([false]));
  },
);

it.skipIf(process.platform !== 'linux')('says which part died, and ends the others', async () => {
  const relay = (await childProcessesOf(program.pid)).find(({ command }) =>
    command.includes('relay/main.ts'),
  );
  if (relay === undefined) throw new Error('no relay among its processes');
  process.kill(relay.pid, 'SIGKILL');
  expect(await ended).toEqual([1, null]);
  expect(output).toContain("Le relais s'est arrêté");
  expect(new Set(await allAnswer())).toEqual(new Set([false]));
});

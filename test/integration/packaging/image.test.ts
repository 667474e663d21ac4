// The Containerfile that we ship, followed line by line over a root of this machine, and run as its own comment runs it: not
// root, the root closed, no capability. No engine is needed.

import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import { runCommand } from '../../support/scenes/command.ts';
import {
  CAN_CONFINE,
  type Confinement,
  FIND_WRITABLE,
  startConfined,
} from '../../support/scenes/confined.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const FILE = resolve(import.meta.dirname, '../../../packaging/container/relay.Containerfile');
const STATE = '/var/lib/passerelle-relay';

let dir: string;
let confinement: Confinement;
let health: readonly string[];

beforeAll(async () => {
  if (!CAN_CONFINE) return;
  dir = await mkdtemp(join(tmpdir(), 'image-'));
  const context = join(dir, 'release');
  const built = await runCommand('build', ['--out', context], { cwd: dir });
  expect([built.code, built.stderr]).toEqual([0, '']);
  await mkdir(join(dir, 'state'));
  // As mounted: for the account of the image.
  ensureIdentityKey(join(dir, 'link.key'));
  const settings = {
    relayId: 'relay-image',
    edge: { url: 'http://127.0.0.1:9', keyFile: 'keys/link.key' },
    stateFolder: STATE,
    editors: [],
  };
  await writeFile(join(dir, 'relay.json'), JSON.stringify(settings));
  const { one, all } = readContainerfile(await readFile(FILE, 'utf8'));
  const copies = all('COPY').flatMap((line) => {
    const words = line.split(' ');
    const to = words.at(-1) ?? '';
    return words
      .slice(0, -1)
      .map((from): [string, string] => [from.endsWith('/') ? to : to + from, join(context, from)]);
  });
  const [uid = ''] = one('USER').split(':');
  health = JSON.parse(one('HEALTHCHECK').replace(/^.*? CMD /, ''));
  confinement = {
    uid: Number(uid),
    copies: { ...Object.fromEntries(copies), '/etc/passerelle/relay.json': join(dir, 'relay.json') },
    secrets: { '/etc/passerelle/keys/link.key': join(dir, 'link.key') },
    build: all('RUN').map((line) => JSON.parse(line)),
    writable: Object.fromEntries(
      (JSON.parse(one('VOLUME')) as string[]).map((place) => [place, join(dir, 'state')]),
    ),
    isReadOnly: true,
    hasCapabilities: false,
    ownNetwork: true,
    folder: one('WORKDIR'),
    command: [...JSON.parse(one('ENTRYPOINT')), ...JSON.parse(one('CMD'))],
  };
});
afterAll(async () => {
  if (dir !== undefined) await removeFolder(dir);
});

/** Instructions with their arguments, one line each. */
function readContainerfile(text: string) {
  const lines = text
    .split('\n')
    .flatMap((line) => (/^[A-Z]/.test(line) ? [line] : []))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
  const all = (word: string): readonly string[] =>
    lines.filter(([name]) => name === word).map(([, rest]) => rest);
  const one = (word: string): string => {
    expect([word, all(word).length]).toEqual([word, 1]);
    return all(word)[0] ?? '';
  };
  return { one, all };
}

test.skipIf(!CAN_CONFINE)(
  'the image runs the relay, healthy, as nobody of the machine, writing its volume alone',
  async () => {
    expect(confinement.uid).toBeGreaterThan(0);
    const relay = startConfined(confinement);
    try {
      await relay.said('relay-ready');
      expect(relay.run(health)).toEqual({ code: 0, output: '' });
      expect(JSON.parse(relay.run(['node', '-e', FIND_WRITABLE]).output)).toEqual([
        '/tmp',
        STATE,
        '/var/tmp',
      ]);
      expect(relay.run(['id', '-u']).output.trim()).toBe(String(confinement.uid));
    } finally {
      await relay.stop();
    }
  },
);

test.skipIf(!CAN_CONFINE)('the health check fails where no relay answers', async () => {
  const command = [
    'node',
    '-e',
    'console.log(JSON.stringify({ level: "info", message: "idle" })); setInterval(() => {}, 1e6)',
  ];
  const idle = startConfined({ ...confinement, command });
  try {
    await idle.said('idle');
    expect(idle.run(health).code).toBe(1);
  } finally {
    await idle.stop();
  }
});

// The Containerfiles that we ship, followed line by line over a root of this machine, and run as their own comments run them: not
// root, the root closed, no capability. No engine is needed.

import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import { builtRelease } from '../../support/scenes/built/release.ts';
import {
  CAN_CONFINE,
  type Confinement,
  FIND_WRITABLE,
  startConfined,
} from '../../support/scenes/confined.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const FILES = resolve(import.meta.dirname, '../../../packaging/container');

let dir: string;
let context: string;

beforeAll(async () => {
  if (!CAN_CONFINE) return;
  dir = await mkdtemp(join(tmpdir(), 'image-'));
  context = await builtRelease();
  ensureIdentityKey(join(dir, 'link.key'));
});
afterAll(async () => {
  if (dir !== undefined) await removeFolder(dir);
});

const RELAY = {
  relayId: 'relay-image',
  edge: { url: 'http://127.0.0.1:9', keyFile: 'keys/link.key' },
  stateFolder: '/var/lib/passerelle-relay',
  editors: [],
};
const EDGE = {
  listen: { host: '0.0.0.0', port: 8787, behindProxy: true },
  stateFolder: '/var/lib/passerelle-edge',
  settings: {
    PUBLIC_URL: 'https://passerelle.example',
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'passerelle',
    AUTH_JWKS: { keys: [] },
    RELAY_JWKS: { keys: [] },
  },
};
const IMAGES = [
  { name: 'relay', settings: RELAY, ready: 'relay-ready' },
  { name: 'edge', settings: EDGE, ready: 'host-ready' },
] as const;

/** What the Containerfile says, followed, and its health check. */
async function prepare({ name, settings }: (typeof IMAGES)[number]) {
  const state = join(dir, `${name}-state`);
  await mkdir(state, { recursive: true });
  const file = join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify(settings));
  const { one, all } = readContainerfile(await readFile(join(FILES, `${name}.Containerfile`), 'utf8'));
  const copies = all('COPY').flatMap((line) => {
    const words = line.split(' ');
    const to = words.at(-1) ?? '';
    return words
      .slice(0, -1)
      .map((from): [string, string] => [from.endsWith('/') ? to : to + from, join(context, from)]);
  });
  const [uid = ''] = one('USER').split(':');
  const volumes = JSON.parse(one('VOLUME')) as string[];
  const confinement: Confinement = {
    uid: Number(uid),
    copies: { ...Object.fromEntries(copies), [`/etc/passerelle/${name}.json`]: file },
    // As mounted: for the account of the image.
    secrets: { '/etc/passerelle/keys/link.key': join(dir, 'link.key') },
    build: all('RUN').map((line) => JSON.parse(line)),
    writable: Object.fromEntries(volumes.map((place) => [place, state])),
    isReadOnly: true,
    hasCapabilities: false,
    ownNetwork: true,
    folder: one('WORKDIR'),
    command: [...JSON.parse(one('ENTRYPOINT')), ...JSON.parse(one('CMD'))],
  };
  return {
    confinement,
    health: JSON.parse(one('HEALTHCHECK').replace(/^.*? CMD /, '')) as readonly string[],
  };
}

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

test.skipIf(!CAN_CONFINE).each(IMAGES)(
  'the image of the $name runs it, healthy, as nobody of the machine, writing its volume alone',
  async (image) => {
    const { confinement, health } = await prepare(image);
    expect(confinement.uid).toBeGreaterThan(0);
    const running = startConfined(confinement);
    try {
      await running.said(image.ready);
      expect(running.run(health)).toEqual({ code: 0, output: '' });
      const writable = ['/tmp', image.settings.stateFolder, '/var/tmp'];
      expect(JSON.parse(running.run(['node', '-e', FIND_WRITABLE]).output)).toEqual(writable);
      expect(running.run(['id', '-u']).output.trim()).toBe(String(confinement.uid));
    } finally {
      await running.stop();
    }
  },
);

test.skipIf(!CAN_CONFINE).each(IMAGES)(
  'the health check of the $name fails where it does not answer',
  async (image) => {
    const { confinement, health } = await prepare(image);
    const script =
      'console.log(JSON.stringify({ level: "info", message: "idle" })); setInterval(() => {}, 1e6)';
    const idle = startConfined({ ...confinement, command: ['node', '-e', script] });
    try {
      await idle.said('idle');
      expect(idle.run(health).code).toBe(1);
    } finally {
      await idle.stop();
    }
  },
);

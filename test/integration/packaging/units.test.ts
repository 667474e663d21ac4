// The systemd units that we ship: what systemd itself says of them, and the built relay run under their own settings by the
// kernel's namespaces, where it serves a search, and neither writes outside its state folder nor reads another's key.

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/doubles/edge.ts';
import { type ListPublisher, startListPublisher } from '../../support/doubles/list-publisher.ts';
import { sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { builtRelease } from '../../support/scenes/built/release.ts';
import {
  CAN_CONFINE,
  type Confinement,
  FIND_WRITABLE,
  startConfined,
} from '../../support/scenes/confined.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { confine, credentialsOf, readUnit } from '../../support/scenes/unit-file.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const UNITS = resolve(import.meta.dirname, '../../../packaging/systemd');
const SERVICES = [
  'passerelle-relay.service',
  'passerelle-relay-crl.service',
  'passerelle-edge.service',
] as const;
const HOUR_MS = 3_600_000;
/** More than the main thread of a relay reads: a thread of the build reads them. */
const SLOTS = 100;
/** Of passerelle-relay. */
const UID = 64_001;
const STATE = '/var/lib/passerelle-relay';
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
/** Its ports are those of a network of its own. */
const EDGE = {
  listen: { host: '127.0.0.1', port: 8787 },
  admin: { host: '127.0.0.1', port: 9091 },
  stateFolder: '/var/lib/passerelle-edge',
  settings: {
    PUBLIC_URL: 'https://passerelle.example',
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'passerelle',
    AUTH_JWKS: { keys: [] },
    RELAY_JWKS: { keys: [] },
  },
};
/** Of ten; what systemd calls "OK" ends at 4. */
const EXPOSURE_MAX = 2;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'units-'));
});
afterAll(() => removeFolder(dir));

test.skipIf(!hasAnalyze).each(SERVICES)('%s is one that systemd takes, and little exposed', async (name) => {
  const text = await readFile(join(UNITS, name), 'utf8');
  const placed = join(dir, name);
  // Programs and units that are not on this machine.
  await writeFile(
    placed,
    text
      .replace('/usr/local/bin/node', process.execPath)
      .replace(/passerelle-relay-crl\.(timer|service)/g, ''),
  );
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', placed], { encoding: 'utf8' });
  expect(verified.stderr.split('\n').filter((line) => line.includes(name))).toEqual([]);
  const judged = spawnSync(
    'systemd-analyze',
    ['security', '--offline=yes', `--threshold=${EXPOSURE_MAX * 10}`, '--no-pager', placed],
    { encoding: 'utf8' },
  );
  const figure = /exposure level for .*: ([\d.]+)/.exec(judged.stdout)?.[1];
  console.log(`systemd-analyze security ${name}: ${figure}`);
  expect(Number(figure)).toBeLessThanOrEqual(EXPOSURE_MAX);
  expect(judged.status).toBe(0);
});

let publisher: ListPublisher;
let authority: TestAuthority;
let scene: Scene;
let state: string;
let runtime: string;
let settings: object;
let release: string;

beforeAll(async () => {
  if (!CAN_CONFINE) return;
  publisher = await startListPublisher();
  authority = await makeTestAuthority({ crlBaseUrl: publisher.url });
  scene = await makeScene(
    [(_, response) => sendJson(response, makeBundle({ startMs: Date.now() + HOUR_MS, slots: SLOTS }))],
    authority,
  );
  release = await builtRelease();
  state = join(dir, 'state');
  await mkdir(state);
  runtime = join(dir, 'runtime');
  await mkdir(runtime);
  for (const issuer of ['root', 'org'] as const) {
    const { der } = await authority.writeCrl({ issuer, file: join(dir, 'published.crl') });
    publisher.publish(issuer === 'root' ? 'ACR-EL.crl' : 'ACI-EL-ORG.crl', der);
  }
  const credential = (name: string): string => `/run/credentials/passerelle-relay.service/${name}`;
  settings = {
    ...scene.config,
    edge: { ...scene.config.edge, keyFile: credential('link.key') },
    stateFolder: STATE,
    editors: scene.config.editors.map((editor) => ({
      ...editor,
      certFile: 'client.crt',
      keyFile: credential('client.key'),
      caFile: 'igc-sante.pem',
      crlFiles: [`${STATE}/ACR-EL.crl`, `${STATE}/ACI-EL-ORG.crl`],
    })),
  };
  await writeFile(join(dir, 'relay.json'), JSON.stringify(settings));
});
afterAll(async () => {
  await scene?.close();
  await authority?.remove();
  await publisher?.close();
});

/** Both units stand on one machine: the same files of the host. */
function confinementOf(name: (typeof SERVICES)[number]): Confinement {
  const unit = readUnit(join(UNITS, name));
  const keys: Readonly<Record<string, string>> = {
    'link.key': join(scene.dir, 'link.key.pem'),
    'client.key': join(authority.dir, 'relay.key'),
    'server.key': join(authority.dir, 'relay.key'),
  };
  const secrets = credentialsOf(unit).map(([credential]) => [
    `/run/credentials/${name}/${credential}`,
    keys[credential] ?? '',
  ]);
  return {
    ...confine(unit, UID, { state, runtime }),
    secrets: Object.fromEntries(secrets),
    copies: {
      '/opt/passerelle/relay/': join(release, 'relay'),
      '/opt/passerelle/package.json': join(release, 'package.json'),
      '/etc/passerelle/relay.json': join(dir, 'relay.json'),
      '/etc/passerelle/client.crt': join(authority.dir, 'relay.crt'),
      '/etc/passerelle/igc-sante.pem': authority.files.caBundle,
    },
    // What a careless machine has: a folder that all may write, keys that all may read, and another service's own.
    build: [
      'install -d -m 1777 /srv/open',
      'mkdir -p /etc/passerelle/keys && echo key > /etc/passerelle/keys/link.key && chmod 0444 /etc/passerelle/keys/link.key',
      'd=/run/credentials/other.service; mkdir -p $d && echo key > $d/link.key && chmod 0400 $d/link.key',
    ].map((line) => ['sh', '-c', line]),
  };
}

test.skipIf(!CAN_CONFINE)(
  'the relay serves under its unit, with lists that the other unit brought',
  async () => {
    const relay = startConfined(confinementOf('passerelle-relay.service'));
    try {
      expect(await relay.said('relay-ready')).toMatchObject({ editors: 0 });
      const lists = startConfined(confinementOf('passerelle-relay-crl.service'));
      expect(await lists.said('crl-done')).toMatchObject({ count: 2, failed: 0 });
      await lists.stop();
      await relay.said('relay-file-mended');
      await relay.said('relay-reloaded');
      const link = await scene.edge.linked();
      const { answers } = await ask(link, makePlan(['agenda-1']));
      expect(await relay.said('vendor-exchange')).toMatchObject({ reason: 'ok', slots: SLOTS });
      expect(answers).toHaveLength(1);
      // It writes where it may, for itself alone, and nowhere else.
      const writable = relay.run(['node', '-e', FIND_WRITABLE]);
      expect(JSON.parse(writable.output)).toEqual(['/tmp', STATE, '/var/tmp']);
      for (const name of ['ACI-EL-ORG.crl', 'list-marks.json', 'crl-fetch.json']) {
        const { mode, uid } = await stat(join(state, name));
        expect([name, mode & 0o777, uid]).toEqual([name, 0o600, UID]);
      }
      const own = '/run/credentials/passerelle-relay.service/link.key';
      expect(relay.run(['cat', own]).output).toContain('PRIVATE KEY');
      for (const other of ['/etc/passerelle/keys/link.key', '/run/credentials/other.service/link.key']) {
        expect([other, relay.run(['cat', other])]).toEqual([
          other,
          { code: 1, output: expect.stringContaining('Permission denied') },
        ]);
      }
      expect(relay.run(['grep', 'Cap[BEP]', '/proc/1/status']).output).toMatch(
        /^CapPrm:\t0+\nCapEff:\t0+\nCapBnd:\t0+\n$/,
      );
    } finally {
      await relay.stop();
    }
  },
);

test.skipIf(!CAN_CONFINE)('the edge is whole under its unit, and writes its own folders alone', async () => {
  const [edgeState, edgeRuntime] = [join(dir, 'edge-state'), join(dir, 'edge-runtime')];
  await Promise.all([mkdir(edgeState), mkdir(edgeRuntime)]);
  await writeFile(join(dir, 'edge.json'), JSON.stringify(EDGE));
  const unit = readUnit(join(UNITS, 'passerelle-edge.service'));
  const edge = startConfined({
    ...confine(unit, UID, { state: edgeState, runtime: edgeRuntime }),
    ownNetwork: true,
    build: [['install', '-d', '-m', '1777', '/srv/open']],
    copies: {
      '/opt/passerelle/': release,
      '/etc/passerelle/edge.json': join(dir, 'edge.json'),
      '/etc/ssl/certs/': '/etc/ssl/certs',
    },
  });
  try {
    await edge.said('host-ready');
    for (const port of [EDGE.listen.port, EDGE.admin.port]) {
      const ask = `fetch('http://127.0.0.1:${port}/healthz').then(({ status }) => console.log(status))`;
      expect(edge.run(['node', '-e', ask])).toEqual({ code: 0, output: '200\n' });
    }
    const writable = ['/run/passerelle-edge', '/tmp', EDGE.stateFolder, '/var/tmp'];
    expect(JSON.parse(edge.run(['node', '-e', FIND_WRITABLE]).output)).toEqual(writable);
    expect((await stat(join(edgeState, 'databases'))).mode & 0o777).toBe(0o700);
  } finally {
    await edge.stop();
  }
});

test('each credential of the unit is told where its keys are asked for, and each folder that it writes', async () => {
  const page = await readFile(resolve(UNITS, '../../docs/exploitation/relais.md'), 'utf8');
  const unit = readUnit(join(UNITS, SERVICES[0]));
  const names = credentialsOf(unit).flatMap(([name, file]) => [name, basename(file)]);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});

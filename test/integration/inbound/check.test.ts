// What a start and `--check` ask of `listen`: everything in order, or a sentence that names the field.

import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkConfig } from '../../../relay/base/config.ts';
import { loadInbound } from '../../../relay/inbound/files.ts';
import { writeLeaf } from '../../../sandbox/pki/authority.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import {
  A,
  type Folder,
  type InboundAuthority,
  makeInboundAuthority,
  openInbound,
  spawnInbound,
  writeFolder,
} from '../../support/scenes/inbound-scene.ts';
import { spawnRelay } from '../../support/scenes/relay/process.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const DAY_MS = 86_400_000;

let authority: InboundAuthority;
let folder: Folder;

beforeAll(async () => {
  authority = await makeInboundAuthority();
});

afterAll(() => authority?.remove());

beforeEach(async () => {
  folder = await writeFolder(authority, 'http://127.0.0.1:9', {});
});

afterEach(() => removeFolder(folder.dir));

/** The complaints, by field; a star where they do not keep a relay from starting. */
function load(listen: object = {}, editor: Record<string, unknown> = {}): readonly string[] {
  const [first, ...others] = folder.settings.editors;
  const settings = {
    ...folder.settings,
    listen: { ...folder.settings.listen, ...listen },
    editors: [{ ...first, ...editor }, ...others],
  };
  const config = checkConfig(JSON.parse(JSON.stringify(settings)), folder.dir);
  if (!config.ok || config.value.listen === undefined) throw new Error(JSON.stringify(config));
  const { problems } = loadInbound(config.value.listen, config.value.editors, undefined, Date.now());
  return problems.map(({ field, text, dated }) => `${dated === true ? '*' : ''}${field} : ${text}`);
}

test('finds nothing to say of files that are in order', () => {
  expect(load()).toEqual([]);
});

const MISSING = 'listen.crlFiles : une autorité de caFile n’a pas de liste : il en faut une pour chacune';

test('wants a list for each authority under hard, and only says so under soft', () => {
  expect(load({ crlFiles: ['org.crl'] })).toEqual([MISSING]);
  expect(load({ crlFiles: [] })).toEqual([MISSING]);
  expect(load({ crlFiles: [], revocation: 'soft' })).toEqual([`*${MISSING}`]);
});

test('takes a list about some certificates for what its authority issues, and for nothing else', async () => {
  await authority.writeCrl({ file: folder.files.orgCrl, only: 'leaves' });
  await authority.writeCrl({ issuer: 'root', file: folder.files.rootCrl, only: 'authorities' });
  expect(load()).toEqual([]);
  await authority.writeCrl({ file: folder.files.orgCrl, only: 'authorities' });
  const text = 'la liste ne porte pas sur les certificats que son autorité émet ici';
  expect(load()).toEqual([`listen.crlFiles[1] : ${text}`, MISSING]);
});

test('wants the identity and the identifier system of each vendor of appointments, and no identity twice', () => {
  expect(load({}, { client: undefined, appointmentSystem: undefined })).toEqual([
    'editors[0].client : manque pour le flux INT_R03',
    'editors[0].appointmentSystem : manque pour le flux INT_R03',
  ]);
  expect(load({}, { client: folder.settings.editors[1]?.client })).toEqual([
    "editors[0].client : est aussi l'identité d'un autre éditeur",
    "editors[1].client : est aussi l'identité d'un autre éditeur",
  ]);
  expect(load({}, { flows: ['INT_R01'], client: undefined, appointmentSystem: undefined })).toEqual([]);
});

test('wants an intermediate and its root, both sound', async () => {
  await writeFile(folder.files.ca, authority.signers.root.certPem);
  expect(load()).toContain(
    "listen.caFile : ne contient pas l'autorité intermédiaire des éditeurs et sa racine",
  );
  await writeFile(folder.files.ca, authority.signers.org.certPem);
  expect(load()).toContain("listen.caFile : une autorité n'y remonte à aucune racine");
  await writeFile(folder.files.ca, authority.ca + (await authority.show()).leafPem);
  expect(load()).toContain("listen.caFile : contient un certificat qui n'est pas celui d'une autorité");
  await writeFile(folder.files.ca, authority.signers['spoof-root'].certPem + authority.signers.org.certPem);
  expect(load()).toContain("listen.caFile : une autorité n'y remonte à aucune racine");
});

test('says what is past its date, which keeps nothing from starting', async () => {
  const notAfter = new Date(Date.now() - DAY_MS);
  const old = await authority.issueServer({ cn: 'relais', ou: A.ou, notBefore: new Date(0), notAfter });
  await writeLeaf(folder.dir, 'server', old);
  await authority.writeCrl({ file: folder.files.orgCrl, thisUpdate: new Date(0), nextUpdate: notAfter });
  expect(load()).toEqual([
    '*listen.certFile : un certificat est expiré',
    '*listen.crlFiles[1] : la liste est périmée ou pas encore valable',
  ]);
});

test('takes a server certificate of other authorities when they are named', async () => {
  const leaf = await authority.issueServer({ cn: 'relais', ou: A.ou, issuer: 'pers' });
  await writeLeaf(folder.dir, 'server', { ...leaf, certPem: leaf.leafPem });
  expect(load()).toEqual([
    'listen.certFile : la chaîne du certificat ne remonte à aucune autorité de caFile',
  ]);
  await copyFile(authority.files.intermediatePers, join(folder.dir, 'public.pem'));
  expect(load({ serverCaFile: 'public.pem' })).toEqual([]);
});

test('presents a certificate of other authorities, and takes no vendor of theirs', async () => {
  const scene = await openInbound(authority, { listen: { serverCaFile: 'igc.pem' } });
  const answer = await call({
    port: scene.port,
    ca: authority.ca,
    show: await authority.show({ issuer: 'pers' }),
  });
  expect(answer.status).toBe(403);
  await scene.close();
});

test('--check says it all and opens nothing; a start refuses it', async () => {
  const file = join(folder.dir, 'relay.json');
  await writeFile(
    file,
    JSON.stringify({ ...folder.settings, listen: { ...folder.settings.listen, crlFiles: [] } }),
  );
  for (const args of [['--check'], []]) {
    const relay = spawnRelay(['--config', file, ...args]);
    expect(await relay.ended()).toBe(1);
    expect(relay.output()).toContain(MISSING);
    expect(relay.output()).not.toContain('relay-listening');
  }
});

test('starts without lists under soft, and logs it', async () => {
  const scene = await spawnInbound(authority, { listen: { revocation: 'soft', crlFiles: [] } });
  expect(await scene.relay.said('relay-file-problem')).toMatchObject({
    level: 'warn',
    field: 'listen.crlFiles',
  });
  await scene.close();
});

test('names listen when its port is taken', async () => {
  const scene = await spawnInbound(authority);
  const file = join(folder.dir, 'relay.json');
  const listen = { ...folder.settings.listen, port: scene.port };
  await writeFile(file, JSON.stringify({ ...folder.settings, listen }));
  await copyFile(join(scene.dir, 'link.key.pem'), join(folder.dir, 'link.key.pem'));
  const relay = spawnRelay(['--config', file]);
  expect(await relay.ended()).toBe(1);
  expect(relay.output()).toContain(
    `listen.port : le port ${scene.port} de 127.0.0.1 ne peut pas être ouvert (déjà pris)\n`,
  );
  await scene.close();
});

// The relay's command line as operators and scripts use it: exit codes, what is printed, what never is.

import { once } from 'node:events';
import { chmod, copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLeaf } from '../../../sandbox/pki/authority.ts';
import { spawnRelay } from '../../support/scenes/relay/process.ts';
import { makeScene, type Scene } from '../../support/scenes/relay/scene.ts';

const DAY_MS = 86_400_000;
let scene: Scene;

beforeAll(async () => {
  scene = await makeScene([() => {}]);
});

afterAll(() => scene?.close());

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const relay = spawnRelay(args);
  const code = await relay.ended();
  return { code, output: relay.output() };
}

async function check(change: (editor: Record<string, unknown>) => Record<string, unknown>) {
  const file = join(scene.dir, 'changed.json');
  const [editor = {}] = scene.config.editors;
  await writeFile(file, JSON.stringify({ ...scene.config, editors: [{ ...editor, ...change(editor) }] }));
  return run('--config', file, '--check');
}

test.each([
  [[], 'Il manque --config FICHIER.'],
  [['--config', 'x', '--chek'], '--chek est une option inconnue ; vouliez-vous dire --check ?'],
  [['--config'], '--config attend une valeur : FICHIER.'],
  [['--config', 'x', '--check', '--print-jwk'], '--check et --print-jwk ne vont pas ensemble'],
  [['--config', 'x', '--trust', 'y'], '--generate-key et --trust vont avec --print-jwk.'],
])('exits 2 on a wrong command line %j', async (args, sentence) => {
  const { code, output } = await run(...args);
  expect(code).toBe(2);
  expect(output).toContain(sentence);
});

test('--check exits 0 when all is in order, and opens no port', async () => {
  const { code, output } = await run('--config', scene.configFile, '--check');
  expect(output).toBe('Configuration correcte : 1 éditeur(s).\n');
  expect(code).toBe(0);
  expect(scene.edge.dials.count).toBe(0);
});

test('--check names every problem at once, and no value', async () => {
  const broken = join(scene.dir, 'broken.crt');
  await writeFile(broken, '-----BEGIN CERTIFICATE-----\nSECRET00\n-----END CERTIFICATE-----\n');
  const { code, output } = await check(() => ({
    certFile: broken,
    keyFile: 'missing-SECRET.key',
    crlFiles: [broken],
  }));
  expect(code).toBe(1);
  expect(
    output
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' : ')[0]),
  ).toEqual(['editors[0].certFile', 'editors[0].keyFile', 'editors[0].crlFiles[0]']);
  expect(output).not.toContain('SECRET');
});

test('--check refuses a key of another certificate', async () => {
  const other = await scene.authority.client('other');
  const { code, output } = await check(() => ({ keyFile: other.keyFile }));
  expect([code, output]).toEqual([1, 'editors[0].keyFile : la clé ne correspond pas au certificat\n']);
});

test('--check refuses a key that other accounts can read, and says how to close it', async () => {
  const { certFile, keyFile } = await scene.authority.client('open');
  await chmod(keyFile, 0o644);
  const { code, output } = await check(() => ({ certFile, keyFile }));
  expect([code, output]).toEqual([
    1,
    'editors[0].keyFile : d’autres comptes que celui du relais peuvent lire cette clé (mode 0644) : chmod 600 sur ce fichier\n',
  ]);
  await chmod(keyFile, 0o600);
  expect((await check(() => ({ certFile, keyFile }))).code).toBe(0);
});

test('neither runs nor prints its public half while its own key is open to others', async () => {
  const keyFile = join(scene.dir, 'open.key.pem');
  await copyFile(join(scene.dir, 'link.key.pem'), keyFile);
  await chmod(keyFile, 0o640);
  const file = join(scene.dir, 'open.json');
  await writeFile(file, JSON.stringify({ ...scene.config, edge: { ...scene.config.edge, keyFile } }));
  for (const args of [[], ['--print-jwk']]) {
    const { code, output } = await run('--config', file, ...args);
    expect([code, output]).toEqual([1, expect.stringMatching(/^edge\.keyFile : .*\(mode 0640\)/)]);
  }
});

test('--check refuses a certificate of another authority, unless that authority is named', async () => {
  const leaf = await scene.authority.issueClient({ cn: 'x', ou: 'y', issuer: 'pers' });
  const files = await writeLeaf(scene.authority.dir, 'pers', { ...leaf, certPem: leaf.leafPem });
  const refused = await check(() => files);
  expect([refused.code, refused.output]).toEqual([
    1,
    'editors[0].certFile : la chaîne du certificat ne remonte à aucune autorité de caFile\n',
  ]);
  const accepted = await check(() => ({ ...files, clientCaFile: scene.authority.files.intermediatePers }));
  expect(accepted.code).toBe(0);
});

test('--check refuses an expired certificate, a server certificate and an authority as our own', async () => {
  const notAfter = new Date(Date.now() - DAY_MS);
  const expired = await scene.authority.client('expired', {
    notBefore: new Date(Date.now() - 9 * DAY_MS),
    notAfter,
  });
  expect((await check(() => pickFiles(expired))).output).toBe(
    'editors[0].certFile : un certificat est expiré\n',
  );
  const leaf = await scene.authority.issueServer({ cn: 'a', ou: 'b' });
  const server = await writeLeaf(scene.authority.dir, 'server', leaf);
  expect((await check(() => server)).output).toContain('clientAuth manque');
});

test('--check refuses lists that are stale, badly signed, cut, or missing for one authority', async () => {
  const { rootCrl, intermediateOrgCrl } = scene.authority.files;
  const write = async (name: string, request: object): Promise<string> => {
    const file = join(scene.dir, name);
    await scene.authority.writeCrl({ ...request, file });
    return file;
  };
  const stale = await write('stale.crl', {
    thisUpdate: new Date(Date.now() - 9 * DAY_MS),
    nextUpdate: new Date(Date.now() - DAY_MS),
  });
  const spoofed = await write('spoofed.crl', { signedBy: 'spoof' });
  const cut = await write('cut.crl', { truncated: true });
  const outputs = [];
  for (const file of [stale, spoofed, cut]) {
    outputs.push((await check(() => ({ crlFiles: [rootCrl, file] }))).output.split('\n')[0]);
  }
  expect(outputs).toEqual([
    'editors[0].crlFiles[1] : la liste est périmée',
    "editors[0].crlFiles[1] : la liste n'est pas signée par son autorité",
    "editors[0].crlFiles[1] : n'est pas une liste de révocation entière",
  ]);
  expect((await check(() => ({ crlFiles: [intermediateOrgCrl] }))).output).toContain(
    'editors[0].crlFiles : ',
  );
  expect((await check(() => ({ crlFiles: [`${rootCrl}.der`, `${intermediateOrgCrl}.der`] }))).code).toBe(0);
});

test('runs in spite of what is only past its date, and says so', async () => {
  const notAfter = new Date(Date.now() - DAY_MS);
  const expired = await scene.authority.client('old', {
    notBefore: new Date(Date.now() - 9 * DAY_MS),
    notAfter,
  });
  const file = join(scene.dir, 'dated.json');
  const [editor] = scene.config.editors;
  await writeFile(file, JSON.stringify({ ...scene.config, editors: [{ ...editor, ...pickFiles(expired) }] }));
  const relay = spawnRelay(['--config', file]);
  await relay.said('relay-ready');
  expect(await relay.said('relay-file-problem')).toMatchObject({
    level: 'warn',
    field: 'editors[0].certFile',
  });
  await relay.stop();
});

test('does not run when what is common to all vendors is wrong', async () => {
  const file = join(scene.dir, 'wrong.json');
  const edge = { ...scene.config.edge, keyFile: 'nowhere.pem' };
  await writeFile(file, JSON.stringify({ ...scene.config, edge }));
  const { code, output } = await run('--config', file);
  expect(code).toBe(1);
  expect(output).toMatch(/^edge\.keyFile : /);
});

test('names each port that is taken, by field and number', async () => {
  const [one, two] = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')];
  await Promise.all([once(one, 'listening'), once(two, 'listening')]);
  const [listenPort, adminPort] = [one, two].map((server) => (server.address() as AddressInfo).port);
  const leaf = await scene.authority.issueServer({ cn: 'relay', ou: 'relay', ips: ['127.0.0.1'] });
  const server = await writeLeaf(scene.authority.dir, 'inbound', leaf);
  const listen = {
    host: '127.0.0.1',
    port: listenPort,
    ...pickFiles(server),
    caFile: scene.config.editors[0]?.caFile,
    revocation: 'soft',
  };
  const file = join(scene.dir, 'taken.json');
  const admin = { host: '127.0.0.1', port: adminPort };
  await writeFile(file, JSON.stringify({ ...scene.config, listen, admin }));
  const { code, output } = await run('--config', file);
  one.close();
  two.close();
  expect(code).toBe(1);
  expect(output.split('\n').filter((line) => line.includes('ne peut pas être ouvert'))).toEqual([
    `listen.port : le port ${listenPort} de 127.0.0.1 ne peut pas être ouvert (déjà pris)`,
    `admin.port : le port ${adminPort} de 127.0.0.1 ne peut pas être ouvert (déjà pris)`,
  ]);
});

test('--print-jwk says how to make the key that is missing, then makes it once, for its owner only', async () => {
  const file = join(scene.dir, 'keyless.json');
  const keyFile = join(scene.dir, 'keys', 'new.key.pem');
  await writeFile(file, JSON.stringify({ ...scene.config, edge: { ...scene.config.edge, keyFile } }));
  const absent = await run('--config', file, '--print-jwk');
  expect(absent.code).toBe(1);
  expect(absent.output).toContain('--generate-key');
  const made = await run('--config', file, '--print-jwk', '--generate-key');
  expect(made.code).toBe(0);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(await run('--config', file, '--print-jwk', '--generate-key')).toEqual(made);
});

test('--print-jwk prints the public half only', async () => {
  const { code, output } = await run('--config', scene.configFile, '--print-jwk');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toEqual({
    kty: 'OKP',
    crv: 'Ed25519',
    x: expect.stringMatching(/^[\w-]{43}$/),
    kid: 'relay-test',
    alg: 'EdDSA',
    use: 'sig',
  });
});

test('--trust merges the key by kid into the list of the local edge', async () => {
  const trust = join(scene.dir, 'state', 'edge');
  const list = join(trust, 'relay-jwks.json');
  const { output } = await run('--config', scene.configFile, '--print-jwk', '--trust', trust);
  const jwk = JSON.parse(output);
  // Local relays are one operator's: they may serve the same vendors.
  const trusted = { ...jwk, operator: expect.any(String) };
  expect(JSON.parse(await readFile(list, 'utf8'))).toEqual({ keys: [trusted] });
  await writeFile(list, JSON.stringify({ keys: [{ kid: 'relay-b' }, { kid: 'relay-test', x: 'old' }] }));
  await run('--config', scene.configFile, '--print-jwk', '--trust', trust);
  expect(JSON.parse(await readFile(list, 'utf8'))).toEqual({ keys: [{ kid: 'relay-b' }, trusted] });
  await writeFile(list, '{ broken');
  expect((await run('--config', scene.configFile, '--print-jwk', '--trust', trust)).code).toBe(1);
  expect(await readFile(list, 'utf8')).toBe('{ broken');
  await rm(trust, { recursive: true });
});

function pickFiles({ certFile, keyFile }: { certFile: string; keyFile: string }) {
  return { certFile, keyFile };
}

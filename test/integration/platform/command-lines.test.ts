// What a new user types wrongly, at every command of package.json: plain sentences, all problems at once, no stack, an
// exit code that is not 0, and nothing made.

import { once } from 'node:events';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { COMMANDS, type Ran, runCommand, startCommand } from '../../support/scenes/command.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

let cwd: string;
let taken: Server;
let port: string;

beforeAll(async () => {
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  port = String((taken.address() as AddressInfo).port);
});
afterAll(() => taken.close());
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'passerelle-typed-'));
});
afterEach(() => removeFolder(cwd));

const run = (name: string, ...args: string[]): Promise<Ran> => runCommand(name, args, { cwd });

/** Neither a stack nor Node's own words for people who write programs. */
function expectPlain({ code, stderr }: Ran, expected: number): void {
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:|\[object|undefined/m);
  expect(stderr).not.toBe('');
  expect(code).toBe(expected);
}

test.each([...COMMANDS.keys()])('%s explains itself with --help, whatever else is typed', async (name) => {
  const { code, stdout, stderr } = await run(name, '--no-such-flag', '--help');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Usage : (npm (start|run [a-z-]+)|node \S+)/);
});

test.each([...COMMANDS.keys()])('%s refuses an option it does not know, and makes nothing', async (name) => {
  const ran = await run(name, '--no-such-flag');
  expectPlain(ran, 2);
  expect(ran.stderr).toContain('--no-such-flag est une option inconnue.');
  expect(await readdir(cwd)).toEqual([]);
});

const AT = ['--at', '2026-11-24T10:00:00+01:00'];
test.each<[string, string[], string[]]>([
  ['start', ['--port', 'x', '--mtls-port', '-1'], ['--port : ', '--mtls-port : ']],
  ['start', ['--verbose', 'oui'], ['« oui »']],
  ['edge', ['--port', '65536', '--prot', '1'], ['--port : ', 'vouliez-vous dire --port ?']],
  ['edge', ['--env-file', 'absent.env'], ['absent.env n’existe pas'.replace('’', "'")]],
  ['edge', ['--env-file', '.'], ['un fichier est attendu']],
  ['token', ['--lifetime', '1h', '--sate', 'x'], ['--lifetime : ', '--state ?']],
  ['vendor', ['--seed', '-1', '--fault', 'hagn', '--ca', 'x'], ['--seed : ', 'hang ?', '--server-cert, ']],
  ['vendor', ['--sas', 'http://x'], ['--sas : une adresse https']],
  ['pki', ['--ca-bits', '1024'], ['Il manque --out', '--ca-bits : ']],
  ['relay', ['--generate-key'], ['Il manque --config', 'vont avec --print-jwk']],
  ['relay', ['--config', 'a', '--check', 'maintenant'], ['« maintenant »']],
  [
    'conformance',
    ['--timeout', '0', '--declarations', 'absent.json', '--rpps', '12'],
    ['Il manque --config', 'Il manque --editor', '--timeout : ', 'absent.json', '« 12 »'],
  ],
  [
    'conformance',
    ['--kinds', 'PUBLIC,FOO', '--types', 'X', '--certificates', 'absent'],
    ['--kinds : des codes parmi PUBLIC, PRO', '--types : ', '--certificates : un dossier'],
  ],
  ['bench', ['serch', '--cells', '99', '--json', 'absent/x.json'], ['search ?', '--cells : ', '--json : ']],
  [
    'soak',
    ['--minutes', '0', '--vendors', '27', '--per-second', '-1'],
    ['--minutes', '--vendors', '--per-second'],
  ],
  ['explain', ['--at', 'hier'], ['Il manque --editor', '--at : ', '--rpps ou --siret']],
  [
    'explain',
    ['--editor', 'a', ...AT, '--rpps', '1', '--siret', '2'],
    ['un seul des deux', '« 1 »', '« 2 »'],
  ],
  ['front-secret', ['kez'], ['key', 'hash']],
  ['front-secret', ['hash'], ['vide']],
])('%s %j: every problem is told at once', async (name, args, sentences) => {
  const ran = await run(name, ...args);
  expectPlain(ran, 2);
  for (const sentence of sentences) expect(ran.stderr).toContain(sentence);
  expect(await readdir(cwd)).toEqual([]);
});

test.each<[string, string[], string]>([
  ['token', ['--state', 'WRONG'], "WRONG n'est pas le dossier d'un accès local"],
  ['token', [], ".passerelle/edge n'est pas le dossier d'un accès local"],
  ['dev-vars', ['--state', 'WRONG'], "WRONG n'est pas le dossier d'un accès local"],
  ['explain', ['--editor', 'a', ...AT, '--rpps', '899900000017', '--state', 'WRONG'], 'WRONG'],
  ['vendor', ['--server-cert', 'a', '--server-key', 'b', '--ca', 'c'], "a n'existe pas"],
  ['relay', ['--config', 'absent.json', '--check'], 'config : ne peut pas être lu'],
])('%s %j: names what is not there, and makes nothing', async (name, args, sentence) => {
  const ran = await run(name, ...args);
  expectPlain(ran, 1);
  expect(ran.stderr).toContain(sentence);
  expect(await readdir(cwd)).toEqual([]);
});

test.each<[string, string[]]>([
  ['pki', ['--out', 'file']],
  ['edge', ['--port', '0', '--state', 'file']],
  ['vendor', ['--pki', 'file']],
  ['start', ['--state', 'file', '--port', '0', '--mtls-port', '0', '--admin-port', '0']],
])('%s %j: a file where a folder is expected is named', async (name, args) => {
  await writeFile(join(cwd, 'file'), '');
  const ran = await run(name, ...args);
  expectPlain(ran, 1);
  expect(ran.stderr).toMatch(/file\S* (existe déjà, et )?n'est pas un dossier|Le dossier file ne peut pas/);
});

test('explain says that nothing answers at the address, and which option names another', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
  await new Promise((done) => free.close(done));
  const args = ['--editor', 'a', ...AT, '--rpps', '899900000017', '--edge', url];
  const ran = await runCommand('explain', args, { cwd, env: { PASSERELLE_TOKEN: 'x' } });
  expectPlain(ran, 1);
  expect(ran.stderr).toContain(`Pas de réponse de ${url} (ECONNREFUSED)`);
  expect(ran.stderr).toContain('--edge');
});

test.each<[string, (port: string) => string[], RegExp[]]>([
  [
    'edge',
    (port) => ['--port', port],
    [/Le port \d+ de 127.0.0.1 est déjà pris.*--port en choisit un autre/],
  ],
  [
    'start',
    (port) => ['--port', port, '--mtls-port', '0', '--admin-port', port],
    [/déjà pris.*--port en choisit/, /--port et --admin-port donnent le même port/],
  ],
  [
    'vendor',
    (port) => ['--port', '0', '--control-port', port],
    [/Le port \d+ de 127.0.0.1 est déjà pris.*--control-port en choisit un autre/],
  ],
])('%s names the port that is taken, and the option that changes it', async (name, argsOf, sentences) => {
  const ran = await run(name, ...argsOf(port));
  expectPlain(ran, 1);
  expect(ran.stderr).toContain(port);
  for (const sentence of sentences) expect(ran.stderr).toMatch(sentence);
  // `start` has looked whether another one holds its folder.
  expect(await readdir(cwd)).toEqual(name === 'start' ? ['.passerelle'] : []);
});

test('an edge with a file of settings keeps the local ones, and says by name which are in force', async () => {
  await writeFile(join(cwd, 'edge.env'), 'DEADLINE_MS=3000\nFRONT_USERS={"amina":"SECRET-SECRET"}\n');
  const edge = startCommand('edge', ['--port', '0', '--env-file', 'edge.env'], { cwd });
  try {
    await until('the edge is ready', () => edge.said().includes('edge-ready'));
    const lines = edge.said().trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      message: 'edge-settings',
      file: ['FRONT_USERS', 'DEADLINE_MS'],
      local: [
        ...['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS', 'CONSOLE_LINKS', 'CONSOLE_ENVIRONMENT'],
        ...['FRONT_KEYS', 'RELAY_JWKS'],
      ],
    });
    expect(edge.said()).not.toContain('SECRET');
    const { url } = JSON.parse(lines.find((line) => line.includes('edge-ready')) ?? '') as { url: string };
    const { stdout: token } = await run('token');
    const answer = await fetch(`${url}/fhir/Slot`, { headers: { Authorization: `Bearer ${token.trim()}` } });
    // The local token is known: what is missing is the question.
    expect(answer.status).toBe(400);
  } finally {
    edge.process.kill('SIGTERM');
    expect(await edge.ended).toMatchObject({ code: 0 });
  }
});

test('a file of settings that is wrong stops the start: every name, no value', async () => {
  await writeFile(join(cwd, 'edge.env'), 'AUTH_ISSUER=SECRET\nDEADLINE_MS=SECRET\nFRONT_KEYS=SECRET\n');
  const ran = await run('edge', '--port', '0', '--env-file', 'edge.env');
  expectPlain(ran, 1);
  for (const name of ['AUTH_AUDIENCE', 'AUTH_JWKS', 'DEADLINE_MS', 'FRONT_KEYS'])
    expect(ran.stderr).toContain(name);
  expect(ran.stderr).not.toContain('SECRET');
  await writeFile(join(cwd, 'edge.env'), 'DEADLNE_MS=1\n');
  const typing = await run('edge', '--port', '0', '--env-file', 'edge.env');
  expectPlain(typing, 2);
  expect(typing.stderr).toContain('DEADLNE_MS est un réglage inconnu ; vouliez-vous dire DEADLINE_MS ?');
});

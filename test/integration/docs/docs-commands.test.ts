// A new user's way: `npm start` in a folder of its own, then every command of README and docs/ as the pages write it. What
// a page's command needs comes from the running system: the variables that `npm start` prints, a relay file of the user's
// own, free ports in place of those of the page.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureHubSanteCertificates } from '../../../sandbox/pki/hub-sante-pki.ts';
import { ensureSandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { blocksOf, commandsOf, inlineCommandsOf, PAGES, ROOT } from '../../support/samples/docs-commands.ts';
import { COMMANDS, runCommand } from '../../support/scenes/command.ts';
import { hubSanteMissing } from '../../support/scenes/hub-sante-scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const START_MS = 240_000;
const COMMAND_MS = 120_000;

/** Not run here, and why. Short on purpose: a command is run unless it cannot be. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm ci && npm start/, 'installs; what it starts is what the other commands run against'],
  [/^npm ci && npm test/, 'is this run of tests'],
  [/^npm run check$/, 'runs before the tests, over the whole repository'],
  [/^npm run bench /, 'takes minutes, and measures nothing beside other work'],
  [/^npm run soak/, 'takes ten minutes'],
  [/^npm run mutants/, 'takes many minutes'],
  [/^curl -X POST .*\/erase$/, "erases somebody at an operator's own address"],
  [/^npm run audit-verify /, 'test/integration/console/acts.test.ts runs it on an export of its own'],
  [/^npx wrangler dev/, 'a development server of somebody else, which asks the network for updates'],
  [/^npx wrangler d1 create /, "makes a database in somebody's account"],
  [/^npx wrangler d1 (?:time-travel|migrations) /, "changes a database in somebody's account"],
  [
    /^node dist\/\S+ (?:backup|restore) /,
    'test/integration/host/copies.test.ts runs it on an edge of its own',
  ],
  [/^node dist\/\S+ promote /, 'test/fault/host/standby.test.ts runs it on a replica of its own'],
  [
    /^(?:install|systemctl) /,
    'changes the machine; test/integration/packaging/ runs the units and the image',
  ],
  [
    /^node dist\/\S+ --config edge\.json/,
    'test/integration/host/passerelle-edge.test.ts runs it with a file of its own',
  ],
  ...(hubSanteMissing ? [[/^npm run hub-sante /, 'RabbitMQ is not installed'] as const] : []),
];

/** Whose commands are one walk, which a test of its own takes: on a machine that is not this one. */
const WALKS = new Map([['docs/exploitation/essai.md', 'test/integration/release/clean-machine.test.ts']]);

/** Run until they are told to end; the line that says they work. */
const LASTING: readonly (readonly [RegExp, string])[] = [
  [/^npm run edge /, 'edge-ready'],
  [/^npm run relay -- --config \S+$/, 'relay-ready'],
  [/^npm run vendor /, 'vendor-ready'],
  [/^npm run hub-sante /, 'hub-sante-ready'],
];

/** Exit codes other than 0 that the page explains. */
const ALSO_RIGHT: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^npm run conformance /, [1]],
  // The test authority publishes its lists nowhere: each is named, with why it did not come.
  [/^npm run relay -- fetch-crl /, [1]],
];

const skip = spawnSync('curl', ['--version']).status !== 0 || spawnSync('bash', ['--version']).status !== 0;
if (skip) console.log('no curl or no bash: the commands of the pages are not run');

let cwd: string;
let system: Started;
let env: NodeJS.ProcessEnv;

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** In a group of its own, so that what it starts can be told to end with it. */
function shell(command: string): Started {
  const child = spawn('bash', ['-c', command], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, said: () => output, ended };
}

async function end({ child, ended }: Started): Promise<void> {
  if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  await ended;
}

beforeAll(async () => {
  if (skip) return;
  cwd = await mkdtemp(join(tmpdir(), 'passerelle-reader-'));
  for (const name of await readdir(ROOT)) {
    if (!name.startsWith('.')) await symlink(join(ROOT, name), join(cwd, name));
  }
  // curl ends with 22 when the answer is a refusal.
  await writeFile(join(cwd, '.curlrc'), 'fail-with-body\n');
  const { npm_lifecycle_event: _name, ...outer } = process.env;
  env = { ...outer, CURL_HOME: cwd, WRANGLER_SEND_METRICS: 'false', CI: 'true' };
  await introduceOwnRelay();
  system = shell('npm start -- --port 0 --mtls-port 0 --admin-port 0');
  await until('npm start is ready', () => system.said().includes('Ctrl-C arrête tout.'), START_MS);
  for (const [, name = '', value] of system.said().matchAll(/^ {2}export (\w+)='(.*)'$/gm)) env[name] = value;
  await writeOwnRelay();
}, START_MS);

afterAll(async () => {
  if (skip) return;
  await end(system);
  await removeFolder(cwd);
});

const OWN = { relayId: 'relay-reader', edge: { url: 'http://127.0.0.1:8787', keyFile: 'reader.key.pem' } };

/** Before the system runs: an edge that learns of a new relay restarts its Worker, in the midst of what else is asked. */
async function introduceOwnRelay(): Promise<void> {
  await writeFile(join(cwd, 'relay.json'), JSON.stringify({ ...OWN, editors: [] }));
  const made = shell(
    'npm run relay -- --config relay.json --print-jwk --generate-key --trust .passerelle/edge',
  );
  expect([await made.ended, made.said()]).toEqual([0, expect.stringContaining('relay-reader')]);
}

/** The reader's own relay.json, beside the one of `npm start`: another name and key, other ports. */
async function writeOwnRelay(): Promise<void> {
  const file = join(cwd, '.passerelle/relay/relay.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<'edge' | 'listen' | 'admin', object>;
  const own = {
    ...config,
    relayId: OWN.relayId,
    edge: { ...config.edge, keyFile: OWN.edge.keyFile },
    listen: { ...config.listen, port: 0 },
    admin: { ...config.admin, port: 0 },
  };
  await writeFile(join(cwd, 'relay.json'), JSON.stringify(own));
}

const blocks = PAGES.flatMap(blocksOf);
const written = blocks
  .filter(({ language, page }) => language === 'sh' && !WALKS.has(page))
  .flatMap((block) => commandsOf(block).map((command) => [block.page, command] as const));
const reasonNotToRun = (command: string) => NOT_RUN.find(([pattern]) => pattern.test(command))?.[1];

describe.skipIf(skip)('each command of the pages works as it is written', () => {
  test('npm start prints the variables that the pages use', () => {
    const used = written.flatMap(([, command]) =>
      [...command.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name]) => name),
    );
    expect(used.length).toBeGreaterThan(5);
    expect([...new Set(used)].filter((name) => !env[name ?? ''])).toEqual([]);
  });

  test('the first search that npm start prints is a small answer, and finds two slots', async () => {
    const [, command = ''] = /^Deux créneaux.*:\n {2}(.*)$/m.exec(system.said()) ?? [];
    const first = shell(command);
    expect(await first.ended).toBe(0);
    const bundle = JSON.parse(first.said()) as { total: number };
    expect(bundle.total).toBeGreaterThanOrEqual(2);
    expect(first.said().length).toBeLessThan(20_000);
  });

  test(
    'each other command that npm start prints is answered',
    async () => {
      const printed = [...system.said().matchAll(/^ {2}(curl .*)$/gm)].map(([, command = '']) => command);
      expect(printed.length).toBeGreaterThan(5);
      for (const command of printed) {
        const run = shell(command);
        expect([await run.ended, command]).toEqual([0, command]);
      }
    },
    COMMAND_MS,
  );

  test('the sample of the relay file passes --check once its files are in place', async () => {
    const dir = join(cwd, 'sample');
    await cp(join(ROOT, 'docs/samples/relay.json'), join(dir, 'relay.json'));
    const files = {
      'igc-sante.pem': 'igc-sante.pem',
      'root.crl': 'root.crl',
      'intermediate.crl': 'intermediate-org.crl',
      'server.crt': 'relay-server/leaf.crt',
      'server.key': 'relay-server/leaf.key',
      'client.crt': 'relay-client/leaf.crt',
      'client.key': 'relay-client/leaf.key',
      'hub-sante.crt': 'hub-sante-fr.health.test.ptfsas/leaf.crt',
      'hub-sante.key': 'hub-sante-fr.health.test.ptfsas/leaf.key',
    };
    const { credential } = await ensureHubSanteCertificates(
      await ensureSandboxPki(join(cwd, '.passerelle/pki')),
    );
    await credential('fr.health.test.ptfsas');
    for (const [name, made] of Object.entries(files)) {
      await cp(join(cwd, '.passerelle/pki', made), join(dir, name));
    }
    const relay = 'npm run --silent relay -- --config sample/relay.json';
    const run = shell(`${relay} --print-jwk --generate-key >/dev/null && ${relay} --check`);
    expect([await run.ended, run.said()]).toEqual([0, 'Configuration correcte : 1 éditeur(s).\n']);
  });

  test.each(written.filter(([, command]) => reasonNotToRun(command) === undefined))(
    '%s: %s',
    async (_page, command) => {
      const run = shell(command.replace(/--port \d+/, '--port 0'));
      const ready = LASTING.find(([pattern]) => pattern.test(command))?.[1];
      if (ready !== undefined) {
        let hasEnded = false;
        void run.ended.then(() => {
          hasEnded = true;
        });
        await until(`${ready}`, () => hasEnded || run.said().includes(ready), COMMAND_MS);
        expect(run.said()).toContain(ready);
        await end(run);
        return;
      }
      const code = await run.ended;
      const right = [0, ...(ALSO_RIGHT.find(([pattern]) => pattern.test(command))?.[1] ?? [])];
      expect(right, `${code}: ${run.said()}`).toContain(code);
    },
    COMMAND_MS,
  );
});

describe('what the pages write', () => {
  test('is in blocks marked sh wherever it is a command, so that it is run', () => {
    const forgotten = blocks
      .filter(({ language }) => language !== 'sh')
      .filter(({ text }) => /^\s*\$?\s*(npm|npx|node|curl|docker) /m.test(text));
    expect(forgotten.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });

  test('leaves out only what is on the short list, and nothing on it is idle', () => {
    for (const [pattern] of NOT_RUN) {
      expect(
        written.some(([, command]) => pattern.test(command)),
        String(pattern),
      ).toBe(true);
    }
    const left = written.filter(([, command]) => reasonNotToRun(command) !== undefined);
    // Two thirds of them put a service onto a machine.
    expect(left.length).toBeLessThanOrEqual(40);
  });

  test('a page whose commands are one walk is read by the test that takes it', async () => {
    for (const [page, test] of WALKS) expect(await readFile(join(ROOT, test), 'utf8')).toContain(`'${page}'`);
  });

  test('names files of the repository that are there', async () => {
    const files = written.flatMap(([, command]) => command.match(/docs\/\S+\.\w+/g) ?? []);
    for (const file of files)
      expect(await readdir(join(ROOT, dirname(file)))).toContain(file.split('/').at(-1));
  });

  const helps = new Map<string, Promise<string>>();
  const helpOf = (script: string): Promise<string> => {
    const known =
      helps.get(script) ?? runCommand(script, ['--help'], { cwd: ROOT }).then(({ stdout }) => stdout);
    helps.set(script, known);
    return known;
  };
  const inline = PAGES.flatMap((page) => inlineCommandsOf(page).map((command) => [page, command] as const));
  test.each(inline)('%s tells of a command that exists, and of its options: %s', async (_page, command) => {
    const [, name = 'start'] = /^npm (?:run (?:--silent )?([\w-]+)|start)/.exec(command) ?? [];
    if (command.startsWith('npx ')) return;
    const script = /^npm start/.test(command) ? 'start' : name;
    if (!COMMANDS.has(script)) {
      expect(['check', 'test', 'types', 'lint', 'format']).toContain(script);
      return;
    }
    const stdout = await helpOf(script);
    const flags =
      command
        .split(' -- ')
        .slice(1)
        .join(' ')
        .match(/--[a-z][a-z-]*/g) ?? [];
    for (const flag of flags) expect(stdout).toContain(flag);
  });
});

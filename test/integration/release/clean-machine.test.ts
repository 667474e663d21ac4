// A machine that has Node and the archives of a release, and nothing else: the commands of docs/exploitation/essai.md, as the page
// writes them, bring up an edge, two relays and three vendors, and a search finds slots of all three through both relays. The
// network is one of its own with a loopback only, so that the page's ports are free, and nothing can be fetched.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, commandsOf } from '../../support/samples/docs-commands.ts';
import { builtArchives } from '../../support/scenes/built/release.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const PAGE = 'docs/exploitation/essai.md';
/** What the page asks of the machine, besides Node. */
const TOOLS = ['tar', 'gzip', 'curl'] as const;
/** Issue of the page; told, not judged: how long it takes is the machine's and its neighbours'. */
const PROMISED_S = 180;
const MARK = '@@ ';

/** A network of its own; whoever is not root needs a user namespace too. */
const NAMESPACE = [['--net'], ['--user', '--map-root-user', '--net']].find(
  (flags) => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
);
const toolPaths = TOOLS.map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim());
const skip = NAMESPACE === undefined || toolPaths.includes('') || `${process.arch}` !== 'x64';
if (skip) console.log('no network of its own, or no tar, gzip or curl: a clean machine is not tried');

let dir: string;
let home: string;
let shell: ChildProcess | undefined;

beforeAll(async () => {
  if (skip) return;
  const archives = await builtArchives();
  dir = await mkdtemp(join(tmpdir(), 'clean-'));
  home = join(dir, 'home');
  await mkdir(home);
  for (const name of (await readdir(archives)).filter((one) => /-(machines-.*|essai)\.tar\.gz$/.test(one))) {
    await copyFile(join(archives, name), join(home, name));
  }
  await mkdir(join(dir, 'bin'));
  await symlink(process.execPath, join(dir, 'bin/node'));
  for (const [at, name] of TOOLS.entries()) await symlink(toolPaths[at] ?? '', join(dir, 'bin', name));
});
afterAll(async () => {
  shell?.kill('SIGKILL');
  if (dir !== undefined) await removeFolder(dir);
});

/** Runs them in one shell, which ends at the first that fails. Command → what it printed. */
async function runAll(commands: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const script = [
    'ip link set lo up',
    `export PATH='${join(dir, 'bin')}' HOME='${home}' TMPDIR='${home}'`,
    'cd "$HOME"',
    'set -e',
    ...commands.flatMap((command, at) => [`echo; echo '${MARK}${at}'`, command]),
    'kill $(jobs -p)',
    'wait',
    `echo; echo '${MARK}ended'`,
  ].join('\n');
  // Whatever it leaves running ends with its first process.
  const flags = [...(NAMESPACE ?? []), '--pid', '--fork', '--kill-child'];
  shell = spawn('unshare', [...flags, 'bash', '-c', script], { env: { PATH: process.env.PATH } });
  const { stdout, stderr } = shell;
  if (stdout === null || stderr === null) throw new Error('it has pipes');
  const [said, wrong, [code]] = await Promise.all([text(stdout), text(stderr), once(shell, 'close')]);
  expect([code, said.slice(-2_000), wrong]).toEqual([
    0,
    expect.stringMatching(`\n${MARK}ended\n$`) as string,
    expect.anything() as string,
  ]);
  const parts = said.split(`\n${MARK}`).slice(1);
  return new Map(commands.map((command, at) => [command, (parts[at] ?? '').replace(/^\d+\n/, '')]));
}

test.skipIf(skip)('the commands of the page bring slots of three vendors through two relays', async () => {
  const commands = blocksOf(PAGE)
    .filter(({ language }) => language === 'sh')
    .flatMap(commandsOf);
  const startedMs = performance.now();
  const said = await runAll(commands);
  const tookS = Math.round((performance.now() - startedMs) / 1000);
  console.log(
    `clean machine: edge, two relays, three vendors and a search in ${tookS} s (${PROMISED_S} told)`,
  );
  const answers = (pattern: RegExp): readonly string[] =>
    [...said].filter(([command]) => pattern.test(command)).map(([, answer]) => answer);
  const [bundle = ''] = answers(/SEARCH_URL/);
  const { entry } = JSON.parse(bundle) as {
    readonly entry: readonly {
      readonly resource: { readonly resourceType: string; readonly id: string };
    }[];
  };
  const slots = entry.filter(({ resource }) => resource.resourceType === 'Slot');
  expect(new Set(slots.map(({ resource: { id } }) => /^agenda-[a-z]/.exec(id)?.[0]))).toEqual(
    new Set(['agenda-a', 'agenda-b', 'agenda-c']),
  );
  const relays = answers(/\/metrics$/).map((metrics) =>
    [...metrics.matchAll(/^passerelle_relay_vendor_calls_total\{editor="([^"]+)".*outcome="ok"\} 1$/gm)].map(
      ([, vendor]) => vendor,
    ),
  );
  expect(relays.map((vendors) => vendors.length > 0)).toEqual([true, true]);
  expect(relays.flat().sort()).toEqual(['agenda-a', 'agenda-b', 'agenda-c']);
});

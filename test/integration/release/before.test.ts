// One release of skew, each way: the edge of the release before runs on this release's schema, with its own relay or this
// one's; this edge takes its relay; Worker and hub may be of either, as during a deployment. docs/exploitation/versions.md.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { AccountScene, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { BEFORE, hasBefore, unpackBefore } from '../../support/scenes/release-before.ts';
import { expectServingTogether } from '../../support/scenes/serve-together.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MIGRATIONS = 'worker/store/migrations';
const run = promisify(execFile);
/** Of a program that is nobody's child: what this run of tests set for its own is left out. */
const { PASSERELLE_BUILT_WORKER: _, VITEST: __, ...ENV } = process.env;

let dir: string;
let tree: string;
let release: string;
let scene: AccountScene | undefined;

beforeAll(async () => {
  if (!hasBefore) return;
  dir = await mkdtemp(join(tmpdir(), 'passerelle-before-'));
  [tree, release] = [join(dir, 'tree'), join(dir, 'release')];
  await mkdir(tree);
  unpackBefore(tree);
  const main = join(tree, 'scripts/build/main.ts');
  await run(process.execPath, [main, '--out', release, '--commit', BEFORE.commit], { cwd: tree, env: ENV });
});
afterEach(async () => {
  await scene?.stop();
  scene = undefined;
});
afterAll(async () => {
  if (hasBefore) await removeFolder(dir);
});

const before = (): Promise<string> => readFile(join(release, 'worker/index.js'), 'utf8');

describe.skipIf(!hasBefore)('this release and the one before', () => {
  test.each([
    ['edge before, relay before', before, before, true],
    ['edge before, relay of now', before, before, false],
    ['edge of now, relay before', builtWorker, builtWorker, true],
    ['Worker of now over the hub before, relay before', builtWorker, before, true],
    ['Worker before over the hub of now, relay of now', before, builtWorker, false],
  ])('%s: search, accounts, appointments', async (_, script, hubScript, isRelayBefore) => {
    const running = await AccountScene.start({
      vendors: [{ seed: 1 }],
      scripts: { script, hubScript },
      ...(isRelayBefore && { relayFile: join(release, 'relay/passerelle-relay.js') }),
    });
    scene = running;
    const { system } = running;
    const short = BEFORE.commit.slice(0, 12);
    expect(await (await system.fetch('/healthz')).text()).toContain(script === before ? short : '(sources)');
    const { body } = await running.asAdmin<{ relays: { build?: { commit?: string } }[] }>('/admin/relays');
    const commits = body.relays.map(({ build }) => build?.commit);
    expect(commits).toEqual([isRelayBefore ? BEFORE.commit : undefined]);
    const person = technical();
    const id = await running.create(person);
    expect((await running.logIn(id)).get('agenda-a')).toMatchObject({ state: 'done' });
    const ended = await running.put(
      `${person.system}|${person.value}`,
      practitioner({ ...person, active: false }),
    );
    expect(ended.status).toBe(200);
    const isClosed = (): boolean => running.held('agenda-a', person).every(({ active }) => !active);
    await until('the vendor has heard of the end', isClosed);
    expect(running.held('agenda-a', person)).toHaveLength(1);
    system.token = await signToken(system.state, 'system/Slot.s');
    await expectServingTogether(system);
  });

  test('each statement that its edge prepares is taken by this release’s schema', async () => {
    await rm(join(tree, MIGRATIONS), { recursive: true });
    await cp(join(ROOT, MIGRATIONS), join(tree, MIGRATIONS), { recursive: true });
    // Its own judge, over our migrations: what it asks for is there, and the indexes that it reads by.
    const words = ['run', 'test/unit/platform/query-plans.test.ts', '-t', 'no statement reads a table'];
    const vitest = join(tree, 'node_modules/vitest/vitest.mjs');
    const { stdout } = await run(process.execPath, [vitest, ...words], { cwd: tree, env: ENV });
    expect(stdout).toContain('1 passed');
  });
});

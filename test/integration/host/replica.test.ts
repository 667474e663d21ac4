// An edge that is replicated, and a second machine that takes over by `passerelle-edge promote`, as an operator calls them: the
// real programs, the real Litestream, a folder as the place of the replica.

import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  behindSeconds,
  EdgeMachine,
  isLitestreamThere,
  makePremises,
  untilSent,
} from '../../support/scenes/edge-machine.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;

let dir: string;
let first: EdgeMachine;
let second: EdgeMachine;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  await makePremises(dir);
  first = await new EdgeMachine(dir, 'first').make();
  second = await new EdgeMachine(dir, 'second').make();
});
afterEach(async () => {
  for (const one of [first, second]) await one.end('SIGKILL');
  await removeFolder(dir);
});

const get = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

describe.skipIf(!isLitestreamThere())('with Litestream', () => {
  it('a second machine takes over what the first had sent; the first serves no more', async () => {
    const { adminPort: port } = await first.start();
    first.addClosed('lately', Date.now() - HOUR_MS);
    first.addClosed('long-ago', Date.now() - 30 * 24 * HOUR_MS);
    await untilSent(port);
    for (const name of globSync('**', { cwd: join(dir, 'replica') })) {
      expect([name, (await stat(join(dir, 'replica', name))).mode & 0o077]).toEqual([name, 0]);
    }
    const [tried, trial] = await second.command('promote', '--check');
    expect([tried, trial]).toEqual([0, expect.stringMatching(/Essai : rien n'a changé\. 1 retraits/)]);
    expect(globSync('**/*.sqlite', { cwd: join(second.folder, 'state') })).toEqual([]);
    await first.end('SIGKILL');
    const [code, said] = await second.command('promote');
    expect([code, said]).toEqual([0, expect.stringMatching(/prise n° 2[\s\S]*1 retraits des 7 derniers/)]);
    expect(second.count('regulators')).toBe(2);
    expect(second.count("accounts WHERE withdrawing = 1 AND regulator = 'lately'")).toBe(1);
    expect(second.count('accounts WHERE withdrawing = 1')).toBe(1);
    for (const name of globSync('**', { cwd: join(second.folder, 'state') })) {
      expect([name, (await stat(join(second.folder, 'state', name))).mode & 0o077]).toEqual([name, 0]);
    }
    const [refused, why] = await first.command();
    expect([refused, why]).toEqual([3, expect.stringContaining('une autre machine a pris le relais')]);
    expect(first.count('regulators')).toBe(2);
    // It serves, and is replicated in its turn.
    const { adminPort: next } = await second.start();
    second.addClosed('since');
    await untilSent(next);
    await second.end('SIGTERM');
    expect(await first.command('promote')).toEqual([0, expect.stringMatching(/prise n° 3/)]);
    expect(first.count('regulators')).toBe(3);
    expect(globSync('before-restore-*/objects', { cwd: join(first.folder, 'state') })).toHaveLength(1);
    await first.start();
  });

  it('a machine that runs ends by itself once another has taken over', async () => {
    const { adminPort: port } = await first.start();
    first.addClosed('kept');
    await untilSent(port);
    expect((await second.command('promote'))[0]).toBe(0);
    expect(await first.ended()).toBe(3);
    expect(first.said.some((line) => line.includes('replica-superseded'))).toBe(true);
  });

  it('an edge that ends in order has sent all that was written', async () => {
    await first.start();
    for (let at = 0; at < 20; at += 1) first.addClosed(`r${at}`);
    await first.end('SIGTERM');
    await removeFolder(first.folder);
    expect((await second.command('promote'))[0]).toBe(0);
    expect(second.count('regulators')).toBe(20);
  });

  it("takes no replica that is another machine's, that has gone, or that others can read", async () => {
    await first.start();
    await first.end('SIGTERM');
    const [code, said] = await second.command();
    expect([code, said]).toEqual([3, expect.stringContaining('passerelle-edge promote')]);
    expect(await first.command('promote')).toEqual([1, expect.stringContaining('est déjà celle qui sert')]);
    const [there, away] = [join(dir, 'replica'), join(dir, 'away')];
    await rename(there, away);
    expect(await first.command()).toEqual([1, expect.stringContaining('ne peut pas être lu (ENOENT)')]);
    await mkdir(there, { mode: 0o700 });
    expect(await first.command()).toEqual([1, expect.stringContaining('est-elle bien montée')]);
    expect(await second.command('promote')).toEqual([1, expect.stringContaining("n'a aucune base")]);
    await chmod(there, 0o755);
    expect(await first.command()).toEqual([1, expect.stringContaining('chmod 700')]);
  });

  it('takes over from the epoch before when the last one had sent nothing', async () => {
    const { adminPort: port } = await first.start();
    first.addClosed('kept');
    await untilSent(port);
    await first.end('SIGKILL');
    expect((await second.command('promote'))[0]).toBe(0);
    await removeFolder(join(second.folder, 'state'));
    const [code, said] = await second.command('promote');
    expect([code, said]).toEqual([0, expect.stringMatching(/prise n° 1, lue[\s\S]*prise n° 3/)]);
    expect(second.count('regulators')).toBe(1);
  });

  it('begins Litestream again when it ends, and says when the replica is behind and when it is not any more', async () => {
    const { adminPort: port } = await first.start();
    const { pid } = await first.line('replica-started');
    process.kill(Number(pid), 'SIGKILL');
    const from = first.said.length;
    await first.line('replica-started', from);
    first.addClosed('one');
    await untilSent(port);
    // A place that takes nothing, though its owner be root: a file where a folder was.
    const [epoch = ''] = globSync('epoch-*', { cwd: join(dir, 'replica') });
    const place = join(dir, 'replica', epoch);
    await rename(place, join(dir, 'away'));
    await writeFile(place, '');
    first.addClosed('two');
    expect(await first.line('replica-behind')).toMatchObject({ level: 'error' });
    expect(await get(port, '/healthz')).toMatch(/^ok\nbehind: replica \w+\n/);
    expect(Math.max(...(await behindSeconds(port)))).toBeGreaterThan(3);
    await rename(place, join(dir, 'file'));
    await rename(join(dir, 'away'), place);
    await first.line('replica-current');
    await untilSent(port);
    await until('it is well', async () => (await get(port, '/healthz')).startsWith('ok\npasserelle-edge'));
    await first.end('SIGKILL');
    expect((await second.command('promote'))[0]).toBe(0);
    expect(second.count('regulators')).toBe(2);
  });

  it('takes a program of another series for none', async () => {
    const other = join(dir, 'other');
    await writeFile(other, '#!/bin/sh\necho v0.5.9\n', { mode: 0o755 });
    const third = await new EdgeMachine(dir, 'third').make({ replica: { litestream: other } });
    expect(await third.command()).toEqual([1, expect.stringContaining('litestream 0.3 est attendu')]);
  });
});

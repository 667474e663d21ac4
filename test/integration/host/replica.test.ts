// An edge that is replicated, and a second machine that takes over by `passerelle-edge promote`, as an operator calls them: the
// real programs, the real Litestream, a folder as the place of the replica.

import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { findLitestream } from '../../../host/replica/litestream.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { builtWorker } from '../../support/scenes/built-edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');
const JWKS = { keys: [] };
const SETTINGS = {
  ...{ RELAY_JWKS: JWKS, AUTH_JWKS: JWKS, AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'x' },
  SCHEDULE_S: '3600',
};
const HOUR_MS = 3_600_000;

function isLitestreamThere(): boolean {
  try {
    return findLitestream() !== '';
  } catch {
    return false;
  }
}

/** One machine: its settings file, its state folder, what its program said. */
class Machine {
  readonly folder: string;
  readonly said: string[] = [];
  child: ChildProcess | undefined;

  constructor(name: string) {
    this.folder = join(dir, name);
  }

  async make(over: Record<string, unknown> = {}): Promise<this> {
    await mkdir(this.folder, { mode: 0o700 });
    const replica = { folder: join(dir, 'replica'), behindS: 3, ...over };
    const config = {
      ...{ listen: { port: 0 }, admin: { port: 0 }, stateFolder: 'state', settings: SETTINGS },
      replica,
    };
    await writeFile(join(this.folder, 'edge.json'), JSON.stringify(config));
    return this;
  }

  run(...args: string[]): ChildProcess {
    const common = ['--config', join(this.folder, 'edge.json'), '--release', join(dir, 'release')];
    const child = spawn(process.execPath, [PROGRAM, ...args, ...common], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: dir },
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => this.said.push(line));
    return child;
  }

  /** A command that ends by itself: its code and what it said. */
  async command(...args: string[]): Promise<readonly [number | null, string]> {
    const from = this.said.length;
    const child = this.run(...args);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return [code, this.said.slice(from).join('\n')];
  }

  /** @returns the port for operators. */
  async start(): Promise<number> {
    const from = this.said.length;
    const child = this.run();
    const ready = await until('the edge', () => {
      if (child.exitCode !== null) throw new Error(this.said.join('\n'));
      return this.said.slice(from).find((line) => line.includes('host-ready'));
    });
    return (JSON.parse(ready) as { adminPort: number }).adminPort;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const gone = this.ended();
    this.child?.kill(signal);
    await gone;
  }

  async ended(): Promise<number | null> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    return new Promise((resolve) => child.once('exit', resolve));
  }

  /** Of the event that is said next, `from` lines on. */
  line(event: string, from = 0): Promise<Record<string, unknown>> {
    return until(event, () => {
      const found = this.said.slice(from).find((one) => one.includes(`"${event}"`));
      return found === undefined ? undefined : (JSON.parse(found) as Record<string, unknown>);
    });
  }

  file(name: string): string {
    return join(this.folder, 'state/databases', `${name}.sqlite`);
  }

  ask<T>(name: string, work: (db: DatabaseSync) => T): T {
    const db = new DatabaseSync(this.file(name), { timeout: 5_000 });
    try {
      return work(db);
    } finally {
      db.close();
    }
  }

  count(what: string): number {
    return this.ask('core', (db) => Number(db.prepare(`SELECT COUNT(*) AS n FROM ${what}`).get()?.n));
  }

  /** A regulator whose right has ended, closed at a vendor. */
  addClosed(id: string, endedMs = Date.now()): void {
    this.ask('core', (db) => {
      db.prepare(
        `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp, updated_ms,
           withdrawn_ms) VALUES (?1, 'urn:x', ?1, 0, 'Imaginaire', 'Camille', 'c@regulation.example', '[]', 1, 'h', 's', ?2, ?2)`,
      ).run(id, endedMs);
      db.prepare(
        `INSERT INTO accounts (regulator, editor, revision, open, withdrawing, attempts, confirmed_hash, confirmed_active)
         VALUES (?1, 'agenda-a', 1, 0, 0, 0, 'h', 0)`,
      ).run(id);
    });
  }
}

let dir: string;
let first: Machine;
let second: Machine;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
  await mkdir(join(dir, 'replica'), { mode: 0o700 });
  first = await new Machine('first').make();
  second = await new Machine('second').make();
});
afterEach(async () => {
  for (const one of [first, second]) await one.end('SIGKILL');
  await removeFolder(dir);
});

const get = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

/** What the port for operators says of the replica, in seconds. */
async function behind(port: number): Promise<number[]> {
  const found = (await get(port, '/metrics')).matchAll(/^host_replica_behind_seconds\{.*\} (\S+)$/gm);
  return [...found].map(([, value]) => Number(value));
}

/** Until all that was written before it is in the replica. */
async function sent(port: number): Promise<void> {
  const fromMs = performance.now();
  await until('the replica to have it', async () => {
    const askedMs = performance.now();
    const seconds = await behind(port);
    return seconds.length === 2 && Math.max(...seconds) * 1_000 < askedMs - fromMs;
  });
}

describe.skipIf(!isLitestreamThere())('with Litestream', () => {
  it('a second machine takes over what the first had sent; the first serves no more', async () => {
    const port = await first.start();
    first.addClosed('lately', Date.now() - HOUR_MS);
    first.addClosed('long-ago', Date.now() - 30 * 24 * HOUR_MS);
    await sent(port);
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
    const next = await second.start();
    second.addClosed('since');
    await sent(next);
    await second.end('SIGTERM');
    expect(await first.command('promote')).toEqual([0, expect.stringMatching(/prise n° 3/)]);
    expect(first.count('regulators')).toBe(3);
    expect(globSync('before-restore-*/objects', { cwd: join(first.folder, 'state') })).toHaveLength(1);
    await first.start();
  });

  it('a machine that runs ends by itself once another has taken over', async () => {
    const port = await first.start();
    first.addClosed('kept');
    await sent(port);
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
    const port = await first.start();
    first.addClosed('kept');
    await sent(port);
    await first.end('SIGKILL');
    expect((await second.command('promote'))[0]).toBe(0);
    await removeFolder(join(second.folder, 'state'));
    const [code, said] = await second.command('promote');
    expect([code, said]).toEqual([0, expect.stringMatching(/prise n° 1, lue[\s\S]*prise n° 3/)]);
    expect(second.count('regulators')).toBe(1);
  });

  it('begins Litestream again when it ends, and says when the replica is behind and when it is not any more', async () => {
    const port = await first.start();
    const { pid } = await first.line('replica-started');
    process.kill(Number(pid), 'SIGKILL');
    const from = first.said.length;
    await first.line('replica-started', from);
    first.addClosed('one');
    await sent(port);
    // A place that takes nothing, though its owner be root: a file where a folder was.
    const [epoch = ''] = globSync('epoch-*', { cwd: join(dir, 'replica') });
    const place = join(dir, 'replica', epoch);
    await rename(place, join(dir, 'away'));
    await writeFile(place, '');
    first.addClosed('two');
    expect(await first.line('replica-behind')).toMatchObject({ level: 'error' });
    expect(await get(port, '/healthz')).toMatch(/^ok\nbehind: replica \w+\n/);
    expect(Math.max(...(await behind(port)))).toBeGreaterThan(3);
    await rename(place, join(dir, 'file'));
    await rename(join(dir, 'away'), place);
    await first.line('replica-current');
    await sent(port);
    await until('it is well', async () => (await get(port, '/healthz')).startsWith('ok\npasserelle-edge'));
    await first.end('SIGKILL');
    expect((await second.command('promote'))[0]).toBe(0);
    expect(second.count('regulators')).toBe(2);
  });

  it('takes a program of another series for none', async () => {
    const other = join(dir, 'other');
    await writeFile(other, '#!/bin/sh\necho v0.5.9\n', { mode: 0o755 });
    const third = await new Machine('third').make({ litestream: other });
    expect(await third.command()).toEqual([1, expect.stringContaining('litestream 0.3 est attendu')]);
  });
});

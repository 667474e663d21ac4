// One machine with an edge of its own, as an operator has it: a settings file, a state folder, the program passerelle-edge. Several
// share a release, and the folder of a replica.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { findLitestream } from '../../../host/replica/litestream.ts';
import { readLines } from '../../../host/runtime/read-lines.ts';
import { until } from '../wait/until.ts';
import { builtWorker } from './built/edge.ts';

const PROGRAM = join(import.meta.dirname, '../../../host/main.ts');
const JWKS = { keys: [] };
/** Nothing runs by the clock. */
const SETTINGS = {
  ...{ RELAY_JWKS: JWKS, AUTH_JWKS: JWKS, AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'x' },
  SCHEDULE_S: '3600',
};

export function isLitestreamThere(): boolean {
  try {
    return findLitestream() !== '';
  } catch {
    return false;
  }
}

/** The release that the machines run, and the empty folder of their replica. */
export async function makePremises(dir: string): Promise<void> {
  await mkdir(join(dir, 'release/worker'), { recursive: true });
  await writeFile(join(dir, 'release/worker/index.js'), await builtWorker());
  await symlink(MIGRATIONS, join(dir, 'release/migrations'));
  await mkdir(join(dir, 'replica'), { mode: 0o700 });
}

export interface MachineOptions {
  /** Over the field `replica`. */
  readonly replica?: Readonly<Record<string, unknown>>;
  /** Over the settings of the edge. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False: no replica. */
  readonly isReplicated?: boolean;
}

export interface Ready {
  readonly port: number;
  readonly adminPort: number;
}

export class EdgeMachine {
  readonly folder: string;
  readonly said: string[] = [];
  readonly #dir: string;
  child: ChildProcess | undefined;

  constructor(dir: string, name: string) {
    this.#dir = dir;
    this.folder = join(dir, name);
  }

  async make(options: MachineOptions = {}): Promise<this> {
    await mkdir(this.folder, { mode: 0o700 });
    await this.configure(0, options);
    return this;
  }

  /** `port`: of the edge; 0 takes a free one. */
  async configure(port: number, { replica, settings, isReplicated = true }: MachineOptions): Promise<void> {
    const config = {
      ...{ listen: { port }, admin: { port: 0 }, stateFolder: 'state' },
      settings: { ...SETTINGS, ...settings },
      ...(isReplicated && { replica: { folder: join(this.#dir, 'replica'), behindS: 3, ...replica } }),
    };
    await writeFile(join(this.folder, 'edge.json'), JSON.stringify(config), { mode: 0o600 });
  }

  /** Its processes are a group of their own. */
  run(...args: string[]): ChildProcess {
    const common = ['--config', join(this.folder, 'edge.json'), '--release', join(this.#dir, 'release')];
    const child = spawn(process.execPath, [PROGRAM, ...args, ...common], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.#dir },
      detached: true,
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

  /** Resolves when it serves. */
  async start(...args: string[]): Promise<Ready> {
    const from = this.said.length;
    const child = this.run(...args);
    const ready = await until('the edge', () => {
      if (child.exitCode !== null) throw new Error(this.said.join('\n'));
      return this.said.slice(from).find((line) => line.includes('host-ready'));
    });
    return JSON.parse(ready) as Ready;
  }

  /** SIGKILL is for the whole group: nobody is told anything. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const gone = this.ended();
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (signal === 'SIGKILL') process.kill(-child.pid, signal);
    else child.kill(signal);
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

  /** Rows of the core database. */
  count(what: string): number {
    return this.ask('core', (db) => Number(db.prepare(`SELECT COUNT(*) AS n FROM ${what}`).get()?.n));
  }

  /** A regulator whose right has ended, closed at a vendor: the core database counts two acknowledged writes. */
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

/** Of a running edge's port for operators: by how many seconds each database's replica is behind. */
export async function behindSeconds(adminPort: number): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const found = text.matchAll(/^host_replica_behind_seconds\{.*\} (\S+)$/gm);
  return [...found].map(([, value]) => Number(value));
}

/** Until all that was written before it is in the replica. */
export async function untilSent(adminPort: number): Promise<void> {
  const fromMs = performance.now();
  await until('the replica to have it', async () => {
    const askedMs = performance.now();
    const seconds = await behindSeconds(adminPort);
    return seconds.length === 2 && Math.max(...seconds) * 1_000 < askedMs - fromMs;
  });
}

// Litestream, the program that copies databases to the replica as they are written and brings them back: found, judged by its
// version, run. Series 0.3 alone: 0.5 reads no replica of 0.3. docs/decisions/0020-litestream.md.

import type { ChildProcess } from 'node:child_process';
import { rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ReplicaConfig } from '../config/read-replica.ts';
import { spawnGuarded } from '../runtime/guarded-process.ts';
import { readLines } from '../runtime/read-lines.ts';
import { litestreamConfig, litestreamSecrets, nameOf, type Replicated } from './litestream-config.ts';

const SERIES = /^v?0\.3\./;
const PACKAGE_FILE = '@flydotio/litestream-linux-x64/litestream';
/** Of what the program said, for whoever is told that it failed. */
const SAID_LENGTH_MAX = 300;

/** The program of the npm package. @throws Error with a French sentence when it is not installed. */
export function findLitestream(): string {
  try {
    return createRequire(import.meta.url).resolve(PACKAGE_FILE);
  } catch (cause) {
    const text =
      "le programme litestream n'est pas installé ici : le champ replica.litestream des réglages dit où il est";
    throw new Error(text, { cause });
  }
}

export class Litestream {
  readonly #program: string;
  readonly #config: ReplicaConfig;
  readonly #folder: string;

  private constructor(program: string, config: ReplicaConfig, folder: string) {
    this.#program = program;
    this.#config = config;
    this.#folder = folder;
  }

  /**
   * `folder`: its owner's alone, for configurations. @throws Error with a French sentence when the program is none of its
   * series, or the replica's folder is not there, or others can read it.
   */
  static async open(config: ReplicaConfig, folder: string): Promise<Litestream> {
    const litestream = new Litestream(config.litestream ?? findLitestream(), config, folder);
    const { code, said } = await litestream.#run(['version'], VERSION_MS);
    if (code !== 0) throw new Error(`le programme litestream ne démarre pas : ${said}`);
    if (!SERIES.test(said)) throw new Error(`litestream 0.3 est attendu, ceci est ${said}`);
    if (config.place.kind === 'folder') await judgeFolder(config.place.folder);
    return litestream;
  }

  /** By what the place is known. */
  get placeName(): string {
    return nameOf(this.#config.place);
  }

  /** Brings a database back into `file`, which is replaced. @returns false when there is none. @throws Error with a French sentence. */
  async restore(from: string, file: string, limitMs?: number): Promise<boolean> {
    const config = await this.#write('restore.json', [{ file, to: from }]);
    for (const suffix of LEFT_BY_RESTORE) await rm(file + suffix, { force: true });
    const args = ['restore', '-no-expand-env', '-config', config, '-if-replica-exists', file];
    const { code, said } = await this.#run(args, limitMs);
    for (const suffix of LEFT_BY_RESTORE.slice(1)) await rm(file + suffix, { force: true });
    if (code !== 0) throw new Error(`la réplique ${this.placeName} ne se lit pas : ${said}`);
    return stat(file).then(
      () => true,
      () => false,
    );
  }

  /** Begins to send what is written, until it is told to end. Its metrics are at `metricsPort` of loopback. */
  async replicate(databases: readonly Replicated[], metricsPort?: number): Promise<ChildProcess> {
    const config = await this.#write('replicate.json', databases, metricsPort);
    return this.#spawn(['replicate', '-no-expand-env', '-config', config]);
  }

  async #write(name: string, databases: readonly Replicated[], metricsPort?: number): Promise<string> {
    const { place, retentionHours } = this.#config;
    const port = metricsPort === undefined ? {} : { metricsPort };
    const file = join(this.#folder, name);
    await writeFile(file, litestreamConfig({ place, databases, retentionHours, ...port }), { mode: 0o600 });
    return file;
  }

  #spawn(args: readonly string[]): ChildProcess {
    return spawnGuarded(this.#program, args, litestreamSecrets(this.#config.place));
  }

  #run(args: readonly string[], limitMs?: number): Promise<{ readonly code: number; readonly said: string }> {
    const child = this.#spawn(args);
    const timer = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
    let last = '';
    for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => (last = wordsOf(line)));
    return new Promise((resolve) => {
      const end = (code: number, said: string): void => {
        clearTimeout(timer);
        resolve({ code, said });
      };
      child.once('error', ({ message }) => end(1, message));
      child.once('close', (code, signal) =>
        end(code ?? 1, signal === null ? last : `pas de réponse (${signal})`),
      );
    });
  }
}

const VERSION_MS = 30_000;
/** The file itself first. */
const LEFT_BY_RESTORE = ['', '.tmp', '.tmp-shm', '.tmp-wal'];

/** What a line of Litestream's log says, without its time. */
export function wordsOf(line: string): string {
  let said = line;
  try {
    const { msg, error } = JSON.parse(line) as { readonly msg?: string; readonly error?: string };
    said = [msg, error].filter(Boolean).join(' : ');
  } catch {
    // What is no JSON is said as it is.
  }
  return said.slice(0, SAID_LENGTH_MAX);
}

/** An absent folder may be a disk that is not mounted: a new one in its place would hide the replica. */
async function judgeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`le dossier de la réplique, ${folder}, ne peut pas être lu (${code})`);
  });
  if (!found.isDirectory()) throw new Error(`la réplique, ${folder}, n'est pas un dossier`);
  if ((found.mode & 0o077) !== 0) {
    throw new Error(
      `d'autres comptes peuvent lire la réplique, ${folder} : chmod 700 la réserve à son propriétaire`,
    );
  }
}

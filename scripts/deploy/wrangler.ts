// Cloudflare's own tool, called as a process: what it says of itself is read from its JSON, never from its sentences for
// people, but for one: a Worker that is not there yet. https://developers.cloudflare.com/workers/wrangler/commands/

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of what it wrote last, when it fails. */
const SAID_CHARACTERS_MAX = 2_000;

/** One line of the file that WRANGLER_OUTPUT_FILE_PATH names. */
interface Entry {
  readonly type: string;
  readonly version_id?: string;
}

export class WranglerFailure extends Error {}

export class Wrangler {
  readonly #command: readonly string[];
  readonly #folder: string;
  #runs = 0;

  /** `command`: program and first words. `folder`: where it runs and keeps notes; the configuration it reads lies there. */
  constructor(command: readonly string[], folder: string) {
    this.#command = command;
    this.#folder = folder;
  }

  /** @returns its standard output. @throws WranglerFailure with its last words. */
  async run(...args: readonly string[]): Promise<string> {
    return (await this.#run(args)).stdout;
  }

  /** What a command prints as JSON. @throws WranglerFailure also when it prints none. */
  async read(...args: readonly string[]): Promise<unknown> {
    const { stdout } = await this.#run(args);
    try {
      return JSON.parse(stdout.slice(Math.max(0, stdout.search(/^[[{]/m)))) as unknown;
    } catch (cause) {
      throw new WranglerFailure(`wrangler ${args.join(' ')} n'a pas répondu en JSON`, { cause });
    }
  }

  /** A command that makes a version of the Worker. @returns the version's id. @throws WranglerFailure. */
  async make(...args: readonly string[]): Promise<string> {
    const { entries } = await this.#run(args);
    const id = entries.findLast((one) => one.version_id !== undefined)?.version_id;
    if (id === undefined) throw new WranglerFailure(`wrangler ${args.join(' ')} n'a nommé aucune version`);
    return id;
  }

  async #run(args: readonly string[]): Promise<{ stdout: string; entries: readonly Entry[] }> {
    const [program = '', ...first] = this.#command;
    this.#runs += 1;
    const notes = join(this.#folder, `wrangler-${this.#runs}.ndjson`);
    console.log(`$ wrangler ${args.join(' ')}`);
    const child = spawn(program, [...first, ...args], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true', WRANGLER_OUTPUT_FILE_PATH: notes },
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        said[name] += text;
      });
    }
    const code = await new Promise<number | null>((done, reject) => {
      child.once('error', (cause) =>
        reject(new WranglerFailure(`wrangler ne démarre pas : ${cause.message}`)),
      );
      child.once('close', done);
    });
    if (code !== 0) {
      const words = `${said.stdout}\n${said.stderr}`.trim().slice(-SAID_CHARACTERS_MAX);
      throw new WranglerFailure(`wrangler ${args.join(' ')} a échoué :\n${words}`);
    }
    const entries = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [];
    return {
      stdout: said.stdout,
      entries: entries.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry),
    };
  }
}

/** `file`: what the operator named. Else the one of this tree or folder, else npx fetches the version that the release names. */
export function findWrangler(file: string | undefined, version: string): readonly string[] {
  const places = [process.cwd(), join(import.meta.dirname, '../..'), join(import.meta.dirname, '..')];
  const installed = places
    .map((place) => join(place, 'node_modules/wrangler'))
    .find((folder) => existsSync(folder) && versionOf(folder) === version);
  if (file !== undefined) return [process.execPath, file];
  if (installed !== undefined) return [process.execPath, join(installed, 'bin/wrangler.js')];
  return ['npx', '--yes', `wrangler@${version}`];
}

function versionOf(folder: string): string | undefined {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }).version;
}

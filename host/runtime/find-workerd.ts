// The program workerd: where it is, and that it runs on this machine, asked before anything is started with it.

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

/** Only a program that hangs takes so long to say its version. */
const VERSION_MS = 30_000;

/**
 * @param configured Path, of the settings file; undefined: that of the npm package workerd, installed beside this program.
 * @throws Error with a French sentence when there is none, or it does not run here.
 */
export function findWorkerd(configured?: string): string {
  const program = configured ?? installed();
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore', timeout: VERSION_MS });
  } catch (cause) {
    const { code, status, signal } = cause as NodeJS.ErrnoException & {
      readonly status?: number;
      readonly signal?: string;
    };
    throw new Error(`le programme workerd ne tourne pas ici : ${program} (${code ?? signal ?? status})`, {
      cause,
    });
  }
  return program;
}

function installed(): string {
  try {
    return (createRequire(import.meta.url)('workerd') as { default: string }).default;
  } catch (cause) {
    throw new Error(
      "le programme workerd n'est pas installé ici : le champ workerd des réglages dit où il est",
      { cause },
    );
  }
}

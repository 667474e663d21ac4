// The settings of `npm run edge -- --env-file F`: the local ones, and those of the file over them. A file that says who
// issues tokens speaks of no local edge: then nobody enters by what is local (issuer, front user, front keys).

import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { nearestOf } from '../../../shared/command-line.ts';
import { SETTING_NAMES } from '../../../worker/base/settings.ts';

export type Settings = Readonly<Record<string, string>>;

/** What lets somebody in on a local edge; see docs/decisions/0014-commands.md. */
const LOCAL_ENTRANCE = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS', 'FRONT_KEYS', 'FRONT_USERS'];

export interface EnvFile {
  readonly settings: Settings;
  /** French sentences: names that the edge does not read. */
  readonly problems: readonly string[];
}

/** @throws what `readFile` throws. */
export async function readEnvFile(file: string): Promise<EnvFile> {
  const entries = Object.entries(parseEnv(await readFile(file, 'utf8')));
  const problems = entries
    .filter(([name]) => !SETTING_NAMES.includes(name))
    .map(([name]) => {
      const nearest = nearestOf(name, SETTING_NAMES);
      return `${file} : ${name} est un réglage inconnu${nearest === undefined ? '.' : ` ; vouliez-vous dire ${nearest} ?`}`;
    });
  const settings = Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
  return { settings, problems };
}

export function mergeSettings(local: Settings, file: Settings): Settings {
  const hasOwnIssuer = Object.keys(file).some((name) => name.startsWith('AUTH_'));
  const kept = Object.entries(local).filter(([name]) => !(hasOwnIssuer && LOCAL_ENTRANCE.includes(name)));
  return { ...Object.fromEntries(kept), ...file };
}

/** For the log: which settings are in force, and whence. By name, never by value. */
export function nameSettings(
  local: Settings,
  file: Settings,
): { readonly file: string[]; readonly local: string[] } {
  const names = Object.keys(mergeSettings(local, file));
  return {
    file: names.filter((name) => Object.hasOwn(file, name)),
    local: names.filter((name) => !Object.hasOwn(file, name)),
  };
}

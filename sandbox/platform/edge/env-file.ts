// The settings of `npm run edge -- --env-file F`: the local ones, and those of the file over them. A file that says who
// issues tokens speaks of no local edge: then nobody enters by what is local (issuer, front user, front keys, console).

import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { nearestOf } from '../../../shared/command-line.ts';
import { SETTING_NAMES } from '../../../worker/base/settings.ts';

export type Settings = Readonly<Record<string, string>>;

/** What lets somebody in on a local edge; see docs/decisions/0014-commands.md. */
const LOCAL_ENTRANCE = [
  ...['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS', 'FRONT_KEYS', 'FRONT_USERS'],
  ...['CONSOLE_LINKS', 'CONSOLE_ENVIRONMENT'],
];

export interface EnvFile {
  readonly settings: Settings;
  /** French sentences: lines that say nothing, names that the edge does not read. */
  readonly problems: readonly string[];
}

/** Blank, a remark, or NOM=valeur with a value that quotes may hold together over lines. */
const LINE =
  /^[^\S\n]*(?:#[^\n]*|(?:export[^\S\n]+)?\w+[^\S\n]*=[^\S\n]*(?:"[^"]*"|'[^']*'|`[^`]*`|[^\n]*?)[^\S\n]*(?:#[^\n]*)?)?$/gm;
/** What is written otherwise may be a line of a key, given by mistake: it is not repeated. */
const NAME = /^(?:[A-Z][A-Z0-9_]{0,39}|[a-z][a-z0-9_]{0,39})$/;

/** @throws what `readFile` throws. */
export async function readEnvFile(file: string): Promise<EnvFile> {
  const text = (await readFile(file, 'utf8')).replace(/^\ufeff/, '');
  const entries = Object.entries(parseEnv(text));
  const left = text.replace(LINE, (line) => line.replace(/[^\n]/g, ''));
  // The parser passes over what it cannot read: `AUTH_ISSUER: x` would leave the local issuer in force.
  const lost = left.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
  const problems = lost
    .slice(0, 1)
    .map((number) => `${file} : la ligne ${number} n'est pas de la forme NOM=valeur.`);
  for (const [name] of entries.filter(([name]) => !SETTING_NAMES.includes(name))) {
    const nearest = nearestOf(name, SETTING_NAMES);
    const what = NAME.test(name) ? name : 'un nom illisible';
    problems.push(
      `${file} : ${what} est un réglage inconnu${nearest === undefined ? '.' : ` ; vouliez-vous dire ${nearest} ?`}`,
    );
  }
  const settings = Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
  return { settings, problems: [...new Set(problems)] };
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

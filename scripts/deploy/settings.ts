// Are all settings there that the edge needs, before anything is changed? Values that we have are held against the edge's own
// schema; of secrets that the platform keeps we see the names. Problems are told by name, never by value.

import { statSync } from 'node:fs';
import { readEnvFile } from '../../sandbox/platform/edge/env-file.ts';
import { findSettingProblems } from '../../worker/base/settings.ts';

type Settings = Readonly<Record<string, string>>;

/** Who has one of these signs in or signs tokens: they are kept as secrets, not as variables that the dashboard shows. */
const SECRET_NAMES = ['FRONT_KEYS', 'FRONT_USERS', 'FRONT_BASIC'];
/** They hold for a local edge only. */
const LOCAL_NAMES = ['LOCAL_HOSTS'];

export interface Given {
  readonly settings: Settings;
  readonly secrets: Settings;
  readonly problems: readonly string[];
}

/** @throws what the disk does. */
export async function readGiven(settingsFile?: string, secretsFile?: string): Promise<Given> {
  const files = await Promise.all(
    [settingsFile, secretsFile].map((file) =>
      file === undefined ? { settings: {}, problems: [] } : readEnvFile(file),
    ),
  );
  const [{ settings = {}, problems = [] } = {}, secrets] = files;
  const isOpen = secretsFile !== undefined && (statSync(secretsFile).mode & 0o077) !== 0;
  return {
    settings,
    secrets: secrets?.settings ?? {},
    problems: [
      ...problems,
      ...(secrets?.problems ?? []),
      ...(isOpen ? [`${secretsFile} : d'autres comptes peuvent le lire (chmod 600 ${secretsFile}).`] : []),
      ...Object.keys(settings).flatMap((name) =>
        SECRET_NAMES.includes(name) ? [`${name} est un secret : sa place est dans --secrets.`] : [],
      ),
      ...Object.keys(settings).flatMap((name) =>
        LOCAL_NAMES.includes(name) ? [`${name} ne vaut que pour un accès local.`] : [],
      ),
    ],
  };
}

export interface Known {
  /** The environment's own and the operator's. */
  readonly vars: Settings;
  /** That are sent along. */
  readonly secrets: Settings;
  /** Names that the platform keeps; undefined when it was not asked. */
  readonly kept: readonly string[] | undefined;
}

export interface Judged {
  /** Nothing may be changed before these are mended. */
  readonly problems: readonly string[];
  /** Not seen here; the platform may keep them. Empty when it was asked. */
  readonly unseen: readonly string[];
}

export function judgeSettings({ vars, secrets, kept }: Known): Judged {
  const hidden = (kept ?? []).filter((name) => secrets[name] === undefined);
  const both = Object.keys(vars).filter((name) => secrets[name] !== undefined || hidden.includes(name));
  const stood = Object.fromEntries(hidden.map((name) => [name, standIn(name)]));
  const told = findSettingProblems({ ...stood, ...vars, ...secrets }).filter(
    (problem) => !hidden.includes(problem.split(' ', 1)[0] ?? ''),
  );
  if (vars.PUBLIC_URL === undefined) told.push('PUBLIC_URL is missing');
  const isAbsent = (problem: string): boolean => /is missing$|is needed$|Expected/.test(problem);
  return {
    problems: [
      ...both.map((name) => `${name} est à la fois un secret et une variable.`),
      ...told.filter((problem) => kept !== undefined || !isAbsent(problem)),
    ],
    unseen: kept === undefined ? told.filter(isAbsent) : [],
  };
}

/** In place of a value that only the platform sees. */
function standIn(name: string): string {
  return name.endsWith('_URL') ? 'https://secret.invalid' : '{"keys":[]}';
}

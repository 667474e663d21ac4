// Reads and checks everything that the host is told: its file, the files that it names, and the variables of its environment
// that are settings. All problems are told together, by field and never by value.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { readPrivateFile } from '../../relay/base/private-file.ts';
import { nearestOf } from '../../shared/command-line.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { findSettingProblems, SETTING_NAMES } from '../../worker/base/settings.ts';
import type { EdgeSettings } from '../edge-host.ts';
import { type HostFile, hostFile } from './config-schema.ts';
import { ownSettings } from './own-settings.ts';
import { type ReplicaConfig, readReplica } from './read-replica.ts';

/** Checked, with every path absolute. */
export interface HostConfig {
  readonly listen: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number };
  readonly stateFolder: string;
  readonly exportFolder: string | undefined;
  /** Undefined: the databases are not replicated. */
  readonly replica: ReplicaConfig | undefined;
  readonly workerd: string | undefined;
  /** DATABASE_MB_MAX, in bytes. */
  readonly databaseBytesMax: number;
  /** ACCOUNT_RESTORE_DAYS. */
  readonly restoreDays: number;
  readonly settings: EdgeSettings;
}

/** `dated`: past its time, which keeps nobody from starting. */
export interface ConfigProblem {
  readonly field: string;
  readonly text: string;
  readonly dated?: boolean;
}

/** The variable of a setting in the host's environment. */
const PREFIX = 'PASSERELLE_';
const SECRETS = ['FRONT_KEYS', 'FRONT_USERS', 'FRONT_BASIC'];
/** The host says them itself (own-settings.ts). */
const OWN = ['JURISDICTION', 'LOCAL_HOSTS'];
const DATABASE_MB_MAX = 10_000;
const ACCOUNT_RESTORE_DAYS = 7;

/**
 * `file` is absolute. `environment`: the process's own. `serves` false: for a command on the databases alone, which needs none of the
 * secrets and may be called where they are not (`LoadCredential`); settings are not judged.
 */
export function readHostConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  serves = true,
): Result<
  { readonly config: HostConfig; readonly dated: readonly ConfigProblem[] },
  readonly ConfigProblem[]
> {
  const parsed = parse(file);
  if (!parsed.ok) return parsed;
  const { listen, admin, ...rest } = serves ? parsed.value : withoutSecrets(parsed.value);
  const problems: ConfigProblem[] = [];
  const at = (path: string): string => resolve(dirname(file), path);
  const read = (field: string, path: string | undefined, isSecret = false): string | undefined =>
    path === undefined ? undefined : readText(field, at(path), isSecret, problems);
  const secretsInside = SECRETS.filter((name) => Object.hasOwn(rest.settings, name));
  if (secretsInside.length > 0 && readPrivateFile(file).openness !== undefined) {
    problems.push({
      field: `settings.${secretsInside[0]}`,
      text: closeIt('ce fichier, qui contient un secret,'),
    });
  }
  const values: Record<string, string> = {
    ...readSettings(rest, environment, read, problems),
    ...ownSettings(listen.host),
  };
  if (serves && problems.length === 0) {
    for (const problem of findSettingProblems(values)) problems.push({ field: 'réglages', text: problem });
  }
  const cert = read('listen.tls.certFile', listen.tls?.certFile);
  const key = read('listen.tls.keyFile', listen.tls?.keyFile, true);
  if (cert !== undefined && key !== undefined) problems.push(...judgePair(cert, key));
  const authorities = read('issuerCaFile', rest.issuerCaFile);
  problems.push(...judgeListen(listen, values));
  const replica = rest.replica && readReplica(rest.replica, at, read);
  if (problems.some(({ dated }) => dated !== true)) return err(problems);
  const config: HostConfig = {
    listen: { host: listen.host, port: listen.port },
    admin,
    stateFolder: at(rest.stateFolder),
    exportFolder: rest.exportFolder === undefined ? undefined : at(rest.exportFolder),
    replica,
    workerd: rest.workerd === undefined ? undefined : at(rest.workerd),
    databaseBytesMax: Number(values.DATABASE_MB_MAX ?? DATABASE_MB_MAX) * 1_000_000,
    restoreDays: Number(values.ACCOUNT_RESTORE_DAYS ?? ACCOUNT_RESTORE_DAYS),
    settings: {
      values,
      tls: cert === undefined || key === undefined ? undefined : { certificateChain: cert, privateKey: key },
      authorities: authorities === undefined ? [] : [authorities],
    },
  };
  return ok({ config, dated: problems });
}

function parse(file: string): Result<HostFile, ConfigProblem[]> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const text = code === undefined ? "n'est pas du JSON" : `ne peut pas être lu (${code})`;
    return err([{ field: '--config', text }]);
  }
  const parsed = v.safeParse(hostFile, value);
  if (parsed.success) return ok(parsed.output);
  return err(
    parsed.issues.map((issue) => ({ field: v.getDotPath(issue) ?? 'le fichier', text: issue.message })),
  );
}

function withoutSecrets({ listen, issuerCaFile: _, ...rest }: HostFile): HostFile {
  return { ...rest, listen: { ...listen, tls: undefined, host: '127.0.0.1' }, settingFiles: {} };
}

/** Each setting from the one place that says it. */
function readSettings(
  { settings, settingFiles }: Pick<HostFile, 'settings' | 'settingFiles'>,
  environment: Readonly<Record<string, string | undefined>>,
  read: (field: string, path: string, isSecret: boolean) => string | undefined,
  problems: ConfigProblem[],
): Record<string, string> {
  const values: Record<string, string> = {};
  const take = (name: string, field: string, value: string | undefined): void => {
    const nearest = nearestOf(name, SETTING_NAMES);
    if (OWN.includes(name))
      problems.push({ field, text: "n'est pas à régler ici : le programme le sait lui-même" });
    else if (!SETTING_NAMES.includes(name)) {
      problems.push({
        field,
        text: `réglage inconnu${nearest === undefined ? '' : ` ; vouliez-vous dire ${nearest} ?`}`,
      });
    } else if (Object.hasOwn(values, name)) problems.push({ field, text: 'dit à deux endroits' });
    else if (value !== undefined) values[name] = value;
  };
  for (const [name, value] of Object.entries(settings)) {
    take(name, `settings.${name}`, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const [name, path] of Object.entries(settingFiles)) {
    const field = `settingFiles.${name}`;
    take(name, field, read(field, path, SECRETS.includes(name))?.trim());
  }
  for (const name of SETTING_NAMES) {
    const value = environment[PREFIX + name];
    if (value !== undefined) take(name, PREFIX + name, value);
  }
  return values;
}

function readText(
  field: string,
  path: string,
  isSecret: boolean,
  problems: ConfigProblem[],
): string | undefined {
  try {
    const { content, openness } = readPrivateFile(path);
    if (isSecret && openness !== undefined) problems.push({ field, text: closeIt('ce fichier') });
    return content.toString('utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'erreur inconnue';
    problems.push({ field, text: `ne peut pas être lu (${code})` });
    return undefined;
  }
}

const closeIt = (what: string): string =>
  `d'autres comptes que le sien peuvent lire ${what} : chmod 600 le réserve à son propriétaire`;

function judgePair(cert: string, key: string): ConfigProblem[] {
  const field = 'listen.tls.certFile';
  try {
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) {
      return [{ field: 'listen.tls.keyFile', text: "n'est pas la clé du certificat" }];
    }
    const nowMs = Date.now();
    if (nowMs > leaf.validToDate.getTime()) return [{ field, text: 'est passé de date', dated: true }];
    return nowMs < leaf.validFromDate.getTime()
      ? [{ field, text: "n'a pas encore commencé", dated: true }]
      : [];
  } catch {
    return [{ field, text: 'le certificat ou sa clé ne se lisent pas' }];
  }
}

/** Whoever can reach a port speaks to it: in clear only this machine, or a proxy; and only a proxy tells an address. */
function judgeListen(
  { host, tls, behindProxy }: HostFile['listen'],
  { CLIENT_ADDRESS_HEADER: header }: Readonly<Record<string, string>>,
): ConfigProblem[] {
  const isLocal = /^(127\.|::1$)/.test(host);
  const isTrusted = isLocal || behindProxy;
  const problems: ConfigProblem[] = [];
  if (!isTrusted && tls === undefined) {
    const text =
      "hors de la machine, il faut listen.tls, ou listen.behindProxy si un mandataire est seul à l'atteindre";
    problems.push({ field: 'listen.host', text });
  }
  if (!isTrusted && header !== undefined) {
    const text = "sans mandataire (listen.behindProxy), l'appelant écrit lui-même cet en-tête";
    problems.push({ field: 'CLIENT_ADDRESS_HEADER', text });
  }
  return problems;
}

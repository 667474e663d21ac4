// The relay's one settings file, read once and checked by one schema (config-schema.ts): every problem is named by its
// field and never by its value. An entry of a vendor that is wrong is set aside by its id, and the others stand. Paths
// are relative to the file.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import type { EditorFlow } from '../../shared/link/hub.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import {
  bookingHost,
  editor,
  FLOWS,
  type hubSante,
  type listen,
  SEARCHES,
  settings,
  text,
} from './config-schema.ts';
import type { Problem } from './problem.ts';

export type EditorConfig = Readonly<v.InferOutput<typeof editor>>;
type Common = Readonly<Omit<v.InferOutput<typeof settings>, 'editors'>>;

/** The settings, and beside them the entries of vendors that cannot be used as they are. */
export interface RelayConfig extends Common {
  readonly editors: readonly EditorConfig[];
  readonly broken: readonly BrokenEditor[];
}

/** An entry whose `id` is readable and not all of the rest: enough to say whose it is, and what is asked of him. */
export interface BrokenEditor {
  readonly id: string;
  /** Where it stands in the file's list. */
  readonly index: number;
  /** `id` when it is not readable. */
  readonly name: string;
  /** Those that are readable; every kind of search when none is. */
  readonly flows: readonly EditorFlow[];
  readonly redirectHosts: readonly string[];
  readonly problems: readonly Problem[];
}

export type ListenConfig = Readonly<v.InferOutput<typeof listen>>;
export type HubSanteConfig = Readonly<v.InferOutput<typeof hubSante>>;
export type InboundLimits = ListenConfig['limits'];

/** Reads and checks the file (`checkSettings`); the paths in the result are absolute and all of it is frozen. */
export function readConfig(file: string): Result<RelayConfig, readonly Problem[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const text = error instanceof SyntaxError ? "n'est pas du JSON lisible" : 'ne peut pas être lu';
    return err([{ field: 'config', text }]);
  }
  return checkSettings(parsed, dirname(resolve(file)));
}

/** Refuses the whole for whatever is wrong in it. */
export function checkConfig(input: unknown, dir: string): Result<RelayConfig, readonly Problem[]> {
  const checked = checkSettings(input, dir);
  const found = checked.ok ? checked.value.broken.flatMap(({ problems }) => problems) : [];
  return found.length > 0 ? err(found) : checked;
}

/** Refuses what concerns every vendor; the entry of one is only set aside. */
function checkSettings(input: unknown, dir: string): Result<RelayConfig, readonly Problem[]> {
  const checked = v.safeParse(settings, input);
  const problems = checked.success ? [] : checked.issues.map((issue) => describeIssue(issue));
  const { editors, broken, nameless } = sortEntries(entriesOf(input));
  problems.push(...nameless);
  if (!checked.success || problems.length > 0) {
    return err([...problems, ...broken.flatMap((one) => one.problems)]);
  }
  return ok(freeze(resolvePaths({ ...checked.output, editors, broken }, dir)));
}

/** `editors[n]` of each sound entry, as it stands in the file. */
export function fieldsOf(
  editors: readonly EditorConfig[],
  broken: readonly BrokenEditor[],
): readonly string[] {
  const taken = new Set(broken.map(({ index }) => index));
  const all = Array.from({ length: editors.length + broken.length }, (_, index) => index);
  return all.filter((index) => !taken.has(index)).map((index) => `editors[${index}]`);
}

interface Entries {
  readonly editors: readonly EditorConfig[];
  readonly broken: readonly BrokenEditor[];
  /** Problems of entries that could be anybody's. */
  readonly nameless: readonly Problem[];
}

function entriesOf(input: unknown): readonly unknown[] {
  if (typeof input !== 'object' || input === null || !('editors' in input)) return [];
  return Array.isArray(input.editors) ? input.editors : [];
}

function sortEntries(entries: readonly unknown[]): Entries {
  const editors: EditorConfig[] = [];
  const broken: BrokenEditor[] = [];
  const nameless: Problem[] = [];
  const ids = entries.map((entry) => readPart(entry, 'id', editor.entries.id));
  for (const [index, entry] of entries.entries()) {
    const id = ids[index];
    const checked = v.safeParse(editor, entry);
    const found = checked.success
      ? []
      : checked.issues.map((issue) => describeIssue(issue, `editors[${index}]`));
    if (id !== undefined && ids.indexOf(id) !== ids.lastIndexOf(id)) {
      found.push({ field: `editors[${index}].id`, text: 'deux éditeurs portent le même id' });
    }
    if (checked.success && found.length === 0) editors.push(checked.output);
    else if (id === undefined) nameless.push(...found);
    else broken.push(setAside(id, index, entry, found));
  }
  return { editors, broken, nameless };
}

function setAside(id: string, index: number, entry: unknown, found: readonly Problem[]): BrokenEditor {
  const readable = readPart(entry, 'flows', v.array(v.unknown())) ?? [];
  const flows = FLOWS.filter((flow) => readable.includes(flow));
  return {
    id,
    index,
    name: readPart(entry, 'name', text) ?? id,
    flows: flows.length > 0 ? flows : SEARCHES,
    redirectHosts: readPart(entry, 'redirectHosts', v.array(bookingHost)) ?? [],
    problems: found.map((problem) => ({ ...problem, editor: id })),
  };
}

function readPart<T>(entry: unknown, name: string, schema: v.GenericSchema<unknown, T>): T | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const checked = v.safeParse(schema, Reflect.get(entry, name));
  return checked.success ? checked.output : undefined;
}

function describeIssue(issue: v.BaseIssue<unknown>, at = ''): Problem {
  let field = at;
  for (const { key } of issue.path ?? []) {
    field += typeof key === 'number' ? `[${key}]` : `${field === '' ? '' : '.'}${String(key)}`;
  }
  return { field: field === '' ? 'config' : field, text: issue.message };
}

type Files = 'certFile' | 'keyFile' | 'caFile' | 'crlFiles';

function resolvePaths(config: RelayConfig, dir: string): RelayConfig {
  const at = (file: string): string => resolve(dir, file);
  const withFiles = <T extends Pick<EditorConfig, Files>>(one: T): T => ({
    ...one,
    certFile: at(one.certFile),
    keyFile: at(one.keyFile),
    caFile: at(one.caFile),
    crlFiles: one.crlFiles.map(at),
  });
  const withClientFiles = <T extends Pick<EditorConfig, Files | 'clientCaFile'>>(one: T): T => ({
    ...withFiles(one),
    ...(one.clientCaFile !== undefined && { clientCaFile: at(one.clientCaFile) }),
  });
  return {
    ...config,
    edge: { ...config.edge, keyFile: at(config.edge.keyFile) },
    stateFolder: at(config.stateFolder),
    ...(config.listen && {
      listen: {
        ...withFiles(config.listen),
        ...(config.listen.serverCaFile !== undefined && { serverCaFile: at(config.listen.serverCaFile) }),
      },
    }),
    ...(config.hubSante && { hubSante: withClientFiles(config.hubSante) }),
    editors: config.editors.map(withClientFiles),
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}

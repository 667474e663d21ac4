// The relay's one settings file (docs/relay.md tells each field): read once,
// checked by one schema, every problem named by its field and never by its value. An entry of a vendor that is wrong
// is set aside by its id, and the others stand. Paths are relative to the file. config.schema.json says the same to
// editors of JSON; a test keeps the two together.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { EDITOR_ID_LENGTH_MAX } from '../../shared/limits.ts';
import type { EditorFlow } from '../../shared/link/hub.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { Problem } from './problem.ts';

const FLOWS = ['INT_R01', 'INT_R02', 'INT_R03', 'INT_R04', 'SOS'] as const satisfies readonly EditorFlow[];
const SEARCHES = ['INT_R01', 'INT_R04', 'SOS'] as const satisfies readonly EditorFlow[];
const ADMIN_PORT = 9090;
const CONCURRENCY = 8;
const CONCURRENCY_MAX = 256;
const QUEUE = 64;
const QUEUE_MAX = 4096;
const EDITORS_MAX = 200;
const DAY_MS = 86_400_000;

const text = v.pipe(
  v.string('un texte est attendu'),
  v.minLength(1, 'ne peut pas être vide'),
  v.maxLength(1024, 'plus de 1024 caractères'),
);
const host = v.pipe(text, v.regex(/^[A-Za-z0-9.:-]+$/, "un nom d'hôte ou une adresse est attendu"));
const port = integer(0, 65535);

const loopbackHost = v.pipe(
  host,
  v.regex(
    /^(localhost|127(\.\d{1,3}){3}|::1)$/,
    'une adresse de bouclage est attendue (127.0.0.1, ::1 ou localhost)',
  ),
);

const edgeUrl = v.pipe(
  text,
  v.check(
    isEdgeUrl,
    'une URL https est attendue (http seulement vers la machine elle-même), sans identifiants, paramètres ni espaces',
  ),
);

const baseUrl = v.pipe(
  text,
  v.check(isBaseUrl, 'une URL https est attendue, sans identifiants, paramètres, fragment ni espaces'),
  v.transform((value) => value.replace(/\/+$/, '')),
);

const identity = strict({ cn: text, ou: text });

const editor = strict({
  id: v.pipe(
    text,
    v.maxLength(EDITOR_ID_LENGTH_MAX, `plus de ${EDITOR_ID_LENGTH_MAX} caractères`),
    v.regex(/^[a-z0-9][a-z0-9-]*$/, 'des minuscules, chiffres et tirets sont attendus, sans tiret au début'),
  ),
  name: text,
  baseUrl,
  flows: v.pipe(
    v.array(v.picklist(FLOWS, `un flux parmi ${FLOWS.join(', ')} est attendu`), 'une liste est attendue'),
    v.minLength(1, 'au moins un flux est attendu'),
    v.check((flows) => new Set(flows).size === flows.length, 'un flux est cité deux fois'),
  ),
  certFile: text,
  keyFile: text,
  caFile: text,
  clientCaFile: v.optional(text),
  crlFiles: v.optional(files(), []),
  server: v.optional(identity),
  client: v.optional(identity),
  servername: v.optional(host),
  appointmentSystem: v.optional(text),
  redirectHosts: v.optional(v.array(host, 'une liste est attendue'), []),
  concurrency: v.optional(integer(1, CONCURRENCY_MAX), CONCURRENCY),
  queue: v.optional(integer(0, QUEUE_MAX), QUEUE),
});

const limits = strict({
  connections: v.optional(integer(1, 65_535), 1000),
  handshakeMs: v.optional(integer(1, DAY_MS), 5000),
  headersMs: v.optional(integer(1, DAY_MS), 10_000),
  requestMs: v.optional(integer(1, DAY_MS), 20_000),
  keepAliveMs: v.optional(integer(1, DAY_MS), 65_000),
  requestsPerConnection: v.optional(integer(1, 1_000_000), 10_000),
  edgeMs: v.optional(integer(1, DAY_MS), 8000),
  editorRequestsPerSecond: v.optional(integer(1, 100_000), 50),
  editorBurst: v.optional(integer(1, 1_000_000), 200),
});

const listen = strict({
  host,
  port,
  certFile: text,
  keyFile: text,
  caFile: text,
  serverCaFile: v.optional(text),
  crlFiles: v.optional(files(), []),
  revocation: v.optional(v.picklist(['hard', 'soft'], 'hard ou soft est attendu'), 'hard'),
  limits: v.optional(limits, {}),
});

const settings = strict({
  $schema: v.optional(text),
  relayId: v.pipe(
    text,
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'lettres, chiffres, points et tirets, 64 au plus'),
  ),
  edge: strict({ url: edgeUrl, keyFile: text }),
  listen: v.optional(listen),
  admin: v.optional(
    strict({ host: v.optional(loopbackHost, '127.0.0.1'), port: v.optional(port, ADMIN_PORT) }),
    {},
  ),
  editors: v.pipe(
    v.array(v.unknown(), 'une liste est attendue'),
    v.maxLength(EDITORS_MAX, `plus de ${EDITORS_MAX} éditeurs`),
  ),
});

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
    redirectHosts: readPart(entry, 'redirectHosts', v.array(host)) ?? [],
    problems: found.map((problem) => ({ ...problem, editor: id })),
  };
}

function readPart<T>(entry: unknown, name: string, schema: v.GenericSchema<unknown, T>): T | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const checked = v.safeParse(schema, Reflect.get(entry, name));
  return checked.success ? checked.output : undefined;
}

function strict<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return 'champ inconnu';
    return issue.received === 'undefined' ? 'manque' : 'un objet est attendu';
  });
}

function integer(min: number, max: number) {
  const message = `un nombre entier de ${min} à ${max} est attendu`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

function files() {
  return v.array(text, 'une liste de fichiers est attendue');
}

function describeIssue(issue: v.BaseIssue<unknown>, at = ''): Problem {
  let field = at;
  for (const { key } of issue.path ?? []) {
    field += typeof key === 'number' ? `[${key}]` : `${field === '' ? '' : '.'}${String(key)}`;
  }
  return { field: field === '' ? 'config' : field, text: issue.message };
}

function isEdgeUrl(value: string): boolean {
  const url = readBareUrl(value);
  if (url === undefined) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

function isBaseUrl(value: string): boolean {
  return readBareUrl(value)?.protocol === 'https:';
}

function readBareUrl(value: string): URL | undefined {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  // A blank that the parser forgives would still stand in the path of each request, and fail it.
  return /[?#\s]/.test(value) ? undefined : url;
}

function resolvePaths(config: RelayConfig, dir: string): RelayConfig {
  const at = (file: string): string => resolve(dir, file);
  const withFiles = <T extends Pick<EditorConfig, 'certFile' | 'keyFile' | 'caFile' | 'crlFiles'>>(
    one: T,
  ): T => ({
    ...one,
    certFile: at(one.certFile),
    keyFile: at(one.keyFile),
    caFile: at(one.caFile),
    crlFiles: one.crlFiles.map(at),
  });
  return {
    ...config,
    edge: { ...config.edge, keyFile: at(config.edge.keyFile) },
    ...(config.listen && {
      listen: {
        ...withFiles(config.listen),
        ...(config.listen.serverCaFile !== undefined && { serverCaFile: at(config.listen.serverCaFile) }),
      },
    }),
    editors: config.editors.map((one) => ({
      ...withFiles(one),
      ...(one.clientCaFile !== undefined && { clientCaFile: at(one.clientCaFile) }),
    })),
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}

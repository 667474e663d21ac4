// Reads the command line of one of our programs: flags as `--name value` or `--name=value`, all problems at once, each
// in one French sentence. Called by the `main` of relay, conformance, sandbox, bench and scripts. No I/O: the caller
// prints and exits (0 for help, 2 for problems). docs/decisions/0014-commands.md.

/** A French end of sentence that says what is expected, or undefined when the value is right. */
export type Check = (value: string) => string | undefined;

interface Described {
  /** What the flag does, in French, for the usage. */
  readonly about: string;
}

interface SwitchFlag extends Described {
  readonly kind: 'switch';
}

interface TextFlag extends Described {
  readonly kind: 'text';
  /** Name of the value in the usage, e.g. `DOSSIER`. */
  readonly hint: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly check?: Check;
}

/** May be given several times. */
interface TextsFlag extends Described {
  readonly kind: 'texts';
  readonly hint: string;
  readonly check?: Check;
}

export type Flags = Readonly<Record<string, SwitchFlag | TextFlag | TextsFlag>>;

export type Values<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { readonly kind: 'switch' }
    ? boolean
    : F[Name] extends { readonly kind: 'texts' }
      ? readonly string[]
      : F[Name] extends { readonly default: string } | { readonly required: true }
        ? string
        : string | undefined;
};

export interface CommandLine<F extends Flags> {
  /** `--help` or `-h` was given: nothing else counts. */
  readonly help: boolean;
  /** A required flag that is missing reads as an empty text, and is among the problems. */
  readonly values: Values<F>;
  /** Words that belong to no flag, when the program takes some. */
  readonly words: readonly string[];
  /** French sentences; the caller may add its own. Empty when all is right. */
  readonly problems: string[];
}

export interface Reading {
  /** The program takes words that belong to no flag, e.g. names of benches. */
  readonly takesWords?: boolean;
  /** Environment, to find flags that npm kept for itself because `--` was left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const HELP = '  --help';
/** Characters of what was typed that a problem repeats. */
const SHOWN_MAX = 80;
/** Flags of ours that npm has too: it may know a value of them that nobody meant for us. */
const NPM_OWN: ReadonlySet<string> = new Set(['editor', 'help', 'json', 'scope']);

/** `args`: without the program's own name. */
export function readCommandLine<const F extends Flags>(
  args: readonly string[],
  flags: F,
  { takesWords = false, env = {} }: Reading = {},
): CommandLine<F> {
  const problems: string[] = [];
  const given = new Map<string, (string | undefined)[]>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--help' || arg === '-h') given.set('help', []);
    else if (!arg.startsWith('--')) words.push(arg);
    else {
      const [, name = '', inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
      if (flag === undefined) problems.push(unknownFlag(name, Object.keys(flags)));
      const next = args[at + 1];
      // The value of a flag nobody knows is passed over too: it would only be a second complaint of one mistake.
      const takesNext =
        inline === undefined && flag?.kind !== 'switch' && next !== undefined && !next.startsWith('--');
      if (takesNext && (flag !== undefined || !takesWords)) at += 1;
      if (flag !== undefined)
        given.set(name, [...(given.get(name) ?? []), inline ?? (takesNext ? next : undefined)]);
    }
  }
  if (!takesWords && words.length > 0) problems.push(unexpectedWords(words));
  const help = given.has('help');
  problems.push(...keptByNpm(flags, given, env));
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    readFlag(name, flag, given.get(name), problems),
  ]);
  return { help, values: Object.fromEntries(values) as Values<F>, words, problems };
}

function readFlag(
  name: string,
  flag: Flags[string],
  given: readonly (string | undefined)[] | undefined,
  problems: string[],
): string | boolean | readonly string[] | undefined {
  if (flag.kind === 'switch') {
    if (given?.some((value) => value !== undefined)) problems.push(`--${name} ne prend pas de valeur.`);
    return given !== undefined;
  }
  if (given?.some((value) => value === undefined || value.trim() === '')) {
    problems.push(`--${name} attend une valeur : ${flag.hint}.`);
    return flag.kind === 'texts' ? [] : (flag.default ?? '');
  }
  const texts = (given ?? []).filter((value) => value !== undefined);
  for (const text of texts) {
    const expected = flag.check?.(text);
    if (expected !== undefined) problems.push(`--${name} : ${expected}, pas « ${cut(text)} ».`);
  }
  if (flag.kind === 'texts') return texts;
  if (texts.length > 1) problems.push(`--${name} est donné ${texts.length} fois ; une seule est attendue.`);
  if (texts[0] !== undefined) return texts[0];
  if (flag.required) problems.push(`Il manque --${name} ${flag.hint}.`);
  return flag.default ?? (flag.required ? '' : undefined);
}

function unknownFlag(name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known);
  return `--${cut(name)} est une option inconnue${nearest === undefined ? '.' : ` ; vouliez-vous dire --${nearest} ?`}`;
}

function unexpectedWords(words: readonly string[]): string {
  const quoted = words.map((word) => `« ${cut(word)} »`).join(', ');
  return `Inattendu : ${quoted}. Une option commence par deux tirets, et npm ne transmet que ce qui suit « -- ».`;
}

/** What was typed, short enough to leave the sentence readable. */
function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** `npm run x --port=1` gives the program nothing and the variable npm_config_port: the default would be used unsaid. */
function keptByNpm(
  flags: Flags,
  given: ReadonlyMap<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const script = env.npm_lifecycle_event;
  if (script === undefined) return [];
  const kept = Object.keys(flags).filter(
    (name) =>
      !given.has(name) && !NPM_OWN.has(name) && env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined,
  );
  const run = script === 'start' ? 'npm start' : `npm run ${script}`;
  return kept.map(
    (name) => `npm a gardé --${name} pour lui : il manque « -- », comme dans ${run} -- --${name} …`,
  );
}

/** The known name that a typing mistake most likely meant; undefined when none is near. */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((one) => ({ one, far: one.startsWith(name) && name.length > 1 ? 0.5 : distance(name, one) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, Math.floor(best.one.length / 3))
    ? best.one
    : undefined;
}

/** Letters to add, drop, replace, or exchange with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const isExchange = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          isExchange ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

/** The usage, one line a flag. `head`: how the program is called, e.g. `npm run edge -- [options]`. */
export function describeUsage(head: string, flags: Flags): string {
  const left = Object.entries(flags).map(
    ([name, flag]) => `  --${name}${flag.kind === 'switch' ? '' : ` ${flag.hint}`}`,
  );
  const width = Math.max(HELP.length, ...left.map((text) => text.length)) + 3;
  const lines = Object.values(flags).map((flag, at) => {
    const notes = [
      flag.kind === 'text' && flag.required ? 'obligatoire' : undefined,
      flag.kind === 'text' ? flag.default : undefined,
      flag.kind === 'texts' ? 'répétable' : undefined,
    ].filter((note) => note !== undefined);
    return `${(left[at] ?? '').padEnd(width)}${flag.about}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
  });
  return `Usage : ${[head, ...lines, `${HELP.padEnd(width)}cette aide`].join('\n')}\n`;
}

/** A whole number, without sign. */
export function wholeNumber(min: number, max: number): Check {
  return (value) =>
    /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `un nombre entier de ${min} à ${max} est attendu`;
}

export const portNumber: Check = (value) =>
  wholeNumber(0, 65_535)(value) === undefined ? undefined : 'un port de 0 à 65535 est attendu';

/** Refuses a value that is none of these words. */
export function oneOf(...words: readonly string[]): Check {
  return (value) => (words.includes(value) ? undefined : `${words.join(', ')} : un de ces mots est attendu`);
}

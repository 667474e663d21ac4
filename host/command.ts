// Reads the command line of passerelle-edge. The usage is for people, so in French.

import { join, resolve } from 'node:path';
import { describeUsage, type Flags, readCommandLine } from '../shared/command-line.ts';
import { err, ok, type Result } from '../shared/result.ts';

const FLAGS = {
  config: { kind: 'text', hint: 'FICHIER', required: true, about: 'réglages, voir docs/hebergement.md' },
  check: {
    kind: 'switch',
    about: 'vérifie tout sans ouvrir de port, et se termine ; avec promote : un essai, qui ne change rien',
  },
  release: {
    kind: 'text',
    hint: 'DOSSIER',
    about: 'où sont worker/index.js et migrations/ (par défaut : à côté du dossier du programme)',
  },
  to: { kind: 'text', hint: 'DOSSIER', about: 'avec backup : où la copie sera, absent ou vide' },
  from: { kind: 'text', hint: 'DOSSIER', about: 'avec restore : où la copie est' },
  serve: { kind: 'switch', about: 'avec promote : sert aussitôt, comme sans mot' },
} as const satisfies Flags;

/** The words that may stand before the options, each with its folder's flag. */
const WORDS = { backup: 'to', restore: 'from' } as const;

export const USAGE = `${describeUsage('passerelle-edge [backup | restore | promote] --config FICHIER [options]', FLAGS)}
backup : copie les bases, que l'accès tourne ou non, et se termine ; restore : remet une copie, accès arrêté, et se termine
promote : prend le relais d'une autre machine par sa réplique, et se termine
`;

/** Paths are absolute. */
interface Common {
  readonly file: string;
  readonly release: string;
}
export type Command =
  | { readonly name: 'help' }
  | (Common & { readonly name: 'run' | 'check' })
  | (Common & { readonly name: keyof typeof WORDS; readonly folder: string })
  | (Common & { readonly name: 'promote'; readonly isTrial: boolean; readonly serves: boolean });

/** The error is a French sentence for each problem, a line each. */
export function readCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<Command, string> {
  const first = args[0];
  const word = first === 'backup' || first === 'restore' ? first : undefined;
  const isPromote = first === 'promote';
  const options = word === undefined && !isPromote ? args : args.slice(1);
  const { help, values, problems } = readCommandLine(options, FLAGS, { env });
  if (help) return ok({ name: 'help' });
  const folder = word && values[WORDS[word]];
  if (word !== undefined && folder === undefined) problems.push(`${word} attend --${WORDS[word]} DOSSIER.`);
  for (const [of, flag] of Object.entries(WORDS)) {
    if (values[flag] !== undefined && word !== of) problems.push(`--${flag} ne va qu'avec ${of}.`);
  }
  if (word !== undefined && values.check) problems.push(`--check ne va pas avec ${word}.`);
  if (values.serve && (!isPromote || values.check))
    problems.push("--serve ne va qu'avec promote, sans --check.");
  if (problems.length > 0) return err(problems.join('\n'));
  const common = {
    file: resolve(values.config),
    release: resolve(values.release ?? join(import.meta.dirname, '..')),
  };
  if (word !== undefined && folder !== undefined)
    return ok({ name: word, folder: resolve(folder), ...common });
  if (isPromote) return ok({ name: 'promote', isTrial: values.check, serves: values.serve, ...common });
  return ok({ name: values.check ? 'check' : 'run', ...common });
}

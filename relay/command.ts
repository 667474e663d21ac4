// Reads the command line. The usage is for people, so in French.

import { describeUsage, type Flags, readCommandLine } from '../shared/command-line.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { VERSION } from '../shared/version.ts';

const FLAGS = {
  config: {
    kind: 'text',
    hint: 'FICHIER',
    required: true,
    about: 'réglages, voir docs/relay.md ; exemple : docs/samples/relay.json',
  },
  check: { kind: 'switch', about: 'vérifie tout sans ouvrir de port, et se termine' },
  'print-jwk': { kind: 'switch', about: 'imprime la clé publique du relais, et se termine' },
  'generate-key': { kind: 'switch', about: "avec --print-jwk : crée la clé si le fichier n'existe pas" },
  trust: {
    kind: 'text',
    hint: 'DOSSIER',
    about: "avec --print-jwk : l'ajoute aux clés admises par l'accès local de ce dossier",
  },
  version: { kind: 'switch', about: 'dit quelle version est celle-ci, et se termine' },
} as const satisfies Flags;

/** How it is called: a built relay needs no npm. */
const CALLED = VERSION.build === undefined ? 'npm run relay --' : 'passerelle-relay';
/** The one word that may stand before the options. */
const FETCH_CRL = 'fetch-crl';

export const USAGE = `${describeUsage(`${CALLED} [${FETCH_CRL}] --config FICHIER [options]`, FLAGS)}
${FETCH_CRL} : va chercher la dernière liste de révocation de chaque autorité des réglages, et se termine
`;

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly config: string }
  | { readonly name: 'check' | typeof FETCH_CRL; readonly config: string }
  | {
      readonly name: 'print-jwk';
      readonly config: string;
      readonly generate: boolean;
      readonly trust: string | undefined;
    };

/** The error is a French sentence for each problem, a line each. */
export function readCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Result<Command, string> {
  const fetches = args[0] === FETCH_CRL;
  const { help, values, problems } = readCommandLine(fetches ? args.slice(1) : args, FLAGS, { env });
  if (help) return ok({ name: 'help' });
  if (values.version) return ok({ name: 'version' });
  const { config, check, trust } = values;
  const printJwk = values['print-jwk'];
  const generate = values['generate-key'];
  if (check && printJwk)
    problems.push("--check et --print-jwk ne vont pas ensemble : c'est l'un ou l'autre.");
  if ((generate || trust !== undefined) && !printJwk)
    problems.push('--generate-key et --trust vont avec --print-jwk.');
  if (fetches && (check || printJwk)) problems.push(`${FETCH_CRL} ne va qu'avec --config.`);
  if (problems.length > 0) return err(problems.join('\n'));
  if (fetches) return ok({ name: FETCH_CRL, config });
  if (printJwk) return ok({ name: 'print-jwk', config, generate, trust });
  return ok({ name: check ? 'check' : 'run', config });
}

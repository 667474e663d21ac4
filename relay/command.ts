// Reads the command line. The usage is for people, so in French.

import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../shared/result.ts';

export const USAGE = `Usage :
  npm run relay -- --config FICHIER                  lance le relais
  npm run relay -- --config FICHIER --check          vérifie tout sans ouvrir de port
  npm run relay -- --config FICHIER --print-jwk      imprime la clé publique du relais
                   [--generate-key]                  crée la clé si le fichier n'existe pas
                   [--trust DOSSIER]                 l'ajoute aux clés admises par l'edge local
`;

export type Command =
  | { readonly name: 'run'; readonly config: string }
  | { readonly name: 'check'; readonly config: string }
  | {
      readonly name: 'print-jwk';
      readonly config: string;
      readonly generate: boolean;
      readonly trust: string | undefined;
    };

/** The error is a French sentence. */
export function readCommand(args: readonly string[]): Result<Command, string> {
  let values: ReturnType<typeof parse>['values'];
  try {
    ({ values } = parse(args));
  } catch {
    return err('Option inconnue ou sans sa valeur.');
  }
  const { config, check, trust } = values;
  const printJwk = values['print-jwk'] === true;
  const generate = values['generate-key'] === true;
  if (config === undefined || config === '') return err('Il manque --config FICHIER.');
  if (check === true && printJwk)
    return err("--check et --print-jwk ne vont pas ensemble : c'est l'un ou l'autre.");
  if ((generate || trust !== undefined) && !printJwk)
    return err('--generate-key et --trust vont avec --print-jwk.');
  if (trust === '') return err('--trust attend un dossier.');
  if (printJwk) return ok({ name: 'print-jwk', config, generate, trust });
  return ok({ name: check === true ? 'check' : 'run', config });
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      check: { type: 'boolean' },
      'print-jwk': { type: 'boolean' },
      'generate-key': { type: 'boolean' },
      trust: { type: 'string' },
    },
  });
}

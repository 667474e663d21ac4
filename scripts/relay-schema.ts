// Writes relay/config.schema.json from the schema that the relay reads its file with (relay/base/config-schema.ts). `--check`
// writes nothing and exits 1 when the file says something else. Run: npm run relay-schema [-- --check]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { toJsonSchema } from '@valibot/to-json-schema';
import { editor, host, text, wholeFile } from '../relay/base/config-schema.ts';
import { readFlags } from '../sandbox/base/flags.ts';

const FILE = join(import.meta.dirname, '../relay/config.schema.json');

/** What a check in code says, in JSON Schema's words: the schema carries them as metadata. */
interface Keywords {
  readonly pattern?: string;
  readonly uniqueItems?: boolean;
}

export function relaySchema(): object {
  const { $schema, ...schema } = toJsonSchema(wholeFile, {
    target: 'draft-2020-12',
    typeMode: 'input',
    definitions: { text, host, editor },
    ignoreActions: ['check', 'transform'],
    overrideAction: ({ valibotAction, jsonSchema }) => {
      if (valibotAction.type === 'metadata' && 'metadata' in valibotAction)
        return { ...jsonSchema, ...(valibotAction.metadata as Keywords) };
      // Of two patterns the second says more: it is the narrower one.
      if (valibotAction.type === 'regex' && 'requirement' in valibotAction)
        return { ...jsonSchema, pattern: (valibotAction.requirement as RegExp).source };
      return undefined;
    },
  });
  return {
    $schema,
    title: 'Configuration du relais Passerelle',
    description: 'Les chemins sont relatifs au fichier. docs/relay.md décrit chaque champ.',
    ...schema,
  };
}

if (import.meta.main) {
  const check = { kind: 'switch', about: "n'écrit rien ; 1 quand le schéma est périmé" } as const;
  const made: unknown = JSON.parse(JSON.stringify(relaySchema()));
  if (!readFlags('npm run relay-schema -- [options]', { check }).check)
    writeFileSync(FILE, `${JSON.stringify(made, undefined, 2)}\n`);
  else if (!isDeepStrictEqual(JSON.parse(readFileSync(FILE, 'utf8')), made)) {
    console.error('relay/config.schema.json is stale: run npm run relay-schema && npm run format');
    process.exitCode = 1;
  }
}

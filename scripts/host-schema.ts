// Writes host/config/config.schema.json from the schema that the host reads its file with (host/config/config-schema.ts).
// `--check` writes nothing and exits 1 when the file says something else. Run: npm run host-schema [-- --check]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { toJsonSchema } from '@valibot/to-json-schema';
import { hostFile } from '../host/config/config-schema.ts';
import { readFlags } from '../sandbox/base/flags.ts';

const FILE = join(import.meta.dirname, '../host/config/config.schema.json');

export function hostSchema(): object {
  const { $schema, ...schema } = toJsonSchema(hostFile, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['check', 'transform'],
  });
  return {
    $schema,
    title: "Configuration de l'accès Passerelle sur une machine à soi",
    description: 'Les chemins sont relatifs au fichier. docs/hebergement.md décrit chaque champ.',
    ...schema,
  };
}

if (import.meta.main) {
  const check = { kind: 'switch', about: "n'écrit rien ; 1 quand le schéma est périmé" } as const;
  const made: unknown = JSON.parse(JSON.stringify(hostSchema()));
  if (!readFlags('npm run host-schema -- [options]', { check }).check)
    writeFileSync(FILE, `${JSON.stringify(made, undefined, 2)}\n`);
  else if (!isDeepStrictEqual(JSON.parse(readFileSync(FILE, 'utf8')), made)) {
    console.error('host/config/config.schema.json is stale: run npm run host-schema && npm run format');
    process.exitCode = 1;
  }
}

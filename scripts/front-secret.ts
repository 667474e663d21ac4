// npm run front-secret -- key | hash: what the settings of the SAS front's face need. `key` prints a new private key for
// the list FRONT_KEYS; `hash` reads a secret from standard input and prints it hashed, for FRONT_USERS and FRONT_BASIC.
// docs/front.md § 3.

import { text } from 'node:stream/consumers';
import { readFlagsAndWords, refuseUsage } from '../sandbox/base/flags.ts';
import { makeFrontKey } from '../sandbox/platform/local/state.ts';
import { hashSecret } from '../worker/front/sign-in/secret-hash.ts';

const HEAD = "npm run front-secret -- key | hash (le secret est lu sur l'entrée standard)";
const { words } = readFlagsAndWords(HEAD, {}, (_values, given) =>
  given.length === 1 && ['key', 'hash'].includes(given[0] ?? '')
    ? []
    : ['Un mot est attendu : key (une clé neuve) ou hash (un secret haché).'],
);

async function print(): Promise<string> {
  if (words[0] === 'key') return JSON.stringify(await makeFrontKey());
  if (process.stdin.isTTY) process.stderr.write('Le secret, puis Entrée et Ctrl-D :\n');
  const secret = (await text(process.stdin)).replace(/\r?\n$/, '');
  return secret === ''
    ? refuseUsage("Le secret est vide : il est lu sur l'entrée standard.")
    : hashSecret(secret);
}

console.log(await print());

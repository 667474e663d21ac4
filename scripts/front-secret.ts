// npm run front-secret -- key | hash: what the settings of the SAS front's face need. `key` prints a new private key for
// the list FRONT_KEYS; `hash` reads a secret from standard input and prints it hashed, for FRONT_USERS and FRONT_BASIC.
// docs/front.md § 3.

import { text } from 'node:stream/consumers';
import { refuseUsage } from '../sandbox/platform/flags.ts';
import { makeFrontKey } from '../sandbox/platform/local-state.ts';
import { hashSecret } from '../worker/front/secret-hash.ts';

const USAGE = "Usage : npm run front-secret -- key | hash (le secret est lu sur l'entrée standard)";

async function print(what: string | undefined): Promise<string> {
  if (what === 'key') return JSON.stringify(await makeFrontKey());
  if (what !== 'hash') return refuseUsage(USAGE);
  const secret = (await text(process.stdin)).replace(/\r?\n$/, '');
  return secret === '' ? refuseUsage(USAGE) : hashSecret(secret);
}

console.log(await print(process.argv[2]));

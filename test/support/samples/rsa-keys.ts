// RSA-2048 keys that the files of one run share: making one takes longer than most tests. Within a file a key comes back
// only after all others were drawn. Tests about keys themselves make their own.

import { type KeyPair, makeKeyPair, readKeyPair } from '../../../sandbox/pki/keys.ts';
import { runFile } from './run-file.ts';

const BITS = 2048;
const COUNT = 48;
let drawn = 0;

/** The next key of the run for 2048 bits, a fresh one for any other size. */
async function drawKeyPair(bits: number): Promise<KeyPair> {
  if (bits !== BITS) return makeKeyPair(bits);
  const rank = drawn % COUNT;
  drawn += 1;
  return readKeyPair(await runFile(`rsa/${rank}.pem`, async () => (await makeKeyPair(bits)).keyPem));
}

/** Options of an authority for tests: fresh certificates for keys of the run. */
export const TEST_KEYS = { caKeyBits: BITS, makeKeys: drawKeyPair } as const;

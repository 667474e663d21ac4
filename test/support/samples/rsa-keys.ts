// RSA-2048 keys that the files of one run share: making one takes longer than most tests. Within a file no key
// comes twice, since an authority is its key: once all are drawn, new ones are made. Tests about keys make their own.

import { type KeyPair, makeKeyPair, readKeyPair } from '../../../sandbox/pki/keys.ts';
import { runFile } from './run-file.ts';

const BITS = 2048;
const COUNT = 48;
let drawn = 0;

/** The next key of the run for 2048 bits; a fresh one for any other size, and when none is left. */
async function drawKeyPair(bits: number): Promise<KeyPair> {
  if (bits !== BITS || drawn >= COUNT) return makeKeyPair(bits);
  const rank = drawn;
  drawn += 1;
  return readKeyPair(await runFile(`rsa/${rank}.pem`, async () => (await makeKeyPair(bits)).keyPem));
}

/** Another file begins: what it draws may be what others drew. */
export function drawFromFirst(): void {
  drawn = 0;
}

/** Options of an authority for tests: fresh certificates for keys of the run. */
export const TEST_KEYS = { caKeyBits: BITS, makeKeys: drawKeyPair } as const;

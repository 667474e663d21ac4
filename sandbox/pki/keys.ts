// RSA keys through WebCrypto, kept as PEM PKCS#8. A CA key is read back for one hash at a time because WebCrypto
// ties the hash to the key: SHA-1 exists here only to make the weak leaves that a relay must refuse.

import { createPublicKey, webcrypto } from 'node:crypto';

export type Hash = 'SHA-256' | 'SHA-1';
export type Scheme = 'RSASSA-PKCS1-v1_5' | 'RSA-PSS';

const SUBTLE = webcrypto.subtle;
const PEM_LINE_CHARS = 64;

export interface KeyPair {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly keyPem: string;
}

export async function makeKeyPair(modulusBits: number): Promise<KeyPair> {
  const pair = await SUBTLE.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: modulusBits,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ['sign', 'verify'],
  );
  const der = await SUBTLE.exportKey('pkcs8', pair.privateKey);
  return { privateKey: pair.privateKey, publicKey: pair.publicKey, keyPem: toPem('PRIVATE KEY', der) };
}

export async function readPrivateKey(
  keyPem: string,
  hash: Hash,
  name: Scheme = 'RSASSA-PKCS1-v1_5',
): Promise<webcrypto.CryptoKey> {
  return SUBTLE.importKey('pkcs8', fromPem(keyPem), { name, hash }, true, ['sign']);
}

/** A pair that was made before: for certifying the same key again. */
export async function readKeyPair(keyPem: string): Promise<KeyPair> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const der = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await readPrivateKey(keyPem, 'SHA-256'),
    publicKey: await SUBTLE.importKey('spki', new Uint8Array(der), algorithm, true, ['verify']),
    keyPem,
  };
}

export function toPem(label: string, der: ArrayBuffer | Uint8Array): string {
  const text = Buffer.from(der instanceof Uint8Array ? der : new Uint8Array(der)).toString('base64');
  const lines = text.match(new RegExp(`.{1,${PEM_LINE_CHARS}}`, 'g')) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function fromPem(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

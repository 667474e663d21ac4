// Secrets of front users: hashed slowly (PBKDF2-SHA-256) for keeping, compared in constant time. A stored secret may
// also be plain: on a local machine, in a setting. Web-standard APIs only; scripts/front-secret.ts hashes with it too.

import { sha256 } from '../../../shared/hash.ts';

const SCHEME = 'pbkdf2-sha256';
/** The most that Cloudflare's runtime allows. */
const ITERATIONS = 100_000;
const SALT_BYTES = 16;
const HASH_BITS = 256;

/** `pbkdf2-sha256$100000$salt$hash`, both in base64url. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(secret, salt, ITERATIONS);
  return [SCHEME, ITERATIONS, toText(salt), toText(hash)].join('$');
}

interface Recipe {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly hash: string;
}

const NOBODYS_SALT = new Uint8Array(SALT_BYTES);

/**
 * False also when `stored` claims to be a hash and is none, or when nobody has that name (undefined). Always the same work,
 * `ITERATIONS` and one comparison, about 30 ms of CPU: its time says nothing of the name.
 */
export async function isSecretOf(stored: string | undefined, given: string): Promise<boolean> {
  const recipe = recipeOf(stored ?? '');
  const iterations = recipe?.iterations ?? 0;
  const derived = recipe && toText(await derive(given, recipe.salt, iterations));
  if (iterations < ITERATIONS) await derive(given, NOBODYS_SALT, ITERATIONS - iterations);
  const isPlain = recipe === undefined && stored?.startsWith(`${SCHEME}$`) === false;
  const isSame = await isSameText(recipe?.hash ?? stored ?? '', derived ?? given);
  return isSame && (recipe !== undefined || isPlain);
}

function recipeOf(stored: string): Recipe | undefined {
  const [scheme, iterations = '', salt = '', hash = ''] = stored.split('$');
  const isOne = /^\d{4,6}$/.test(iterations) && Number(iterations) <= ITERATIONS && /^[\w-]{16,}$/.test(salt);
  if (scheme !== SCHEME || !isOne) return undefined;
  return { salt: fromText(salt), iterations: Number(iterations), hash };
}

/** In a time that says nothing about where they differ, or how long they are. */
export async function isSameText(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([sha256(a), sha256(b)]);
  let difference = 0;
  for (const [i, byte] of left.entries()) difference |= byte ^ (right[i] ?? 0);
  return difference === 0;
}

async function derive(
  secret: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'PBKDF2', false, [
    'deriveBits',
  ]);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, HASH_BITS));
}

function toText(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

function fromText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
}

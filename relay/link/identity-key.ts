// The relay's own key: an Ed25519 key (PEM, PKCS#8) that signs its tokens, and the public JWK that the edge is
// told. docs/relay.md "Clé du relais".

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../shared/result.ts';
import { type PrivateFile, readPrivateFile } from '../base/private-file.ts';
import type { Problem } from '../base/problem.ts';

const FIELD = 'edge.keyFile';
const TRUST_FILE = 'relay-jwks.json';
const TRUST_LOCK_FILE = '.relay-jwks.lock';
const TRUST_TIMEOUT_MS = 10_000;
/** Keys and state are their owner's alone. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const;

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** Fails when the file is absent, not private or no Ed25519 key. */
export function readIdentityKey(file: string): Result<KeyObject, Problem> {
  let read: PrivateFile;
  try {
    read = readPrivateFile(file);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const text = absent
      ? "le fichier n'existe pas ; --print-jwk --generate-key en crée un"
      : 'ne peut pas être lu';
    return err({ field: FIELD, text });
  }
  if (read.openness !== undefined) return err({ field: FIELD, text: read.openness });
  try {
    const key = createPrivateKey(read.content);
    if (key.asymmetricKeyType === 'ed25519') return ok(key);
    return err({ field: FIELD, text: 'une clé Ed25519 est attendue' });
  } catch {
    return err({ field: FIELD, text: 'ne contient pas de clé privée lisible (PEM PKCS#8)' });
  }
}

/** Makes the key when the file is absent, readable by its owner only; an existing file is left alone. */
export function ensureIdentityKey(file: string): void {
  mkdirSync(dirname(file), PRIVATE_FOLDER);
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: PRIVATE_FILE,
      flag: 'wx',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The public half under the relay's id, as the edge's RELAY_JWKS lists it. */
export function toPublicJwk(key: KeyObject, relayId: string): PublicJwk {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('an Ed25519 key has x');
  return { kty: 'OKP', crv: 'Ed25519', x, kid: relayId, alg: 'EdDSA', use: 'sig' };
}

/** Whoever may write in an edge's state folder runs all its relays: each may serve what another does. */
const LOCAL_OPERATOR = 'local';

/**
 * Adds the key to the local edge's list, in place of an older one of the same relay. Relays introduced at the same time
 * take turns, under the system's own lock (SQLite's), which ends with its holder.
 */
export function trustLocally(dir: string, jwk: PublicJwk): void {
  mkdirSync(dir, PRIVATE_FOLDER);
  const file = join(dir, TRUST_FILE);
  const draft = `${file}.${process.pid}.tmp`;
  const trusted = { ...jwk, operator: LOCAL_OPERATOR };
  const turn = new DatabaseSync(join(dir, TRUST_LOCK_FILE), { timeout: TRUST_TIMEOUT_MS });
  try {
    turn.exec('BEGIN EXCLUSIVE');
    const others = readKeys(file).filter((key) => key.kid !== jwk.kid);
    writeFileSync(draft, `${JSON.stringify({ keys: [...others, trusted] }, null, 2)}\n`, {
      mode: PRIVATE_FILE,
    });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
    turn.close();
  }
}

function readKeys(file: string): readonly { readonly kid?: unknown }[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  // An unreadable list is not silently replaced: other relays' keys may be in it.
  const parsed: { keys?: unknown } = JSON.parse(text);
  return Array.isArray(parsed.keys)
    ? parsed.keys.filter((key) => typeof key === 'object' && key !== null)
    : [];
}

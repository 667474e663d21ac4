// What a local edge keeps in its state folder: the key of the local token issuer, the one of the front's tokens, the
// public keys of relays that were introduced, the database. Made when absent; private keys are readable by their owner only.

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { makePrivateFolder, PRIVATE_FILE } from '../../../host/state/private-folder.ts';
import { CONSOLE_AUDIENCE } from '../../../worker/base/console-settings.ts';

const LOCAL_ISSUER = 'https://issuer.passerelle.localhost';
const LOCAL_AUDIENCE = 'passerelle';
const KEY_FILE = 'issuer.key.pem';
/** Private: they sign the tokens of the SAS front's users. */
const FRONT_KEYS_FILE = 'front-keys.json';
/** Written by `npm run relay -- --print-jwk --trust DIR`. */
export const RELAY_JWKS_FILE = 'relay-jwks.json';
const EMPTY_JWKS = '{"keys":[]}';

export interface LocalState {
  readonly dir: string;
  /** JWKS of the local issuer, as JSON text. */
  readonly issuerJwks: string;
}

/**
 * The state of an edge that was started before; nothing is made.
 * @throws Error with a French sentence when the folder holds none.
 */
export async function findLocalState(dir: string): Promise<LocalState> {
  if ((await readText(join(dir, KEY_FILE))) !== undefined) return openLocalState(dir);
  throw new Error(
    `${dir} n'est pas le dossier d'un accès local (${KEY_FILE} y manque) : --state le nomme ; npm start et npm run edge le font.`,
  );
}

/** Made when absent. Several programs may open one folder at once: all find the key of whichever made it first. */
export async function openLocalState(dir: string): Promise<LocalState> {
  makePrivateFolder(dir);
  const pem = await makeOnce(join(dir, KEY_FILE), async () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  const jwk = await exportJWK(createPublicKey(pem));
  const kid = await calculateJwkThumbprint(jwk);
  return { dir, issuerJwks: JSON.stringify({ keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] }) };
}

/** The public keys of the relays this edge trusts, as JSON text; empty when none was introduced. */
async function readRelayJwks(dir: string): Promise<string> {
  return (await readText(join(dir, RELAY_JWKS_FILE))) ?? EMPTY_JWKS;
}

function openFrontKeys(dir: string): Promise<string> {
  return makeOnce(join(dir, FRONT_KEYS_FILE), async () => JSON.stringify([await makeFrontKey()]));
}

/** One private key for the setting FRONT_KEYS. */
export async function makeFrontKey(): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}

/** The settings of a local edge: its own issuer, the relays it was shown, one front user. */
export async function localSettings(state: LocalState): Promise<Record<string, string>> {
  return {
    AUTH_ISSUER: LOCAL_ISSUER,
    AUTH_AUDIENCE: LOCAL_AUDIENCE,
    AUTH_JWKS: state.issuerJwks,
    CONSOLE_LINKS: 'local',
    CONSOLE_ENVIRONMENT: 'Essai local',
    FRONT_KEYS: await openFrontKeys(state.dir),
    FRONT_USERS: '{"read":"secret"}',
    RELAY_JWKS: await readRelayJwks(state.dir),
  };
}

/** A bearer token that the local edge accepts. `lifetimeS` may be negative, for tests of expiry. */
export async function signToken(
  state: LocalState,
  scope: string,
  lifetimeS = 8 * 3600,
  subject = 'local',
): Promise<string> {
  return sign(state, new SignJWT({ scope }).setAudience(LOCAL_AUDIENCE).setSubject(subject), lifetimeS);
}

const LINK_S = 600;

/** The code of a one-use link into the console of the local edge. `vendor`: of the role `editeur` only. */
export async function signConsoleCode(
  state: LocalState,
  roles: readonly string[],
  vendor?: string,
  lifetimeS = LINK_S,
): Promise<string> {
  const claims = { console: { roles, ...(vendor !== undefined && { vendor }) } };
  return sign(state, new SignJWT(claims).setAudience(CONSOLE_AUDIENCE).setJti(randomUUID()), lifetimeS);
}

/** Where a browser enters with that code. */
export function consoleLink(edgeUrl: string, code: string): string {
  return `${edgeUrl}/console/entree?code=${code}`;
}

async function sign(state: LocalState, token: SignJWT, lifetimeS: number): Promise<string> {
  const key = createPrivateKey(await readFile(join(state.dir, KEY_FILE), 'utf8'));
  const kid = (JSON.parse(state.issuerJwks) as { keys: { kid: string }[] }).keys[0]?.kid ?? '';
  const nowS = Math.floor(Date.now() / 1000);
  return token
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setIssuer(LOCAL_ISSUER)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + lifetimeS)
    .sign(key);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The file's text; when there is none, that of `make`, for its owner only, unless another program was quicker. */
async function makeOnce(file: string, make: () => Promise<string>): Promise<string> {
  const known = await readText(file);
  if (known !== undefined) return known;
  const draft = `${file}.${randomUUID()}.tmp`;
  await writeFile(draft, await make(), { mode: PRIVATE_FILE });
  try {
    await link(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

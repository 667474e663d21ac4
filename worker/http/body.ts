// Reads a request's body within its bounds: size, charset, JSON and, for FHIR resources, media type, nesting and the
// type expected. Everything here is 400, 413 or 415; each wing judges what the body says.

import { base64url } from 'jose';
import * as v from 'valibot';
import { readBounded } from '../../shared/bounded-bytes.ts';
import { decodeText } from '../../shared/charset.ts';
import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import { asObject, type JsonObject } from '../../shared/fhir/json.ts';
import { countKept, type JsonBounds, measureAll } from '../../shared/fhir/json-bounds.ts';
import { pendingBytes } from '../base/callers/pending-bytes.ts';
import { bodyNotSigned } from './relay-token.ts';

/** The guide's appointments take 1 to 2 kB. */
export const APPOINTMENT_BYTES_MAX = 64 * 1024;
/** The guide's appointments nest 8 deep. */
export const APPOINTMENT_DEPTH_MAX = 32;
/** 64 KiB of the guide's appointments hold 2,600; of `{}` in a list, 20,000. */
const APPOINTMENT_VALUES_MAX = 5_000;
const APPOINTMENT_BOUNDS = { depthMax: APPOINTMENT_DEPTH_MAX, valuesMax: APPOINTMENT_VALUES_MAX };
/** The longest lists that operators give, of 2,000 associations, hold 8,000 values. */
const BODY_BOUNDS = { depthMax: APPOINTMENT_DEPTH_MAX, valuesMax: 20_000 };

/** The largest, 1 MiB, comes in that time over 800 kbit/s. */
const BODY_MS = 10_000;

const MEDIA_TYPE = /^(?:application\/(?:fhir\+json|json\+fhir|json)|text\/json)$/;

/** @throws GatewayError body-late, for a body that does not come, or gives way to others that do. */
async function* arriving(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const cut = Promise.withResolvers<'late'>();
  const endMs = Date.now() + BODY_MS;
  // Bodies count as one caller's: the one that has not moved for longest gives way.
  const held = pendingBytes.hold('', () => cut.resolve('late'), Date.now());
  try {
    for (;;) {
      const next = Promise.race([reader.read(), cut.promise]);
      const read = await within(next, endMs - Date.now(), () => 'late' as const);
      if (read === 'late') throw late();
      if (read.done) return;
      held.add(read.value.length, Date.now());
      yield read.value;
    }
  } finally {
    held.end();
    // It may have broken already.
    void reader.cancel().catch(() => undefined);
  }
}

function late(): GatewayError {
  return new GatewayError({
    reason: 'body-late',
    text: `Le corps n’est pas arrivé en ${BODY_MS / 1_000} secondes.`,
  });
}

/** The body as text, in the encoding it was sent in. @throws GatewayError body-late, body-too-large, body-malformed. */
export async function readText(request: Request, bytesMax: number): Promise<string> {
  return textOf(await readBytes(request, bytesMax), request);
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole =
    request.body === null ? new Uint8Array() : await readBounded(arriving(request.body), bytesMax);
  if (whole !== undefined) return whole;
  throw new GatewayError({
    reason: 'body-too-large',
    text: `Le corps dépasse ${Math.floor(bytesMax / 1024)} Kio.`,
  });
}

function textOf(whole: Uint8Array, request: Request): string {
  const text = decodeText(whole, request.headers.get('Content-Type') ?? undefined);
  if (text !== undefined) return text;
  throw malformed("L'encodage du corps ne peut être reconnu : l'envoyer en UTF-8.");
}

/** The body as JSON of any kind. @throws GatewayError body-too-large, body-malformed. */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  return parse(await readText(request, bytesMax));
}

/** The body as `schema` reads it; `expected`: what the refusal says. @throws GatewayError body-*, parameter-invalid. */
export async function readAs<T extends v.GenericSchema>(
  request: Request,
  schema: T,
  bytesMax: number,
  expected: string | ((path: string) => string),
): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, parseOnce(await readText(request, bytesMax), BODY_BOUNDS));
  if (parsed.success) return parsed.output;
  const paths = parsed.issues.map((issue) => v.getDotPath(issue) ?? 'body');
  throw new GatewayError({
    reason: 'parameter-invalid',
    text: typeof expected === 'string' ? expected : expected(paths[0] ?? ''),
    expression: paths,
  });
}

/**
 * What a relay signed, as `schema` reads it; its texts hold others' JSON, which is not looked into.
 * @throws GatewayError body-*, token-invalid, parameter-invalid.
 */
export async function readSigned<T extends v.GenericSchema>(
  request: Request,
  schema: T,
  bytesMax: number,
  sha256: string,
): Promise<v.InferOutput<T>> {
  const whole = await readBytes(request, bytesMax);
  if ((await hashOf(whole)) !== sha256) throw bodyNotSigned();
  const parsed = v.safeParse(schema, parseOnce(textOf(whole, request), BODY_BOUNDS));
  if (parsed.success) return parsed.output;
  throw new GatewayError({
    reason: 'parameter-invalid',
    text: 'Le corps n’est pas celui que shared/link/hub-sante.ts décrit.',
    expression: parsed.issues.map((issue) => v.getDotPath(issue) ?? 'body'),
  });
}

/**
 * The FHIR resource expected. `sha256`: of the only body that is taken, base64url.
 * @throws GatewayError media-type-not-supported, body-too-large, body-malformed, token-invalid.
 */
export async function readResource(request: Request, type: string, sha256?: string): Promise<JsonObject> {
  checkMediaType(request.headers);
  const whole = await readBytes(request, APPOINTMENT_BYTES_MAX);
  if (sha256 !== undefined && (await hashOf(whole)) !== sha256) throw bodyNotSigned();
  const resource = asObject(parseOnce(textOf(whole, request), APPOINTMENT_BOUNDS));
  if (resource === undefined) throw malformed('Le corps attendu est un objet JSON.');
  if (resource.resourceType !== type)
    throw malformed(`La ressource attendue est un ${type}.`, 'resourceType');
  return resource;
}

/** SHA-256, base64url. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

function checkMediaType(headers: Headers): void {
  const [type = ''] = (headers.get('Content-Type') ?? '').split(';');
  const isJson = type.trim() === '' || MEDIA_TYPE.test(type.trim().toLowerCase());
  const encoding = headers.get('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  if (isJson && encoding === 'identity') return;
  throw new GatewayError({
    reason: 'media-type-not-supported',
    text: 'Le corps est attendu en application/fhir+json, sans compression.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed("Le corps n'est pas du JSON.", undefined, cause);
  }
}

/**
 * The parser keeps the last of two equal keys without a word: of "booked" and "cancelled", of a right given and taken, one
 * would be lost. @throws GatewayError body-malformed.
 */
function parseOnce(text: string, bounds: JsonBounds): unknown {
  const written = measureAll(new TextEncoder().encode(text), bounds);
  if (written === 'too-deep') throw malformed(`Le JSON imbrique plus de ${bounds.depthMax} niveaux.`);
  if (written === 'too-many-values') throw malformed(`Le JSON a plus de ${bounds.valuesMax} valeurs.`);
  const json = parse(text);
  if (written.keys !== countKept(json, bounds.depthMax)) {
    throw malformed('Le JSON donne deux fois la même clé à un objet.');
  }
  return json;
}

function malformed(text: string, expression?: string, cause?: unknown): GatewayError {
  return new GatewayError({
    reason: 'body-malformed',
    text,
    cause,
    ...(expression === undefined ? {} : { expression: [expression] }),
  });
}

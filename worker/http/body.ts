// Reads a request's body within its bounds: size, charset, JSON and, for FHIR resources, media type, nesting and the
// type expected. Everything here is 400, 413 or 415; each wing judges what the body says.

import { readBounded } from '../../shared/bounded-bytes.ts';
import { decodeText } from '../../shared/charset.ts';
import { GatewayError } from '../../shared/error.ts';
import { asObject, type JsonObject } from '../../shared/fhir/json.ts';

/** The guide's appointments take 1 to 2 kB. */
export const APPOINTMENT_BYTES_MAX = 64 * 1024;
/** The guide's appointments nest 8 deep. */
export const APPOINTMENT_DEPTH_MAX = 32;

const MEDIA_TYPE = /^(?:application\/(?:fhir\+json|json\+fhir|json)|text\/json)$/;

/** The body as text, in the encoding it was sent in. @throws GatewayError body-too-large, body-malformed. */
export async function readText(request: Request, bytesMax: number): Promise<string> {
  const whole = request.body === null ? new Uint8Array() : await readBounded(request.body, bytesMax);
  if (whole === undefined) {
    throw new GatewayError({
      reason: 'body-too-large',
      text: `Le corps dépasse ${Math.floor(bytesMax / 1024)} Kio.`,
    });
  }
  const text = decodeText(whole, request.headers.get('Content-Type') ?? undefined);
  if (text !== undefined) return text;
  throw malformed("L'encodage du corps ne peut être reconnu : l'envoyer en UTF-8.");
}

/** The body as JSON of any kind. @throws GatewayError body-too-large, body-malformed. */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  return parse(await readText(request, bytesMax));
}

/** The FHIR resource expected. @throws GatewayError media-type-not-supported, body-too-large, body-malformed. */
export async function readResource(request: Request, type: string): Promise<JsonObject> {
  checkMediaType(request.headers);
  const text = await readText(request, APPOINTMENT_BYTES_MAX);
  if (!isWithinDepth(text, APPOINTMENT_DEPTH_MAX)) {
    throw malformed(`Le JSON imbrique plus de ${APPOINTMENT_DEPTH_MAX} niveaux.`);
  }
  const json = parse(text);
  // The parser keeps the last of two equal keys without a word: of "booked" and "cancelled" one would be lost.
  if (countKeys(text) !== countKeys(JSON.stringify(json))) {
    throw malformed('Le JSON donne deux fois la même clé à un objet.');
  }
  const resource = asObject(json);
  if (resource === undefined) throw malformed('Le corps attendu est un objet JSON.');
  if (resource.resourceType !== type)
    throw malformed(`La ressource attendue est un ${type}.`, 'resourceType');
  return resource;
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

function malformed(text: string, expression?: string, cause?: unknown): GatewayError {
  return new GatewayError({
    reason: 'body-malformed',
    text,
    cause,
    ...(expression === undefined ? {} : { expression: [expression] }),
  });
}

/** Keys of a JSON text: outside of strings a colon follows each. */
function countKeys(text: string): number {
  let count = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|:/gs)) if (token === ':') count += 1;
  return count;
}

/** Before parsing: nothing recursive may meet a deeper value. Strings and escapes are passed over. */
function isWithinDepth(text: string, depthMax: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth > depthMax) return false;
  }
  return true;
}

// Reads a request body within its bounds: media type, size, charset, nesting, JSON, and that it is the resource
// expected. Everything here is 400, 413 or 415; what the resource says is judged in message.ts.

import { GatewayError } from '../../shared/error.ts';
import { asObject, type JsonObject } from '../../shared/fhir/json.ts';
import { readBounded } from './http.ts';

/** The guide's appointments take 1 to 2 kB. */
export const APPOINTMENT_BYTES_MAX = 64 * 1024;
/** The guide's appointments nest 8 deep. */
export const APPOINTMENT_DEPTH_MAX = 32;

const MEDIA_TYPE = /^(?:application\/(?:fhir\+json|json\+fhir|json)|text\/json)$/;

/** @throws GatewayError media-type-not-supported, body-too-large, body-malformed. */
export async function readResource(request: Request, type: string): Promise<JsonObject> {
  checkMediaType(request.headers);
  const text = await readBounded(request, APPOINTMENT_BYTES_MAX);
  if (!isWithinDepth(text, APPOINTMENT_DEPTH_MAX)) {
    throw malformed(`Le JSON imbrique plus de ${APPOINTMENT_DEPTH_MAX} niveaux.`);
  }
  const resource = asObject(parse(text));
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

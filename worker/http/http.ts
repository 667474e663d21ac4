// What every route shares: the request as handlers see it, and the responses they give.

import type { Resource } from 'fhir/r4';
import { decodeText } from '../../shared/charset.ts';
import { GatewayError, REASONS } from '../../shared/error.ts';
import { errorOutcome } from '../../shared/fhir/operation-outcome.ts';
import type { Config, Env } from '../base/config.ts';
import type { Caller, Sender } from './auth.ts';

export interface RequestContext {
  readonly request: Request;
  readonly url: URL;
  /** Base of the FHIR face as callers see it, without a last slash. */
  readonly fhirBase: string;
  readonly env: Env;
  readonly config: Config;
  readonly requestId: string;
  readonly startedMs: number;
  readonly caller: Caller | undefined;
  /** On routes that need a relay. */
  readonly sender: Sender | undefined;
  /** What the path's `:names` stand for. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export function fhirResponse(
  body: string | Uint8Array<ArrayBuffer> | Resource,
  context: Pick<RequestContext, 'requestId'>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const isWritten = typeof body === 'string' || body instanceof Uint8Array;
  return new Response(isWritten ? body : JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': FHIR_JSON,
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
      ...headers,
    },
  });
}

const RETRY_AFTER_S = '5';

export function errorResponse(error: GatewayError, requestId: string): Response {
  const { status } = REASONS[error.reason];
  return fhirResponse(errorOutcome(error, requestId), { requestId }, status, refusalHeaders(error));
}

/** What goes with a refusal, whatever its body. */
export function refusalHeaders({ reason, headers }: GatewayError): Readonly<Record<string, string>> {
  return { ...(REASONS[reason].retryable ? { 'Retry-After': RETRY_AFTER_S } : {}), ...headers };
}

export function jsonResponse(
  body: unknown,
  context: Pick<RequestContext, 'requestId'>,
  status = 200,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
    },
  });
}

/** The body as text, in the encoding it was sent in. @throws GatewayError body-too-large, body-malformed. */
export async function readBounded(request: Request, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      throw new GatewayError({
        reason: 'body-too-large',
        text: `Le corps dépasse ${Math.floor(bytesMax / 1024)} Kio.`,
      });
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  const text = decodeText(whole, request.headers.get('Content-Type') ?? undefined);
  if (text !== undefined) return text;
  throw new GatewayError({
    reason: 'body-malformed',
    text: "L'encodage du corps ne peut être reconnu : l'envoyer en UTF-8.",
  });
}

/** The body as JSON. @throws GatewayError body-too-large, body-malformed. */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  const text = await readBounded(request, bytesMax);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new GatewayError({ reason: 'body-malformed', text: "Le corps n'est pas du JSON." });
  }
}

// What every route shares: the request as handlers see it, and the responses they give.

import type { Resource } from 'fhir/r4';
import { type GatewayError, REASONS } from '../../shared/error.ts';
import { errorOutcome } from '../../shared/fhir/operation-outcome.ts';
import type { Config } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import type { Caller } from './auth.ts';
import { encodingHeaders } from './content-encoding.ts';
import { PACED_LENGTH_MIN, pacedBody, type Reader } from './paced-body.ts';
import type { Sender } from './relay-token.ts';

/** One request as handlers see it. */
export interface RequestContext {
  readonly request: Request;
  readonly url: URL;
  /** Base of the FHIR face as callers see it, without a last slash. */
  readonly fhirBase: string;
  readonly env: Env;
  readonly config: Config;
  readonly requestId: string;
  /** For logs and for who is asked on: the caller's own when it is well-formed. It opens nothing. */
  readonly traceId?: string;
  readonly startedMs: number;
  readonly caller: Caller | undefined;
  /** Of whoever's allowance is spent: `token:SUBJECT`, `front:NAME`. Undefined on routes that need neither. */
  readonly callerKey: string | undefined;
  /** On routes that need a relay. */
  readonly sender: Sender | undefined;
  /** What the path's `:names` stand for. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** The media type of what the FHIR face answers. */
export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

/**
 * For what is the same for everybody and holds our own address. Kept by others only when the address is a setting's: a
 * request may give a port or a name that is not the next one's.
 */
export function publicCache({ config }: Partial<Pick<RequestContext, 'config'>>): {
  readonly 'Cache-Control': string;
} {
  return { 'Cache-Control': config?.publicUrl === undefined ? 'no-store' : 'public, max-age=300' };
}

/** A text is sent as it is; a long one compressed, to who asks for it. */
export function fhirResponse(
  body: string | Uint8Array<ArrayBuffer> | Resource,
  context: Pick<RequestContext, 'requestId'> & Partial<Reader>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const written = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return new Response(paced(written, context), {
    status,
    headers: {
      'Content-Type': FHIR_JSON,
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
      ...encodingHeaders(written.length, context.request),
      ...headers,
    },
  });
}

/** At the caller's pace, as far as it has one; a refusal, which knows no request, is short. */
function paced(
  written: string | Uint8Array<ArrayBuffer>,
  { request, requestId, callerKey, waitUntil }: Pick<Reader, 'requestId'> & Partial<Reader>,
) {
  if (request === undefined || waitUntil === undefined || written.length < PACED_LENGTH_MIN) return written;
  const bytes = typeof written === 'string' ? new TextEncoder().encode(written) : written;
  return pacedBody(bytes, { request, requestId, callerKey, waitUntil });
}

const RETRY_AFTER_S = '5';

/** The refusal as an OperationOutcome. */
export function errorResponse(error: GatewayError, requestId: string): Response {
  const { status } = REASONS[error.reason];
  return fhirResponse(errorOutcome(error, requestId), { requestId }, status, refusalHeaders(error));
}

/** What goes with a refusal, whatever its body. */
export function refusalHeaders({ reason, headers }: GatewayError): Readonly<Record<string, string>> {
  return { ...(REASONS[reason].retryable ? { 'Retry-After': RETRY_AFTER_S } : {}), ...headers };
}

/** Plain JSON, not to be stored. */
export function jsonResponse(
  body: unknown,
  context: Pick<RequestContext, 'requestId'> & Partial<Reader>,
  status = 200,
): Response {
  return new Response(paced(JSON.stringify(body), context), {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
    },
  });
}

/**
 * Set whatever the handler said.
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
const ALWAYS = {
  // Over plain HTTP, on a developer's machine, browsers pass over it (RFC 6797 § 8.1).
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const;

/** The same answer; what does not say how long it may be kept may not. An upgraded connection is no answer to keep. */
export function withSafeHeaders(response: Response): Response {
  if (response.webSocket) return response;
  const safe = canChange(response) ? response : new Response(response.body, response);
  for (const [name, value] of Object.entries(ALWAYS)) safe.headers.set(name, value);
  if (!safe.headers.has('Cache-Control')) safe.headers.set('Cache-Control', 'no-store');
  return safe;
}

/** What came from another object has headers that are as they are. */
function canChange({ headers }: Response): boolean {
  try {
    headers.set('X-Content-Type-Options', ALWAYS['X-Content-Type-Options']);
    return true;
  } catch {
    return false;
  }
}

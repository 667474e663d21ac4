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
  { request, callerKey, waitUntil }: Partial<Reader>,
) {
  if (request === undefined || waitUntil === undefined || written.length < PACED_LENGTH_MIN) return written;
  const bytes = typeof written === 'string' ? new TextEncoder().encode(written) : written;
  return pacedBody(bytes, { request, callerKey, waitUntil });
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

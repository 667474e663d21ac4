// What every route shares: the request as handlers see it, and the responses they give.

import type { Resource } from 'fhir/r4';
import { type GatewayError, REASONS } from '../shared/error.ts';
import { errorOutcome } from '../shared/fhir/operation-outcome.ts';
import type { Caller } from './auth.ts';
import type { Config, Env } from './config.ts';

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
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export function fhirResponse(
  body: string | Resource,
  context: Pick<RequestContext, 'requestId'>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
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
  const { status, retryable } = REASONS[error.reason];
  return fhirResponse(errorOutcome(error, requestId), { requestId }, status, {
    ...(retryable ? { 'Retry-After': RETRY_AFTER_S } : {}),
    ...error.headers,
  });
}

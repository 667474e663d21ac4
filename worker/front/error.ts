// How a refusal reads under /aggregator/: `{"code", "message"}`, never an OperationOutcome. The front's log keeps
// the first hundred characters of it. docs/guide.md G-901.

import { type GatewayError, REASONS } from '../../shared/error.ts';
import { jsonResponse, refusalHeaders } from '../http/http.ts';

/** Everything under it is the front's face. */
export const FRONT_PREFIX = '/aggregator/';

/** A refusal as the front reads it: `{code, message}`. */
export function frontErrorResponse(error: GatewayError, requestId: string): Response {
  const { status } = REASONS[error.reason];
  const response = jsonResponse({ code: status, message: error.text }, { requestId }, status);
  for (const [name, value] of Object.entries(refusalHeaders(error))) response.headers.set(name, value);
  return response;
}

// From a request to its handler: settings, host name, route, content negotiation, token, scope; and from whatever goes
// wrong to one OperationOutcome, to the shape that the SAS front reads, or to a browser's page. The only place that
// answers errors.

import { type IRequestStrict, IttyRouter } from 'itty-router';
import { GatewayError, REASONS, type Reason } from '../shared/error.ts';
import { newTraceId, readTraceparent } from '../shared/link/trace.ts';
import { readFormat } from '../shared/sas/search-parameters.ts';
import { pendingBytes } from './base/callers/pending-bytes.ts';
import { type Config, readConfig } from './base/config.ts';
import type { Env } from './base/env.ts';
import { describeUnexpected, log } from './base/log.ts';
import { EVENT_STREAM } from './fhir/progressive-answer.ts';
import { enter, refuseOtherDoor } from './front/door.ts';
import { FRONT_PREFIX, frontErrorResponse } from './front/error.ts';
import { gateOf } from './gate/gate-of.ts';
import type { ToldFault } from './gate/stores.ts';
import { authenticate, authenticateFront, authorise } from './http/auth.ts';
import { errorResponse, type RequestContext, withSafeHeaders } from './http/http.ts';
import { refusalPage, wantsPage } from './http/refusal-page.ts';
import { authenticateSender } from './http/relay-token.ts';
import type { Route } from './http/route.ts';
import { ROUTES } from './routes.ts';
import { faultSeen, lookAt, refuseLost } from './store/loss.ts';

interface RouteArguments {
  readonly env: Env;
  readonly execution: ExecutionContext;
  readonly requestId: string;
  readonly traceId: string;
  readonly startedMs: number;
}

/** `:id+` in a path takes slashes, and also nothing; itty-router's own `+` wants at least one character. */
const patternOf = (path: string): string => path.replace(/:(\w+)\+/g, '(?<$1>[^]{0,})');

const router = IttyRouter<IRequestStrict, [RouteArguments]>();
for (const route of ROUTES) {
  const serve = (request: IRequestStrict, given: RouteArguments): Promise<Response> =>
    serveRoute(route, request as unknown as Request, request.params ?? {}, given);
  const pattern = patternOf(route.path);
  if (route.method === 'GET') {
    router.get(pattern, serve);
    router.head(pattern, serve);
  } else if (route.method === 'POST') router.post(pattern, serve);
  else if (route.method === 'PUT') router.put(pattern, serve);
  else router.delete(pattern, serve);
}
for (const path of new Set(ROUTES.map((route) => route.path))) {
  const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
  const allow = [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].join(', ');
  router.options(
    patternOf(path),
    (_request, { requestId }) =>
      new Response(null, { status: 204, headers: { Allow: allow, 'X-Request-Id': requestId } }),
  );
  router.all(patternOf(path), (request) => {
    throw new GatewayError({
      reason: 'method-not-allowed',
      text: `La méthode ${request.method} n'est pas admise ici.`,
      headers: { Allow: allow },
    });
  });
}
router.all('*', () => {
  throw new GatewayError({ reason: 'not-found', text: "Ce chemin n'existe pas." });
});

/** Answers every request; never rejects. */
export async function handleRequest(
  request: Request,
  env: Env,
  execution: ExecutionContext,
): Promise<Response> {
  const given: RouteArguments = {
    env,
    execution,
    requestId: requestIdOf(request),
    traceId: readTraceparent(request.headers.get('traceparent')) ?? newTraceId(),
    startedMs: Date.now(),
  };
  const response = await answer(request, given).catch((cause: unknown) => fail(cause, request, given));
  return withSafeHeaders(request.method === 'HEAD' ? new Response(null, response) : response);
}

async function answer(request: Request, given: RouteArguments): Promise<Response> {
  enter(readConfig(given.env).doors, request.url);
  return router.fetch(request, given);
}

/** The caller's own id when it looks like one, so that both logs can be joined; else a new one. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('X-Request-Id') ?? '';
  return /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : crypto.randomUUID();
}

async function serveRoute(
  route: Route,
  request: Request,
  parameters: Readonly<Record<string, string | undefined>>,
  given: RouteArguments,
): Promise<Response> {
  const url = new URL(request.url);
  const config = readConfig(given.env);
  const context: RequestContext = {
    request,
    url,
    fhirBase: `${baseOf(url, config)}/fhir`,
    env: given.env,
    config,
    requestId: given.requestId,
    traceId: given.traceId,
    startedMs: given.startedMs,
    caller: undefined,
    callerKey: undefined,
    sender: undefined,
    parameters,
    waitUntil: (promise) =>
      given.execution.waitUntil(promise.catch((cause: unknown) => noteBehind(cause, given))),
  };
  refuseOtherDoor(config.doors, route, url);
  if (route.needs === 'open') return handle(route, context);
  if (route.needs === 'front') {
    const caller = await authenticateFront(request, config);
    return handle(route, admit({ ...context, caller, callerKey: `front:${caller.subject}` }));
  }
  if (route.needs === 'relay') {
    const sender = await authenticateSender(request, config);
    negotiate(request);
    return handle(route, { ...context, sender });
  }
  const { waitUntil } = context;
  const caller = await authenticate(request, config, { waitUntil, store: () => gateOf(given.env) });
  authorise(caller, route.needs);
  if (route.path.startsWith('/fhir/')) negotiate(request, route.streams === true);
  return handle(route, admit({ ...context, caller, callerKey: `token:${caller.subject}` }));
}

/** One for whom much waits that he does not read gets no more. @throws GatewayError too-many-requests */
function admit(context: RequestContext & { readonly callerKey: string }): RequestContext {
  const { callerKey, config } = context;
  if (pendingBytes.of(callerKey) < config.callerLimits(callerKey).pendingMiB * 1024 * 1024) return context;
  throw new GatewayError({
    reason: 'too-many-requests',
    text: 'Trop de réponses attendent d’être lues sous ce jeton : lire celles qui sont envoyées, puis recommencer.',
    detail: 'pendingMiB',
  });
}

/** What a caller must not hear of a database that has lost what was acknowledged: "none" would be a lie. */
const SAYS_NONE: ReadonlySet<Reason> = new Set([
  ...(['not-found', 'version-conflict', 'editor-not-announced', 'credentials-invalid'] as const),
]);
/** What a database says of itself: the alarm and the probes hear of it now, and not in a minute. */
const SAYS_ILL: ReadonlySet<Reason> = new Set([
  ...(['storage-unavailable', 'storage-full', 'storage-read-only', 'storage-damaged'] as const),
]);

/** Around a handler whose answer rests on a database: worker/store/loss.ts. */
async function handle(route: Route, context: RequestContext): Promise<Response> {
  const { rests, needs, method, path } = route;
  if (rests === undefined) return route.handler(context);
  const { env } = context;
  // Who signs in by a setting does so without a database.
  if (needs !== 'open') await refuseLost(env, rests);
  try {
    const response = await route.handler(context);
    // Appointments are counted in their own transaction (worker/appointments/write.ts).
    if (rests === 'core' && method !== 'GET' && !path.endsWith('_search')) await lookAt(env, rests);
    return response;
  } catch (cause) {
    const reason = cause instanceof GatewayError ? cause.reason : 'internal';
    if (SAYS_ILL.has(reason)) context.waitUntil(lookAt(env, rests, true));
    if (SAYS_NONE.has(reason)) {
      const asked = reason === 'editor-not-announced' ? 'core' : rests;
      // What anybody may try without being known is not looked at each time.
      await refuseLost(env, asked, reason === 'not-found' ? 0 : undefined);
    }
    const fault = reason === 'storage-unavailable' ? faultSeen(env, rests) : undefined;
    throw fault === undefined ? cause : named(cause as GatewayError, fault);
  }
}

/** D1 said less of itself than was found out since. */
function named({ text, detail = '' }: GatewayError, fault: ToldFault): GatewayError {
  return new GatewayError({ reason: `storage-${fault}`, text, detail });
}

/** What goes on behind an answer answers nobody: only the log can tell that it failed. */
function noteBehind(cause: unknown, { requestId }: RouteArguments): void {
  log('error', 'work-behind-an-answer-failed', {
    requestId,
    detail: cause instanceof GatewayError ? cause.reason : describeUnexpected(cause),
  });
}

function baseOf(url: URL, config: Config): string {
  return config.publicUrl ?? url.origin;
}

/** 406 only when the caller's Accept leaves no room for JSON (docs/guide.md G-103). */
function negotiate(request: Request, streams = false): void {
  const accept = request.headers.get('Accept') ?? '';
  const ranges = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  const isJson = (range: string): boolean =>
    range === '' ||
    range === '*/*' ||
    (streams && range === EVENT_STREAM) ||
    range === 'application/*' ||
    /^(application|text)\/(fhir\+json|json\+fhir|json)$/.test(range);
  if (!ranges.some(isJson)) readFormat(ranges[0] ?? '');
}

async function fail(cause: unknown, request: Request, given: RouteArguments): Promise<Response> {
  const error =
    cause instanceof GatewayError
      ? cause
      : new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
  const { status, level, fault } = REASONS[error.reason];
  log(level, 'request-refused', {
    requestId: given.requestId,
    traceId: given.traceId,
    method: request.method,
    reason: error.reason,
    fault,
    status,
    durationMs: Date.now() - given.startedMs,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.reason === 'internal' ? { detail: describeUnexpected(cause) } : {}),
  });
  // Who is refused for wanting something else than JSON is told so in JSON: it may be a program. A name that is not ours
  // is written on no page.
  if (wantsPage(request) && !['format-not-supported', 'host-unknown'].includes(error.reason))
    return refusalPage(error, request, given.env, given.requestId);
  const isFront = URL.parse(request.url)?.pathname.startsWith(FRONT_PREFIX) === true;
  return (isFront ? frontErrorResponse : errorResponse)(error, given.requestId);
}

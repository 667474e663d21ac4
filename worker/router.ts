// From a request to its handler: settings, route, content negotiation, token, scope; and from whatever goes
// wrong to one OperationOutcome, to the shape that the SAS front reads, or to a browser's page. The only place that
// answers errors.

import { type IRequestStrict, IttyRouter } from 'itty-router';
import { GatewayError, REASONS } from '../shared/error.ts';
import { readFormat } from '../shared/sas/search-parameters.ts';
import { pendingBytes } from './base/callers/pending-bytes.ts';
import { type Config, readConfig } from './base/config.ts';
import type { Env } from './base/env.ts';
import { describeUnexpected, log } from './base/log.ts';
import { EVENT_STREAM } from './fhir/progressive-answer.ts';
import { refuseBrowserDoor } from './front/door.ts';
import { FRONT_PREFIX, frontErrorResponse } from './front/error.ts';
import { gateOf } from './gate/gate-of.ts';
import { authenticate, authenticateFront, authorise } from './http/auth.ts';
import { errorResponse, type RequestContext } from './http/http.ts';
import { refusalPage, wantsPage } from './http/refusal-page.ts';
import { authenticateSender } from './http/relay-token.ts';
import type { Route } from './http/route.ts';
import { ROUTES } from './routes.ts';

interface RouteArguments {
  readonly env: Env;
  readonly execution: ExecutionContext;
  readonly requestId: string;
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
    startedMs: Date.now(),
  };
  try {
    const response = await router.fetch(request, given);
    return request.method === 'HEAD' ? new Response(null, response) : response;
  } catch (cause) {
    return await fail(cause, request, given);
  }
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
    startedMs: given.startedMs,
    caller: undefined,
    callerKey: undefined,
    sender: undefined,
    parameters,
    waitUntil: (promise) =>
      given.execution.waitUntil(promise.catch((cause: unknown) => noteBehind(cause, given))),
  };
  if (route.door === 'server') refuseBrowserDoor(config.front, url);
  if (route.needs === 'open') return route.handler(context);
  if (route.needs === 'front') {
    const caller = await authenticateFront(request, config);
    return route.handler(admit({ ...context, caller, callerKey: `front:${caller.subject}` }));
  }
  if (route.needs === 'relay') {
    const sender = await authenticateSender(request, config);
    negotiate(request);
    return route.handler({ ...context, sender });
  }
  const { waitUntil } = context;
  const caller = await authenticate(request, config, { waitUntil, store: () => gateOf(given.env) });
  authorise(caller, route.needs);
  if (route.path.startsWith('/fhir/')) negotiate(request, route.streams === true);
  return route.handler(admit({ ...context, caller, callerKey: `token:${caller.subject}` }));
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
    method: request.method,
    reason: error.reason,
    fault,
    status,
    durationMs: Date.now() - given.startedMs,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.reason === 'internal' ? { detail: describeUnexpected(cause) } : {}),
  });
  const isFront = new URL(request.url).pathname.startsWith(FRONT_PREFIX);
  // Who is refused for wanting something else than JSON is told so in JSON: it may be a program.
  const response =
    wantsPage(request) && error.reason !== 'format-not-supported'
      ? await refusalPage(error, request, given.env, given.requestId)
      : (isFront ? frontErrorResponse : errorResponse)(error, given.requestId);
  return request.method === 'HEAD' ? new Response(null, response) : response;
}

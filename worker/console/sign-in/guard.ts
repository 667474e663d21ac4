// The one way into the console's screens: session, role, and for a form that it is the session's own. What goes wrong becomes a
// page in the console's frame. The cookie means nothing outside /console/.

import { GatewayError, REASONS } from '../../../shared/error.ts';
import { sha256, sha256Hex } from '../../../shared/hash.ts';
import { html } from '../../../shared/html.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import { readText } from '../../http/body.ts';
import { type RequestContext, refusalHeaders } from '../../http/http.ts';
import { barePage, type Frame, framedPage } from '../frame/page.ts';
import { type ConsoleContext, type ConsoleRoute, type Screen, seeOther } from '../model/context.ts';
import { refuseParameters } from '../model/parameters.ts';
import { type ConsoleUser, mayOpen } from '../model/roles.ts';
import { noteSeen, readSession, type Session } from '../tables/sessions.ts';

/** The cookie's name: the browser takes it only secure, for this host and for every path. */
export const COOKIE = '__Host-passerelle';
const FORM_BYTES_MAX = 8_192;

/** The cookie's secret; undefined without one. */
function cookieOf(request: Request): string | undefined {
  const cookies = (request.headers.get('Cookie') ?? '').split(/; */);
  const own = cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return own !== undefined && /^[\w-]{43}$/.test(own) ? own : undefined;
}

/** What a form of the session carries: who does not have the cookie cannot make it. */
async function formTokenOf(cookie: string): Promise<string> {
  return btoa(String.fromCharCode(...(await sha256(`console-form\n${cookie}`))));
}

/** A form comes from a page of ours. @throws GatewayError form-refused. */
export function refuseCrossSite({ headers }: Request): void {
  if (headers.get('Sec-Fetch-Site') === 'same-origin') return;
  throw new GatewayError({
    reason: 'form-refused',
    text: 'Ce formulaire n’a pas été envoyé par une page de cette console ; rien n’a été changé.',
  });
}

/** @throws GatewayError media-type-not-supported, body-*. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new GatewayError({ reason: 'media-type-not-supported', text: 'Un formulaire est attendu.' });
  }
  return new URLSearchParams(await readText(request, FORM_BYTES_MAX));
}

/** Runs one screen for whoever may open it. `all`: every row, for the menu. Answers each refusal as a page. */
export async function serveScreen(
  route: ConsoleRoute,
  all: readonly ConsoleRoute[],
  context: RequestContext,
): Promise<Response> {
  let inside: ConsoleContext | undefined;
  try {
    if (route.method === 'POST') refuseCrossSite(context.request);
    const entered = await enter(context);
    if (entered === undefined) return refuseOutsider(route, context);
    inside = entered;
    if (!mayOpen(inside.user, route.roles)) {
      throw new GatewayError({ reason: 'scope-missing', text: 'Votre rôle n’ouvre pas cet écran.' });
    }
    refuseParameters(context.url.searchParams, route.parameters);
    if (route.method === 'POST') inside = { ...inside, form: await readOwnForm(inside) };
    const answer = await route.screen(inside);
    return answer instanceof Response ? answer : framedPage(inside, frameOf(inside.user, route, all), answer);
  } catch (cause) {
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
    noteRefusal(error, cause, context);
    const screen = refusalScreen(error);
    const page =
      inside === undefined
        ? barePage(context, screen)
        : framedPage(inside, frameOf(inside.user, route, all), screen);
    for (const [name, value] of Object.entries(refusalHeaders(error))) page.headers.set(name, value);
    return page;
  }
}

/** Undefined: nobody is in. @throws GatewayError storage-unavailable: whether somebody is cannot be told. */
async function enter(context: RequestContext): Promise<ConsoleContext | undefined> {
  const cookie = cookieOf(context.request);
  if (cookie === undefined) return undefined;
  const { env, startedMs } = context;
  const session = await readSession(env.DB, await sha256Hex(cookie), startedMs);
  if (session === undefined) return undefined;
  if (session.isToBeSeen) context.waitUntil(noteSeen(env.DB, session.id, startedMs));
  return {
    ...context,
    callerKey: callerKeyOf(session),
    user: session.user,
    session: session.id,
    formToken: await formTokenOf(cookie),
    form: new URLSearchParams(),
  };
}

function callerKeyOf({ user }: Session): string {
  return `console:${user.subject}`;
}

/** @throws GatewayError form-refused. */
async function readOwnForm({ request, formToken }: ConsoleContext): Promise<URLSearchParams> {
  const form = await readForm(request);
  // Both sides are hashed: how long comparing takes says nothing of the token.
  if ((await sha256Hex(form.get('jeton') ?? '')) === (await sha256Hex(formToken))) return form;
  throw new GatewayError({
    reason: 'form-refused',
    text: 'Ce formulaire n’est pas de votre session ; rien n’a été changé. Rouvrez la page, puis recommencez.',
  });
}

function refuseOutsider({ method }: ConsoleRoute, context: RequestContext): Response {
  if (method === 'GET') return seeOther('/console/entree', { 'X-Request-Id': context.requestId });
  throw new GatewayError({
    reason: 'session-missing',
    text: 'Votre session est finie ; rien n’a été changé. Rentrez dans la console, puis recommencez.',
  });
}

/** What a user may open, of the menu and of the search box. */
function frameOf(user: ConsoleUser, current: ConsoleRoute, all: readonly ConsoleRoute[]): Frame {
  const open = all.filter(({ roles }) => mayOpen(user, roles));
  const isCurrent = (path: string): boolean => current.path === path || current.path.startsWith(`${path}/`);
  return {
    menu: open.flatMap(({ menu, path }) =>
      menu === undefined ? [] : [{ path, name: menu, isCurrent: isCurrent(path) }],
    ),
    hasSearch: open.some(({ path }) => path === '/console/recherche'),
  };
}

const TITLES: Readonly<Record<number, string>> = {
  403: 'Refusé',
  404: 'Rien à cette adresse',
  409: 'L’état a changé entre-temps',
};

/** A refusal as a page: the sentence, then the way on. */
export function refusalScreen({ reason, text }: GatewayError): Screen {
  const { status } = REASONS[reason];
  const fallback =
    status >= 500 ? 'Cet écran ne peut pas être montré pour l’instant' : 'Demande non comprise';
  const way =
    reason === 'session-missing'
      ? html`<p><a href="/console/entree">Rentrer dans la console</a></p>`
      : html`<p><a href="/console">Revenir à l’accueil de la console</a></p>`;
  return { title: TITLES[status] ?? fallback, status, body: html`<p class="note down">${text}</p>${way}` };
}

/** As worker/router.ts logs the refusals of programs. */
export function noteRefusal(error: GatewayError, cause: unknown, context: RequestContext): void {
  const { status, level, fault } = REASONS[error.reason];
  log(level, 'request-refused', {
    requestId: context.requestId,
    method: context.request.method,
    reason: error.reason,
    fault,
    status,
    durationMs: Date.now() - context.startedMs,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.reason === 'internal' ? { detail: describeUnexpected(cause) } : {}),
  });
}

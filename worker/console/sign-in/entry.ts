// GET and POST /console/entree: one page with one button, which uses the link; POST /console/sortie. A program that looks at
// links in messages uses nothing up, as only the POST does.

import { base64url } from 'jose';
import { GatewayError } from '../../../shared/error.ts';
import { sha256Hex } from '../../../shared/hash.ts';
import { html } from '../../../shared/html.ts';
import type { RequestContext } from '../../http/http.ts';
import { barePage } from '../frame/page.ts';
import { type ConsoleContext, type Screen, seeOther } from '../model/context.ts';
import { noteAct } from '../tables/note-act.ts';
import { endSession, enterOnce, SESSION_MS } from '../tables/sessions.ts';
import { COOKIE, noteRefusal, readForm, refusalScreen, refuseCrossSite } from './guard.ts';
import { readLink } from './link-code.ts';

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax';
const CODE_CHARS_MAX = 2_000;

/** GET /console/entree. */
export function answerEntry(context: RequestContext): Response {
  return barePage(context, entryScreen(context, context.url.searchParams.get('code') ?? ''));
}

function entryScreen({ config }: RequestContext, code: string): Screen {
  const title = 'Entrer dans la console';
  if (config.console.links === 'off') {
    return {
      title,
      body: html`<p class="note">Aucune entrée n’est ouverte à cette adresse : le réglage <code>CONSOLE_LINKS</code> est à <code>off</code>.</p>`,
    };
  }
  if (code === '' || code.length > CODE_CHARS_MAX) {
    return {
      title,
      body: html`<p>On entre par un lien à usage unique, valable dix minutes. <code>npm start</code> en imprime un ; celui-ci en fait un autre :</p>
<p><code>npm run console-link -- --state DOSSIER --role exploitant</code></p>`,
    };
  }
  return {
    title,
    body: html`<p>Ce lien sert une seule fois. La session dure douze heures, ou une heure sans activité.</p>
<form method="post" action="/console/entree"><input type="hidden" name="code" value="${code}">
<button autofocus>Entrer</button></form>`,
  };
}

/** POST /console/entree: uses the link. Each refusal is a page. */
export async function useEntry(context: RequestContext): Promise<Response> {
  try {
    return await enter(context);
  } catch (cause) {
    const error = refusedLink(cause);
    noteRefusal(error, cause, context);
    return barePage(context, refusalScreen(error));
  }
}

/** Whoever tries a link is told no more than that it is none. */
function refusedLink(cause: unknown): GatewayError {
  if (!(cause instanceof GatewayError)) {
    return new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
  }
  if (!cause.reason.startsWith('token-')) return cause;
  return new GatewayError({
    reason: 'session-missing',
    text: 'Ce lien ne vaut pas, ou ne vaut plus : il sert une seule fois, dix minutes au plus.',
    detail: cause.reason,
  });
}

/** @throws GatewayError form-refused, token-*, session-missing, storage-unavailable. */
async function enter(context: RequestContext): Promise<Response> {
  const { request, config, env, requestId, startedMs } = context;
  refuseCrossSite(request);
  const form = await readForm(request);
  if (config.console.links === 'off') {
    throw new GatewayError({
      reason: 'session-missing',
      text: 'Aucune entrée n’est ouverte à cette adresse.',
    });
  }
  const { id, untilMs, user } = await readLink(form.get('code') ?? '', context);
  const cookie = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  const session = await sha256Hex(cookie);
  const isFirst = await enterOnce(env.DB, { code: await sha256Hex(id), untilMs, session, user }, startedMs);
  if (!isFirst) throw new GatewayError({ reason: 'token-expired', text: 'Ce lien a déjà servi.' });
  await noteAct({ env, user, requestId, startedMs }, { act: 'entrer', after: user.roles.join('+') });
  return seeOther('/console', {
    'Set-Cookie': `${COOKIE}=${cookie}; ${ATTRIBUTES}; Max-Age=${SESSION_MS / 1_000}`,
    'X-Request-Id': requestId,
  });
}

/** POST /console/sortie. */
export async function leave(context: ConsoleContext): Promise<Response> {
  await endSession(context.env.DB, context.session);
  await noteAct(context, { act: 'sortir' });
  const page = barePage(context, {
    title: 'Vous êtes sorti de la console',
    body: html`<p><a href="/console/entree">Rentrer</a></p>`,
  });
  page.headers.set('Set-Cookie', `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`);
  return page;
}

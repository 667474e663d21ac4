// The frame of every page of the console: skip link, environment, clock, role, sign-out, search box, menu. Works without script.
// The policy lets in nothing but the console's own files.

import { type Html, html, join } from '../../../shared/html.ts';
import { VERSION } from '../../../shared/version.ts';
import { hostOf } from '../../base/host-names.ts';
import type { RequestContext } from '../../http/http.ts';
import type { ConsoleContext, Screen } from '../model/context.ts';
import { writeClock } from '../model/moment.ts';
import { ICON_PATH, STYLE_PATH } from './assets.ts';
import { tokenField } from './parts.ts';

/** docs/console.md "Sécurité". */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types passerelle";

/** What the frame offers to this user. */
export interface Frame {
  readonly menu: readonly { readonly path: string; readonly name: string; readonly isCurrent: boolean }[];
  readonly hasSearch: boolean;
}

/** A page for somebody who is in. */
export function framedPage(context: ConsoleContext, frame: Frame, screen: Screen): Response {
  return document(
    context,
    screen,
    join([
      header(context, frame),
      html`<main id="contenu" tabindex="-1">
<h1>${screen.title}</h1>
${screen.body}
</main>`,
      footer(context),
    ]),
  );
}

/** A page for somebody who is not: no menu, nothing of what the edge knows. */
export function barePage(context: RequestContext, screen: Screen): Response {
  return document(
    context,
    screen,
    html`<main class="alone">
<p class="muted">Console de la passerelle SAS · ${environmentOf(context)}</p>
<h1>${screen.title}</h1>
${screen.body}
<p class="muted">Référence : <code>${context.requestId}</code></p>
</main>`,
  );
}

function document({ requestId }: RequestContext, { title, status = 200 }: Screen, body: Html): Response {
  const page = html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Console de la passerelle SAS</title>
<link rel="stylesheet" href="${STYLE_PATH}">
<link rel="icon" type="image/svg+xml" href="${ICON_PATH}">
</head>
<body>
${body}
</body>
</html>
`;
  return new Response(page.text, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': POLICY,
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'X-Request-Id': requestId,
    },
  });
}

/** In the operator's words, else the host name. */
function environmentOf({ config, url }: RequestContext): string {
  return config.console.environment ?? hostOf(url);
}

function header(context: ConsoleContext, { menu, hasSearch }: Frame): Html {
  const { user, startedMs } = context;
  const role =
    user.vendor === undefined ? user.roles.join(', ') : `${user.roles.join(', ')} (${user.vendor})`;
  const entries = menu.map(({ path, name, isCurrent }) =>
    isCurrent
      ? html`<li><a href="${path}" aria-current="page">${name}</a></li>`
      : html`<li><a href="${path}">${name}</a></li>`,
  );
  return html`<header class="top"><div>
<a class="skip" href="#contenu">Aller au contenu</a>
<div class="bar">
<span class="name">Passerelle SAS</span>
<span class="env">${environmentOf(context)}</span>
<span>Page de ${writeClock(startedMs)}</span>
${hasSearch ? searchForm(context) : html``}
<form class="push" method="post" action="/console/sortie">${tokenField(context)}<span>${role}</span>
<button class="plain">Sortir</button></form>
</div>
<nav aria-label="Écrans"><ul>
${join(entries)}
</ul></nav>
</div></header>`;
}

function searchForm(context: ConsoleContext): Html {
  return html`<form method="post" action="/console/recherche" role="search">${tokenField(context)}
<input name="q" aria-label="Référence de requête, éditeur ou r-…" placeholder="référence, éditeur, r-…" autocomplete="off" required maxlength="64" size="22">
<button class="plain">Chercher</button></form>`;
}

function footer({ requestId }: ConsoleContext): Html {
  return html`<footer class="foot">Passerelle ${VERSION.number} · référence de cette page : <code>${requestId}</code> · la page ne se rafraîchit pas seule : <a href="">actualiser</a></footer>`;
}

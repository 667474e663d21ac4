// The short pages that a person meets: a link that leads nowhere, a refusal, the front door. One sentence of what
// happened, what to do, a way on, whom to ask, the reference. Without script: "back" is a link.

import { type Html, html } from '../../shared/html.ts';
import type { Config } from '../base/config.ts';
import { hostOf } from '../base/host-names.ts';
import { pageResponse } from './html-page.ts';
import type { RequestContext } from './http.ts';

const STYLE = `:root {
  color-scheme: light dark;
  --text: #161616; --muted: #52525b; --line: #d4d4d8; --back: #fff; --link: #000091;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #ececf1; --muted: #b4b4bf; --line: #44444f; --back: #17171c; --link: #a3a3ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 40rem; padding: 2.5rem 1.25rem; background: var(--back); color: var(--text); font: 1.125rem/1.6 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
li { margin: .25rem 0; }
a { color: var(--link); text-underline-offset: .2em; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.service { margin: 0 0 2rem; font-weight: 600; }
.way { margin-top: 1.75rem; }
.way a { display: inline-block; padding: .5rem 1rem; border: 2px solid currentColor; border-radius: .25rem; font-weight: 600; text-decoration: none; }
.end { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9375rem; color: var(--muted); }
@media print { body { max-width: none; padding: 0; } .way a { border: 0; padding: 0; text-decoration: underline; } }
`;

/** A page of one text. */
export interface PlainPage {
  readonly title: string;
  readonly text: Html;
  /** Where the reader goes from here. */
  readonly way?: Html;
  readonly requestId: string;
  /** Whom to ask, as the setting SUPPORT_CONTACT says; undefined: whoever runs the reader's platform. */
  readonly contact: string | undefined;
}

/** `status`: HTTP. */
export function plainPage(
  { title, text, way, requestId, contact }: PlainPage,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = html`<main>
<p class="service">Service d’accès aux soins</p>
<h1>${title}</h1>
${text}
${way ?? html``}
<div class="end">
<p>${askWhom(contact)}</p>
<p>Référence à donner en cas de problème : <code>${requestId}</code></p>
</div>
</main>`;
  return pageResponse({ title, style: STYLE, body, requestId }, status, headers);
}

function askWhom(contact: string | undefined): Html {
  if (contact === undefined) {
    return html`Besoin d’aide : le support de votre plateforme SAS, ou l’exploitant de ce service.`;
  }
  return html`Besoin d’aide : ${linkTo(contact)}.`;
}

function linkTo(contact: string): Html {
  if (/^https:\/\/\S+$/.test(contact)) return html`<a href="${contact}">${contact}</a>`;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`;
  const digits = contact.replace(/[\s.]/g, '');
  return /^\+?\d{4,15}$/.test(digits) ? html`<a href="tel:${digits}">${contact}</a>` : html`${contact}`;
}

const REFERER_CHARS_MAX = 2_000;

/**
 * Back to where a regulator came from: the page that the browser names, when it is one of the SAS front's; else the
 * front itself, where it is known; and words, for a browser's own ways back. Whatever other page names itself in `Referer` is never linked to.
 */
export function wayBack({
  request,
  url,
  config,
}: Pick<RequestContext, 'request' | 'url'> & { readonly config: Config | undefined }): Html {
  const front = frontOf(url, config?.sasUrl);
  const from = readReferer(request.headers.get('Referer'));
  const isFronts =
    from !== undefined &&
    (from.host === front?.host || config?.doors.browserHosts.has(hostOf(from)) === true);
  const link = isFronts
    ? html`<a href="${from.href}">Revenir à la recherche</a>`
    : front === undefined
      ? html`<a href="${config?.publicUrl ?? ''}/">Ce qu’est ce service</a>`
      : html`<a href="${front.href}">Revenir au SAS</a>`;
  return html`<p class="way">${link}</p>
<p>Si ce lien s’est ouvert dans un nouvel onglet, fermez-le : votre recherche est restée dans le précédent. Sinon, revenez en arrière dans votre navigateur (Alt + ←).</p>`;
}

/** Under /aggregator/ the edge stands at the front's own address. */
function frontOf(url: URL, sasUrl: string | undefined): URL | undefined {
  if (sasUrl !== undefined) return new URL(sasUrl);
  return url.pathname.startsWith('/aggregator/') ? new URL('/', url) : undefined;
}

function readReferer(text: string | null): URL | undefined {
  if (text === null || text.length > REFERER_CHARS_MAX || !URL.canParse(text)) return undefined;
  const from = new URL(text);
  // A page that reloads itself would lead back to itself.
  const isPage = from.protocol === 'https:' || from.protocol === 'http:';
  return isPage && !/\/r\/[^/]*$/.test(from.pathname) ? from : undefined;
}

/** The ways on that this edge has to offer, at the address by which it is reached; none at the front's. */
export function waysOn(url: URL, publicUrl: string | undefined): Html {
  if (url.pathname.startsWith('/aggregator/')) return html``;
  const base = publicUrl ?? '';
  return html`<ul>
<li><a href="${base}/">Ce qu’est ce service, et à qui il s’adresse</a></li>
<li><a href="${base}/docs">La documentation de l’API</a></li>
</ul>`;
}

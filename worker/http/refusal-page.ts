// A refusal as a person meets it in a browser: the same status and headers as for programs, one page in French with a
// way on. Programs are given what they read: an OperationOutcome, or the SAS front's shape (worker/router.ts).

import { type GatewayError, REASONS } from '../../shared/error.ts';
import { type Html, html } from '../../shared/html.ts';
import { type Config, readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { refusalHeaders } from './http.ts';
import { plainPage, wayBack, waysOn } from './plain-page.ts';

/** A browser that goes somewhere asks for HTML; programs, and the SAS front's scripts, do not. */
export function wantsPage(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const accept = (request.headers.get('Accept') ?? '').toLowerCase();
  return /(?:^|[\s,])text\/html\b/.test(accept) && !/[/+]json\b|text\/event-stream/.test(accept);
}

/** The refusal as a page in French, with the status of its reason. */
export function refusalPage(
  error: GatewayError,
  request: Request,
  env: Env,
  requestId: string,
): Promise<Response> {
  const url = new URL(request.url);
  const config = knownConfig(env);
  const { title, text } = tell(error);
  const isFronts = url.pathname.startsWith('/aggregator/');
  const way = isFronts ? wayBack({ request, url, config }) : waysOn(url, config?.publicUrl);
  return plainPage(
    { title, text, way, requestId, contact: config?.supportContact },
    REASONS[error.reason].status,
    { ...refusalHeaders(error), Vary: 'Accept' },
  );
}

/** Wrong settings are one of the refusals. */
function knownConfig(env: Env): Config | undefined {
  try {
    return readConfig(env);
  } catch {
    return undefined;
  }
}

function tell({ reason, text }: GatewayError): { readonly title: string; readonly text: Html } {
  const { status, retryable } = REASONS[reason];
  if (reason === 'not-found') {
    return {
      title: 'Cette page n’existe pas',
      text: html`<p>L’adresse est peut-être incomplète, ou ce qu’elle désignait n’est plus là.</p>`,
    };
  }
  if (status === 401 || status === 403) {
    return {
      title: 'Cette adresse est réservée',
      text: html`<p>${text}</p>
<p>Elle est faite pour un programme ou un exploitant qui présente un jeton. Un régulateur n’en a pas besoin : il passe par sa plateforme SAS.</p>`,
    };
  }
  if (status === 405 || status === 426) {
    return {
      title: 'Cette adresse ne s’ouvre pas dans un navigateur',
      text: html`<p>Elle est faite pour des programmes : ${text}</p>`,
    };
  }
  if (status >= 500 || retryable) {
    return {
      title: 'Le service ne peut pas répondre pour l’instant',
      text: html`<p>${text}</p>
<p><a href="">Réessayez</a> dans quelques secondes. Si cela dure, donnez la référence ci-dessous à la personne à contacter.</p>`,
    };
  }
  return { title: 'Cette demande n’a pas été comprise', text: html`<p>${text}</p>` };
}

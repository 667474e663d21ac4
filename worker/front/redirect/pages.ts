// What a regulator reads when a slot's link leads nowhere: what happened and what to do, in French.

import { type Html, html } from '../../../shared/html.ts';
import type { RequestContext } from '../../http/http.ts';
import { plainPage, wayBack } from '../../http/plain-page.ts';

/** Why a link leads nowhere. */
export type Dead =
  | { readonly kind: 'malformed' | 'refused' | 'unavailable' }
  /** `link`: the vendor's page, with `origin`. */
  | { readonly kind: 'expired'; readonly startMs: number; readonly link: string; readonly vendor: string };

const STATUS = { malformed: 404, refused: 403, expired: 410, unavailable: 503 } as const;

/** With the way back to the search, and whom to ask. */
export function deadLinkPage(dead: Dead, context: RequestContext): Promise<Response> {
  const { title, text } = tell(dead);
  const { requestId, config } = context;
  const headers = dead.kind === 'unavailable' ? { 'Retry-After': '5' } : undefined;
  const page = { title, text, way: wayBack(context), requestId, contact: config.supportContact };
  return plainPage(page, STATUS[dead.kind], headers);
}

function tell(dead: Dead): { readonly title: string; readonly text: Html } {
  switch (dead.kind) {
    case 'malformed':
      return {
        title: 'Ce lien n’est pas complet',
        text: html`<p>L’adresse ouverte ne désigne aucun créneau : elle a pu être coupée ou modifiée en chemin.</p>
<p>Revenez à la recherche et ouvrez le créneau de nouveau.</p>`,
      };
    case 'refused':
      return {
        title: 'Ce lien n’a pas été ouvert',
        text: html`<p>Il mène à un site que l’éditeur de l’agenda n’a pas déclaré au service. Par sécurité, vous n’y êtes pas envoyé.</p>
<p>Choisissez un autre créneau, et signalez celui-ci avec la référence ci-dessous.</p>`,
      };
    case 'expired':
      return {
        title: 'Ce créneau n’est plus réservable',
        text: html`<p>Il commençait le ${inParis(dead.startMs)} (heure de Paris) : cette heure est passée.</p>
<p>Relancez la recherche pour voir les créneaux encore libres.</p>
<p>L’agenda reste accessible : <a href="${dead.link}" rel="noreferrer">ouvrir l’agenda chez ${dead.vendor}</a>.</p>`,
      };
    case 'unavailable':
      return {
        title: 'Ce lien ne peut pas être ouvert pour l’instant',
        text: html`<p>Le service ne peut pas vérifier l’adresse de l’agenda. Rien n’est perdu : rouvrez le lien dans quelques secondes, ou <a href="">réessayez maintenant</a>.</p>`,
      };
  }
}

function inParis(ms: number): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('fr-FR', {
    ...day,
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'Europe/Paris',
  });
  return format.format(new Date(ms));
}

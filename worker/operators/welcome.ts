// GET /: what this is and where to go, as a page for people and as JSON for programs.

import { html } from '../../shared/html.ts';
import { VERSION } from '../../shared/version.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { plainPage } from '../http/plain-page.ts';
import { wantsPage } from '../http/refusal-page.ts';

const WHAT = 'Agrégateur ouvert du Service d’accès aux soins';

/** A page or JSON, as Accept says. */
export async function answerWelcome(context: RequestContext): Promise<Response> {
  const { request, requestId, config, fhirBase } = context;
  if (wantsPage(request)) {
    const { supportContact: contact, sasUrl } = config;
    return plainPage(
      { title: 'Passerelle SAS', text: writeWelcome(sasUrl, fhirBase), requestId, contact },
      200,
      { Vary: 'Accept' },
    );
  }
  const base = fhirBase.slice(0, -'/fhir'.length);
  const response = jsonResponse(
    {
      name: 'Passerelle SAS',
      version: VERSION.number,
      description: WHAT,
      links: {
        docs: `${base}/docs`,
        openapi: `${base}/openapi.json`,
        fhir: fhirBase,
        metadata: `${fhirBase}/metadata`,
        health: `${base}/healthz`,
        ready: `${base}/readyz`,
      },
    },
    context,
  );
  response.headers.set('Vary', 'Accept');
  return response;
}

function writeWelcome(sasUrl: string | undefined, fhirBase: string) {
  const sas =
    sasUrl === undefined
      ? html`Vous n’avez rien à faire ici : passez par votre plateforme SAS, qui interroge ce service pour vous.`
      : html`Vous n’avez rien à faire ici : passez par <a href="${sasUrl}">votre plateforme SAS</a>, qui interroge ce service pour vous.`;
  return html`<p>${WHAT}. Il demande aux logiciels d’agenda leurs créneaux libres, y ouvre et y ferme les comptes des régulateurs, et en reçoit les rendez-vous pris. C’est un serveur : il répond à des programmes.</p>
<h2>Vous régulez</h2>
<p>${sas}</p>
<h2>Vous raccordez un logiciel</h2>
<ul>
<li><a href="/docs">Documentation de l’API</a>, avec des exemples ; la même pour les programmes : <a href="/openapi.json">openapi.json</a></li>
<li>Face FHIR R4 : <code>${fhirBase}</code> ; ce qu’elle sait faire : <a href="/fhir/metadata">CapabilityStatement</a></li>
</ul>
<h2>Vous exploitez le service</h2>
<ul>
<li>En vie : <a href="/healthz">healthz</a> ; prêt à chercher : <a href="/readyz">readyz</a></li>
<li><a href="/docs#adminEditors">Éditeurs et leur santé</a>, <a href="/docs#adminRelays">relais connectés</a>, <a href="/docs#adminExplain">pourquoi un créneau n’est pas montré</a> : avec un jeton de portée <code>admin</code></li>
</ul>
<p>Version ${VERSION.number}.</p>`;
}

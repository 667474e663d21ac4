// The short sections before the requirements: what was not judged and why, what changed since the last run, what the
// SAS would show, and what was run with.

import { type Html, html, join } from '../../../shared/html.ts';
import { groupUnjudged, type ReadingRow, type Report } from '../model.ts';
import { anchor, formatDate } from './text.ts';

export function writeDifference({ difference }: Report): Html {
  if (difference === undefined) return html``;
  const { previousMadeAt, newlyFailed, newlyPassed, gone } = difference;
  const row = (name: string, ids: readonly string[], linked: boolean): Html =>
    ids.length === 0
      ? html``
      : html`<div><dt>${name}</dt><dd>${join(ids.map((id) => (linked ? html`<a href="#${anchor(id)}">${id}</a>` : html`<span>${id}</span>`)))}</dd></div>`;
  const same = newlyFailed.length + newlyPassed.length + gone.length === 0;
  return html`<section aria-labelledby="t-ecart">
<h2 id="t-ecart">Depuis la fois précédente</h2>
<p class="meta">Comparé au ${formatDate(previousMadeAt)}.</p>
${same ? html`<p>Rien n’a changé.</p>` : html`<dl class="changes">${row('Ne passent plus', newlyFailed, true)}${row('Passent maintenant', newlyPassed, true)}${row('Ne sont plus jugées', gone, false)}</dl>`}
</section>`;
}

export function writeReading({ reading }: Report): Html {
  const { received, shown, dropped, repaired } = reading;
  if (received === 0) return html``;
  const table = (title: string, rows: readonly ReadingRow[]): Html =>
    rows.length === 0
      ? html``
      : html`<table><caption>${title}</caption><thead><tr><th scope="col">Raison</th><th scope="col">Créneaux ou ressources</th></tr></thead>
<tbody>${join(rows.map(({ rule, text, count }) => html`<tr><td>${text} <code>${rule}</code></td><td class="n">${count}</td></tr>`))}</tbody></table>`;
  return html`<section aria-labelledby="t-affiche">
<h2 id="t-affiche">Ce que le SAS afficherait</h2>
<p><b>${shown}</b> créneaux affichés sur <b>${received}</b> reçus des professionnels.</p>
${table('Écartés', dropped)}
${table('Remis en forme par la passerelle', repaired)}
</section>`;
}

export function writeUnjudged(report: Report): Html {
  const groups = groupUnjudged(report);
  if (groups.length === 0) return html``;
  const rows = groups.map(
    ({ reason, ids }) =>
      html`<div><dt>${join(ids.map((id) => html`<a href="#${anchor(id)}">${id}</a> `))}</dt><dd>${reason}</dd></div>`,
  );
  return html`<section aria-labelledby="t-non-juge">
<h2 id="t-non-juge">Non jugé, et ce qu’il faudrait</h2>
<dl class="unjudged">${join(rows)}</dl>
</section>`;
}

export function writeProvenance({ provenance, madeAt, editor }: Report): Html {
  const { tool, guide, kit, rules, certificate, command } = provenance;
  const row = (name: string, value: Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const code = (text: string): Html => html`<code>${text}</code>`;
  const dates = html`du ${formatDate(certificate.notBefore)} au ${formatDate(certificate.notAfter)}`;
  return html`<section aria-labelledby="t-avec">
<h2 id="t-avec">Joué avec</h2>
<dl class="with">
${row('Éditeur', html`${editor.name} (${code(editor.id)}), ${code(editor.baseUrl)}`)}
${row('Date', html`${formatDate(madeAt)} (${code(madeAt)})`)}
${row('Outil', html`${tool.name} ${tool.version}, Node ${tool.node}, OpenSSL ${tool.openssl}`)}
${row('Guide', html`Service d’Accès aux Soins ${guide.version} (${code(guide.package)})`)}
${row('Exigences', html`kit de test de l’ANS, ${code(`${kit.name} ${kit.version}`)}`)}
${row('Règles', html`${rules.count}, empreinte SHA-256 ${code(rules.sha256)}`)}
${row('Certificat', code(certificate.subject))}
${row('Émetteur', code(certificate.issuer))}
${row('Numéro de série', code(certificate.serialNumber))}
${row('Validité', dates)}
${row('Empreinte SHA-256', code(certificate.sha256))}
${command === undefined ? html`` : row('Commande', code(command))}
</dl>
</section>`;
}

// The two short sections before the requirements: what changed since the last run, and what the SAS would show.

import { anchor, formatDate, type Html, html, join } from './html-text.ts';
import type { ReadingRow, Report } from './model.ts';

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

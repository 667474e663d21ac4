// report.html: one page for a vendor's engineer, without outside script, font or image. First what counts, then
// every requirement with what was sent, what came and what would be right. All that is not ours is escaped.

import { type Html, html, join, raw } from '../../../shared/html.ts';
import type { Status } from '../../requirement.ts';
import type { Report, ReportRequirement } from '../model.ts';
import { STATUS_NAMES, writeExchange, writeRequirement } from './requirement.ts';
import { STYLE } from './style.ts';
import { writeDifference, writeProvenance, writeReading, writeUnjudged } from './summary.ts';
import { anchor, formatDate } from './text.ts';

const STATUS_PLURALS: Readonly<Record<Status, string>> = {
  failed: 'à corriger',
  warning: 'à voir',
  passed: 'conformes',
  skipped: 'non jugées',
  declared: 'déclarées',
};
const ORDER: readonly Status[] = ['failed', 'warning', 'passed', 'skipped', 'declared'];

export function writeHtml(report: Report): string {
  const { editor } = report;
  const title = `Conformité SAS : ${editor.name}`;
  const page = html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#exigences">Aller aux exigences</a>
<header>
<p class="over">Service d’Accès aux Soins, exigences de l’éditeur</p>
<h1>${editor.name}</h1>
<dl class="facts">
<div><dt>Adresse</dt><dd><code>${editor.baseUrl}</code></dd></div>
<div><dt>Joué le</dt><dd><time datetime="${report.madeAt}">${formatDate(report.madeAt)}</time></dd></div>
<div><dt>Échanges</dt><dd>${report.exchanges.length}</dd></div>
</dl>
</header>
<main>
${writeVerdict(report)}
${writeToFix(report)}
${writeUnjudged(report)}
${writeDifference(report)}
${writeReading(report)}
${writeProvenance(report)}
<section id="exigences" aria-labelledby="t-exigences">
<h2 id="t-exigences">Exigences</h2>
${join([...Map.groupBy(report.requirements, ({ group }) => group)].map(([group, ones]) => writeGroup(group, ones, report)))}
</section>
<section class="log" aria-labelledby="t-echanges">
<h2 id="t-echanges">Tous les échanges</h2>
${join(report.exchanges.map((exchange) => writeExchange(exchange, true)))}
</section>
</main>
<footer><p>Les noms, adresses, téléphones et numéros que vous n’avez pas saisis sont masqués (•). Les exigences suivent le kit de test de l’ANS et le guide d’implémentation du SAS.</p></footer>
</body>
</html>
`;
  return page.text;
}

function writeVerdict({ counts }: Report): Html {
  const sentence =
    counts.failed === 0
      ? counts.passed === 0
        ? 'Aucune exigence n’a pu être jugée.'
        : 'Toutes les exigences obligatoires jugées sont satisfaites.'
      : counts.failed === 1
        ? 'Une exigence obligatoire n’est pas satisfaite.'
        : `${counts.failed} exigences obligatoires ne sont pas satisfaites.`;
  return html`<section class="verdict ${counts.failed === 0 ? 'good' : 'bad'}" aria-labelledby="t-bilan">
<h2 id="t-bilan">${sentence}</h2>
<ul class="counts">${join(ORDER.filter((status) => counts[status] > 0).map((status) => html`<li class="${status}"><b>${counts[status]}</b> ${counts[status] > 1 ? STATUS_PLURALS[status] : STATUS_NAMES[status]}</li>`))}</ul>
</section>`;
}

/** A requirement met neither with nor without CPTS is one line with two links. */
function writeToFix({ requirements }: Report): Html {
  const open = requirements
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  if (open.length === 0) return html``;
  const lines = [...Map.groupBy(open, ({ id }) => id.split('@')[0])].flatMap(([, ones]) => {
    const [first] = ones;
    if (first === undefined) return [];
    const links = ones.map(({ id }) => html`<a href="#${anchor(id)}">${id}</a>`);
    return html`<li><p class="line"><span class="tag ${first.status}">${STATUS_NAMES[first.status]}</span> ${join(links)} ${first.title}</p>
<p>${first.problems[0]?.text ?? ''}</p></li>`;
  });
  return html`<section aria-labelledby="t-corriger">
<h2 id="t-corriger">À corriger, à voir</h2>
<ol class="tofix">${join(lines)}</ol>
</section>`;
}

function writeGroup(group: string, requirements: readonly ReportRequirement[], report: Report): Html {
  const done = requirements.filter(({ status }) => status === 'passed' || status === 'declared').length;
  return html`<section class="group" aria-label="${group}">
<h3>${group} <small>${done} sur ${requirements.length}</small></h3>
${join(requirements.map((requirement) => writeRequirement(requirement, report)))}
</section>`;
}

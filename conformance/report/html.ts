// report.html: one page for a vendor's engineer, without outside script, font or image. First what counts, then
// every requirement with what was sent, what came and what would be right. All that is not ours is escaped.

import type { Page } from '../pages.ts';
import type { Severity, Status } from '../requirement.ts';
import { writeDifference, writeReading } from './html-summary.ts';
import { anchor, formatDate, type Html, html, join, raw } from './html-text.ts';
import type { Report, ReportExchange, ReportProblem, ReportRequirement } from './model.ts';
import { STYLE } from './style.ts';

export const STATUS_NAMES: Readonly<Record<Status, string>> = {
  failed: 'à corriger',
  warning: 'à voir',
  passed: 'conforme',
  skipped: 'non jugée',
  declared: 'déclarée',
};
const STATUS_PLURALS: Readonly<Record<Status, string>> = {
  failed: 'à corriger',
  warning: 'à voir',
  passed: 'conformes',
  skipped: 'non jugées',
  declared: 'déclarées',
};
/** Exchanges shown whole under a requirement that is not met; the others are linked. */
const INLINE_EXCHANGES_MAX = 2;
const SEVERITY_NAMES: Readonly<Record<Severity, string>> = {
  failure: 'obligatoire',
  warning: 'avertissement',
  optional: 'facultatif',
  draft: 'ébauche du kit, sans effet',
  declaration: 'déclaratif',
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
${writeDifference(report)}
${writeReading(report)}
<section id="exigences" aria-labelledby="t-exigences">
<h2 id="t-exigences">Exigences</h2>
${join([...Map.groupBy(report.requirements, ({ group }) => group)].map(([group, ones]) => writeGroup(group, ones, report)))}
</section>
<section aria-labelledby="t-echanges">
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

function writeRequirement(requirement: ReportRequirement, report: Report): Html {
  const { id, title, severity, status, page, note, problems, remarks } = requirement;
  const exchanges = report.exchanges.filter((exchange) => requirement.exchanges.includes(exchange.id));
  const open = status === 'failed' || status === 'warning';
  return html`<details class="req ${status}"${raw(open ? ' open' : '')}>
<summary><span class="tag ${status}">${STATUS_NAMES[status]}</span><span class="id">${id}</span><span class="title">${title}</span></summary>
<div class="body" id="${anchor(id)}">
<p class="meta">${SEVERITY_NAMES[severity]} · ${writePage(page)}</p>
${note === undefined ? html`` : html`<p class="note">${note}</p>`}
${join(problems.map((problem) => writeProblem(problem)))}
${remarks.length === 0 ? html`` : html`<h4>Remarques, sans effet sur le résultat</h4>${join(remarks.map((remark) => writeProblem(remark)))}`}
${writeExchanges(exchanges, open)}
</div>
</details>`;
}

function writeExchanges(exchanges: readonly ReportExchange[], open: boolean): Html {
  if (exchanges.length === 0) return html``;
  const whole = open ? exchanges.slice(0, INLINE_EXCHANGES_MAX) : [];
  const linked = exchanges.slice(whole.length);
  const links = linked.map(
    ({ id, end, durationMs }) =>
      html`<li><a href="#${id}">${id}</a> ${end}, ${Math.round(durationMs)} ms</li>`,
  );
  return html`<h4>Échanges</h4>${join(whole.map((exchange) => writeExchange(exchange, false)))}
${links.length === 0 ? html`` : html`<ul class="links">${join(links)}</ul>`}`;
}

function writeProblem({ text, expression, fragment, example, page }: ReportProblem): Html {
  const received =
    fragment === undefined
      ? html``
      : html`<figure><figcaption>Reçu</figcaption><pre tabindex="0">${fragment}</pre></figure>`;
  const right =
    example === undefined
      ? html``
      : html`<figure class="right"><figcaption>Attendu</figcaption><pre tabindex="0">${example}</pre></figure>`;
  return html`<div class="problem">
<p class="what">${text}</p>
${expression === undefined ? html`` : html`<p class="where"><code>${expression}</code>${page === undefined ? html`` : html` · ${writePage(page)}`}</p>`}
<div class="pair">${received}${right}</div>
</div>`;
}

/** `named`: the one that links lead to. */
function writeExchange(exchange: ReportExchange, named: boolean): Html {
  const { id, label, method, url, headers, body, durationMs, end, tls, bytes, received } = exchange;
  const lines = (map: Readonly<Record<string, string>>): string =>
    Object.entries(map)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n');
  const sent = [`${method} ${url}`, lines(headers), ...(body === undefined ? [] : ['', body])].join('\n');
  const facts = [tls, `${durationMs} ms`, bytes === undefined ? undefined : `${bytes} octets`].filter(
    (one) => one !== undefined,
  );
  return html`<details class="exchange">
<summary>${id} <b>${end}</b> · ${label} · ${Math.round(durationMs)} ms</summary>
<div class="pair"${named ? html` id="${id}"` : html``}>
<figure><figcaption>Envoyé</figcaption><pre tabindex="0">${sent}</pre></figure>
<figure><figcaption>Reçu</figcaption><pre tabindex="0">${end}
${received === undefined ? '' : lines(received)}
${facts.join(', ')}</pre></figure>
</div>
</details>`;
}

function writePage({ title, url }: Page): Html {
  return url === undefined ? html`${title}` : html`<a href="${url}" rel="noopener noreferrer">${title}</a>`;
}

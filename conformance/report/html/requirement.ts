// One requirement of report.html: what is wrong, where, what would be right, the request and how it ended. What is not
// ours is escaped by the template.

import { type Html, html, join, raw } from '../../../shared/html.ts';
import type { Page } from '../../calls/pages.ts';
import type { Severity, Status } from '../../requirement.ts';
import type { Report, ReportExchange, ReportProblem, ReportRequirement } from '../model.ts';
import { anchor } from './text.ts';

export const STATUS_NAMES: Readonly<Record<Status, string>> = {
  failed: 'à corriger',
  warning: 'à voir',
  passed: 'conforme',
  skipped: 'non jugée',
  declared: 'déclarée',
};
/** Exchanges shown whole under a requirement that is not met; the others are linked. */
const INLINE_EXCHANGES_MAX = 2;
/** On paper: the style hides the next ones. */
const PRINTED_PROBLEMS_MAX = 2;
const SEVERITY_NAMES: Readonly<Record<Severity, string>> = {
  failure: 'obligatoire',
  warning: 'avertissement',
  optional: 'facultatif',
  draft: 'ébauche du kit, sans effet',
  declaration: 'déclaratif',
};

export function writeRequirement(requirement: ReportRequirement, report: Report): Html {
  const { id, title, severity, status, page, note, problems, remarks } = requirement;
  const exchanges = report.exchanges.filter((exchange) => requirement.exchanges.includes(exchange.id));
  const open = status === 'failed' || status === 'warning';
  const again = open && repeatsItself(requirement, report) ? ' again' : '';
  return html`<details class="req ${status}${again}"${raw(open ? ' open' : '')}>
<summary><span class="tag ${status}">${STATUS_NAMES[status]}</span><span class="id">${id}</span><span class="title">${title}</span></summary>
<div class="body" id="${anchor(id)}">
<p class="meta">${SEVERITY_NAMES[severity]} · ${writePage(page)}</p>
${note === undefined ? html`` : html`<p class="note">${note}</p>`}
${join(problems.map((problem) => writeProblem(problem)))}
${problems.length > PRINTED_PROBLEMS_MAX ? html`<p class="printed">Les ${problems.length - PRINTED_PROBLEMS_MAX} autres constats sont dans la page et dans report.json.</p>` : html``}
${remarks.length === 0 ? html`` : html`<h4>Remarques, sans effet sur le résultat</h4><div>${join(remarks.map((remark) => writeProblem(remark)))}</div>`}
${writeExchanges(exchanges, open)}
</div>
</details>`;
}

/** With the CPTS as without them: paper says it once. */
function repeatsItself({ id, problems }: ReportRequirement, { requirements }: Report): boolean {
  const [base, flow] = id.split('@');
  const first = flow === undefined ? undefined : requirements.find((one) => one.id === base);
  const shape = (ones: readonly ReportProblem[]): string =>
    [...new Set(ones.map(({ text }) => text.replace(/\d+/g, '#')))].toSorted().join('\n');
  return first !== undefined && first.problems.length > 0 && shape(first.problems) === shape(problems);
}

/** Of what is not met, the request and how it ended stand in plain sight; headers and bodies unfold. */
function writeExchanges(exchanges: readonly ReportExchange[], open: boolean): Html {
  if (exchanges.length === 0) return html``;
  const whole = open ? exchanges.slice(0, INLINE_EXCHANGES_MAX) : [];
  const asked = whole.map(
    ({ id, method, url, label, end }) =>
      html`<p class="asked"><code>${method} ${url}</code>${id}, ${label} : <b>${end}</b></p>`,
  );
  const linked = exchanges.slice(whole.length);
  const links = linked.map(
    ({ id, end, durationMs }) =>
      html`<li><a href="#${id}">${id}</a> ${end}, ${Math.round(durationMs)} ms</li>`,
  );
  return html`<h4>Échanges</h4>${join(asked)}${join(whole.map((exchange) => writeExchange(exchange, false)))}
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
${writeWhere(expression, page)}
<div class="pair">${received}${right}</div>
</div>`;
}

function writeWhere(expression: string | undefined, page: Page | undefined): Html {
  if (expression === undefined && page === undefined) return html``;
  const where = expression === undefined ? html`` : html`<code>${expression}</code>`;
  const dot = expression !== undefined && page !== undefined ? ' · ' : '';
  return html`<p class="where">${where}${dot}${page === undefined ? html`` : writePage(page)}</p>`;
}

/** `named`: the one that links lead to. */
export function writeExchange(exchange: ReportExchange, named: boolean): Html {
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

// GET /console/recherches and /console/recherches/{id}: what happened in this search, call by call. The list has its filters
// in the URL; the one search is a table whose rows are its calls, with a bar each on one axis of time.

import { type Html, html, join } from '../../../shared/html.ts';
import { formatInstant, parisOffsetMinutes, parseInstant } from '../../../shared/time.ts';
import type { SearchTrace, TracedCall, TraceFilter } from '../../hub/traces/trace-ring.ts';
import { findSearch, listSearches } from '../../operators/searches.ts';
import { panelError, readPanel, table } from '../frame/parts.ts';
import type { ConsoleContext, Screen } from '../model/context.ts';
import { writeMoment } from '../model/moment.ts';
import { invalidParameter } from '../model/parameters.ts';
import { PROMISE_MS, sayCall, saySearch, sayTry, writeMs } from '../model/search-words.ts';

const FLOWS = ['INT_R01', 'INT_R04', 'SOS'] as const;
const KEPT =
  'La mémoire du concentrateur garde les 500 dernières recherches, sans identifiant de personne ; un redémarrage l’efface.';

/** As the URL says it. */
interface Asked {
  readonly inconnues: boolean;
  readonly lentes: boolean;
  readonly editeur: string;
  readonly flux: string;
  /** On the clock of Paris, as `datetime-local` writes it; empty: now. */
  readonly avant: string;
}

/** GET /console/recherches. @throws GatewayError parameter-invalid, which names the parameter. */
export async function searchesScreen(context: ConsoleContext): Promise<Screen> {
  const { asked, filter } = readAsked(context.url.searchParams);
  const panel = await readPanel(context, listSearches(context.env, filter));
  const found = panel.ok
    ? writeList(panel.value, asked, context.startedMs)
    : panelError('Recherches', panel.error);
  return { title: 'Recherches', body: html`${filterForm(asked)}\n${found}\n<p class="muted">${KEPT}</p>` };
}

function readAsked(parameters: URLSearchParams): { readonly asked: Asked; readonly filter: TraceFilter } {
  const get = (name: keyof Asked): string => parameters.get(name) ?? '';
  const editeur = get('editeur');
  const flow = FLOWS.find((one) => one === get('flux'));
  const avant = get('avant');
  const beforeMs = parseInstant(avant)?.ms;
  if (avant !== '' && beforeMs === undefined) throw invalidParameter('avant');
  const asked = {
    inconnues: get('inconnues') === 'oui',
    lentes: get('lentes') === 'oui',
    editeur,
    flux: flow ?? '',
    avant,
  };
  const filter = {
    ...(asked.inconnues && { isUnknown: true }),
    ...(asked.lentes && { isSlow: true }),
    ...(editeur !== '' && { vendor: editeur }),
    ...(flow !== undefined && { flow }),
    ...(beforeMs !== undefined && { beforeMs }),
  };
  return { asked, filter };
}

function filterForm(asked: Asked): Html {
  const box = (name: 'inconnues' | 'lentes', text: string): Html => {
    const checked = asked[name] ? html` checked` : html``;
    return html`<p><label class="check"><input type="checkbox" name="${name}" value="oui"${checked}> <span>${text}</span></label></p>`;
  };
  const flows = FLOWS.map(
    (flow) => html`<option value="${flow}"${flow === asked.flux ? html` selected` : html``}>${flow}</option>`,
  );
  return html`<form class="act" method="get" action="/console/recherches">
${box('inconnues', 'Avec une réponse inconnue')}${box('lentes', 'De plus de 3 secondes')}
<p><label for="editeur">Éditeur <span class="hint">(son identifiant)</span></label><input id="editeur" name="editeur" value="${asked.editeur}" maxlength="64" autocomplete="off"></p>
<p><label for="flux">Flux</label><select id="flux" name="flux"><option value="">tous</option>${join(flows)}</select></p>
<p><label for="avant">Avant <span class="hint">(heure de Paris ; vide : maintenant)</span></label><input id="avant" type="datetime-local" step="any" name="avant" value="${asked.avant.slice(0, 23)}"></p>
<p><button>Chercher</button></p></form>`;
}

function writeList(
  { searches, hasMore }: Awaited<ReturnType<typeof listSearches>>,
  asked: Asked,
  nowMs: number,
): Html {
  const rows = searches.map((trace) => [
    html`<a href="/console/recherches/${trace.requestId}">${writeMoment(trace.atMs, nowMs)}</a>`,
    trace.flow,
    trace.subjects,
    trace.counts.unknown,
    trace.slots,
    writeMs(trace.durationMs),
    html`${trace.calls.filter(({ kind }) => kind !== 'kept').length}`,
    html`<code>${trace.requestId}</code>`,
  ]);
  const number = (name: string) => ({ name, isNumber: true }) as const;
  const columns = [
    'Quand',
    'Flux',
    number('Demandés'),
    number('Inconnus'),
    number('Créneaux'),
    number('Durée'),
    number('Appels'),
    'Référence',
  ];
  const oldest = searches.at(-1);
  const older =
    hasMore && oldest !== undefined
      ? html`<p><a href="${pageBefore(asked, oldest.atMs)}">Plus anciennes</a></p>`
      : html``;
  return html`${table('Recherches, la plus récente d’abord', columns, rows, 'Aucune recherche gardée ne correspond : il n’y en a pas eu, ou le concentrateur a redémarré depuis.')}
${older}`;
}

function pageBefore(asked: Asked, beforeMs: number): string {
  const query = new URLSearchParams();
  if (asked.inconnues) query.set('inconnues', 'oui');
  if (asked.lentes) query.set('lentes', 'oui');
  if (asked.editeur !== '') query.set('editeur', asked.editeur);
  if (asked.flux !== '') query.set('flux', asked.flux);
  const at = formatInstant(beforeMs, parisOffsetMinutes(beforeMs));
  // Seconds are not enough where many searches are of one second.
  query.set('avant', `${at.slice(0, 19)}.${String(beforeMs % 1_000).padStart(3, '0')}${at.slice(-6)}`);
  return `/console/recherches?${query}`;
}

/** GET /console/recherches/{id}. @throws GatewayError not-found; HubFailure. */
export async function searchScreen({ env, parameters, startedMs }: ConsoleContext): Promise<Screen> {
  const trace = await findSearch(env, parameters.id ?? '');
  if (trace === undefined) {
    return {
      title: 'Recherche',
      status: 404,
      body: html`<p class="note">Cette recherche n’est pas gardée. ${KEPT}</p><p><a href="/console/recherches">Les recherches gardées</a></p>`,
    };
  }
  const [before, after] = await Promise.all([
    listSearches(env, { beforeMs: trace.atMs }, 1),
    listSearches(env, { afterMs: trace.atMs }, 1),
  ]);
  const { tone, text } = saySearch(trace);
  const { counts } = trace;
  return {
    title: 'Recherche',
    body: html`<p class="say ${tone}">${text}</p>
<p>${neighbour(before.searches[0], 'Précédente')} ${neighbour(after.searches[0], 'Suivante')} <a href="/console/recherches">Toutes</a></p>
<dl class="facts"><dt>Reçue</dt><dd>${writeMoment(trace.atMs, startedMs)}, flux ${trace.flow}</dd>
<dt>Registre</dt><dd>${counts.slots} avec créneaux, ${counts.none} sans, ${counts.unknown} inconnus, ${counts.switchedOff} d’éditeurs coupés, ${counts.notInterfaced} non interfacés</dd>
<dt>Référence</dt><dd><code>${trace.requestId}</code></dd></dl>
<h2>Appels</h2>
${waterfall(trace)}
<p class="muted">Chaque barre commence quand l’appel est parti ; de gauche à droite : file, connexion, premier octet, corps, lecture. Le trait marque 7 secondes.</p>`,
  };
}

function neighbour(trace: SearchTrace | undefined, name: string): Html {
  if (trace === undefined) return html`<span class="muted">${name}</span>`;
  return html`<a href="/console/recherches/${trace.requestId}">${name}</a>`;
}

const PHASES = ['queue', 'connection', 'firstByte', 'body', 'reading'] as const;

function waterfall(trace: SearchTrace): Html {
  const endMs = Math.max(PROMISE_MS * 1.05, trace.durationMs);
  const rows = trace.calls.map((call) => {
    const { vendor, timing, ageMs, durationMs, subjects, kind } = call;
    // A call that a relay answered without them: an older one, or one that did not make it.
    const untold = kind === 'asked' && durationMs !== undefined ? 'non dit' : '';
    const phases = PHASES.map((phase) => (timing === undefined ? untold : html`${timing[phase]}`));
    const asked = new URLSearchParams({ editeur: vendor, flux: trace.flow });
    return [
      html`<a href="/console/editeurs/${encodeURIComponent(vendor)}">${vendor}</a>`,
      bar(call, endMs),
      sayCall(call),
      subjects,
      ...phases,
      durationMs === undefined ? '' : html`${Math.round(durationMs)}`,
      sayTry(call),
      ageMs === undefined ? '' : writeMs(ageMs),
      html`<a href="/console/expliquer?${asked.toString()}">Refaire</a>`,
    ];
  });
  const number = (name: string) => ({ name, isNumber: true }) as const;
  const columns = [
    'Éditeur',
    'Temps',
    'Issue',
    number('Identifiants'),
    number('File (ms)'),
    number('Connexion'),
    number('1er octet'),
    number('Corps'),
    number('Lecture'),
    number('Total'),
    'Essai',
    'Âge',
    'Expliquer',
  ];
  return table(
    'Appels de cette recherche',
    columns,
    rows,
    'Aucun éditeur n’a été appelé, et rien de gardé n’a servi.',
  );
}

/** 240 wide. The table says the same in figures, so it is no image to a reader of the page. */
function bar({ timing, durationMs, endMs: came }: TracedCall, endMs: number): Html {
  const x = (ms: number): string => ((Math.max(0, Math.min(ms, endMs)) / endMs) * 240).toFixed(1);
  const promise = html`<line class="promise" x1="${x(PROMISE_MS)}" x2="${x(PROMISE_MS)}" y1="0" y2="16"/>`;
  const fromMs = came === undefined || durationMs === undefined ? undefined : Math.max(0, came - durationMs);
  const parts: Html[] = [];
  if (fromMs !== undefined && durationMs !== undefined) {
    let atMs = fromMs;
    for (const [phase, ms] of timing === undefined
      ? [['whole', durationMs] as const]
      : PHASES.map((one) => [one, timing[one]] as const)) {
      parts.push(
        html`<rect class="${phase}" x="${x(atMs)}" y="3" width="${(Number(x(atMs + ms)) - Number(x(atMs))).toFixed(1)}" height="10"/>`,
      );
      atMs += ms;
    }
  }
  return html`<svg class="bar-of-call" viewBox="0 0 240 16" width="240" height="16" aria-hidden="true" focusable="false">${join(parts)}${promise}</svg>`;
}

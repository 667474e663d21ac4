// GET and POST /console/maintenances: which vendor has said that it may fail, when and why. Declared, changed and withdrawn by an
// operator, with a reason and a confirmation; the same form sent twice acts once.

import { GatewayError } from '../../../shared/error.ts';
import { type Html, html, join } from '../../../shared/html.ts';
import { formatInstant, parisOffsetMinutes, sayParisTime } from '../../../shared/time.ts';
import { changeMaintenance, declareMaintenance, endMaintenance } from '../../maintenances/acts.ts';
import { type MaintenanceState, stateOfMaintenance } from '../../maintenances/operators.ts';
import { checkWindow, readTime } from '../../maintenances/times.ts';
import { listVendors, type VendorRow } from '../../store/editors.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { findMaintenance, type Maintenance, readMaintenances } from '../../store/maintenances.ts';
import { actFields, badge, panelError, readPanel, reasonFields, table } from '../frame/parts.ts';
import { type ConsoleContext, field, type Screen, seeOther } from '../model/context.ts';
import { counted, writeMoment } from '../model/moment.ts';
import { readReason } from '../model/reason.ts';
import { mayOpen } from '../model/roles.ts';
import type { Tone } from '../model/tone.ts';
import { noteAct } from '../tables/note-act.ts';
import { vendorPath } from './vendor-table.ts';

const PATH = '/console/maintenances';
const DONE: Readonly<Record<string, string>> = {
  declarer: 'Déclarée : les échecs de cet éditeur seront dits avec elle, et sa fin, pendant ce temps.',
  changer: 'Changée.',
  retirer: 'Retirée : ses échecs comptent de nouveau.',
  deja: 'Déjà fait : un second clic ne refait rien.',
};
const STATES: Readonly<Record<MaintenanceState, readonly [word: string, tone: Tone]>> = {
  current: ['en cours', 'doubt'],
  upcoming: ['à venir', 'unknown'],
  over: ['finie', 'off'],
  withdrawn: ['retirée', 'off'],
};
/** Past ones that are shown. */
const PAST_MAX = 50;
/** Besides the clock of Paris: its two, and those of overseas. */
const OFFSETS: readonly (readonly [offset: string, name: string])[] = [
  ['', 'heure de Paris'],
  ['+02:00', 'UTC+2 (Paris, première 2 h de l’automne)'],
  ['+01:00', 'UTC+1 (Paris, seconde 2 h de l’automne)'],
  ['+00:00', 'UTC'],
  ['-04:00', 'UTC−4 (Guadeloupe, Martinique)'],
  ['-03:00', 'UTC−3 (Guyane)'],
  ['+04:00', 'UTC+4 (La Réunion)'],
  ['+03:00', 'UTC+3 (Mayotte)'],
  ['+11:00', 'UTC+11 (Nouvelle-Calédonie)'],
  ['-10:00', 'UTC−10 (Tahiti)'],
];

interface Named extends Maintenance {
  /** The vendor's own, or its id when it is not in the registry. */
  readonly name: string;
  readonly state: MaintenanceState;
}

/** GET /console/maintenances. */
export async function maintenancesScreen(context: ConsoleContext): Promise<Screen> {
  const { env, startedMs, url, user } = context;
  const read = await readPanel(
    context,
    Promise.all([readMaintenances(env.DB, 0), guardIdempotent(() => listVendors(env.DB))]),
  );
  if (!read.ok) return { title: 'Maintenances', body: panelError('Maintenances', read.error) };
  const [all, vendors] = read.value;
  const names = new Map(vendors.map(({ id, name }) => [id, name]));
  const told = all.map(
    (one): Named => ({
      ...one,
      name: names.get(one.editor) ?? one.editor,
      state: stateOfMaintenance(one, startedMs),
    }),
  );
  const standing = told
    .filter(({ state }) => state === 'current' || state === 'upcoming')
    .sort((one, other) => one.fromMs - other.fromMs);
  const past = told.filter((one) => !standing.includes(one)).slice(0, PAST_MAX);
  const mayAct = mayOpen(user, ['exploitant']);
  const done = DONE[url.searchParams.get('fait') ?? ''];
  return {
    title: 'Maintenances',
    body: html`${done === undefined ? html`` : html`<p class="note well" role="status">${done}</p>`}
${sentence(standing, startedMs)}
<p>Pendant une maintenance déclarée, l’éditeur est interrogé quand même ; s’il échoue, le bilan de la recherche dit la maintenance et sa fin. Les retraits de comptes lui sont dits comme toujours.</p>
<h2>En cours et à venir</h2>
${listOf('Maintenances en cours et à venir', standing, startedMs, 'Aucune maintenance n’est déclarée.')}
${mayAct ? html`${join(standing.map((one) => changeForms(context, one)))}${declareForm(context, vendors)}` : html``}
<h2>Passées ou retirées</h2>
${listOf('Maintenances passées ou retirées', past, startedMs, 'Aucune depuis un an.')}`,
  };
}

function sentence(standing: readonly Named[], nowMs: number): Html {
  const current = standing.filter(({ state }) => state === 'current');
  const [next] = standing.filter(({ state }) => state === 'upcoming');
  const then =
    next === undefined ? html`` : html` Prochaine : ${next.name}, ${writeMoment(next.fromMs, nowMs)}.`;
  if (current.length === 0) return html`<p class="say well">Aucun éditeur n’est en maintenance.${then}</p>`;
  const named = current.map(
    ({ name, toMs }, at) => html`${at === 0 ? '' : ', '}${name} jusqu’à ${writeMoment(toMs, nowMs)}`,
  );
  return html`<p class="say doubt">${counted(current.length, 'éditeur')} en maintenance : ${join(named)}.${then}</p>`;
}

function listOf(caption: string, some: readonly Named[], nowMs: number, empty: string): Html {
  const rows = some.map((one) => {
    const { name, editor, state, fromMs, toMs, reason, by, declaredMs, changedMs, withdrawnMs } = one;
    const [word, tone] = STATES[state];
    return [
      html`<a href="${vendorPath(editor)}">${name}</a>`,
      badge(word, tone),
      writeMoment(fromMs, nowMs),
      writeMoment(toMs, nowMs),
      reason,
      html`${by}, ${writeMoment(declaredMs, nowMs)}`,
      changedMs === null ? '—' : writeMoment(changedMs, nowMs),
      withdrawnMs === null ? '—' : writeMoment(withdrawnMs, nowMs),
    ];
  });
  const columns = ['Éditeur', 'État', 'Du', 'Au', 'Motif', 'Déclarée par', 'Changée', 'Retirée'];
  return table(caption, columns, rows, empty);
}

/** As a field of a form holds it. */
const local = (ms: number): string => formatInstant(ms, parisOffsetMinutes(ms)).slice(0, 16);

/** A time and its zone. `ms`: undefined, empty. What is ambiguous in Paris carries its offset. */
function timeFields(id: string, name: string, label: string, ms?: number): Html {
  const offset = ms === undefined || !isTwice(ms) ? '' : formatInstant(ms, parisOffsetMinutes(ms)).slice(23);
  const options = OFFSETS.map(([value, word]) =>
    value === offset
      ? html`<option value="${value}" selected>${word}</option>`
      : html`<option value="${value}">${word}</option>`,
  );
  return html`<p><label for="${id}-${name}">${label}</label><input id="${id}-${name}" type="datetime-local" name="${name}" required value="${ms === undefined ? '' : local(ms)}">
<label for="${id}-${name}-zone">${label} : fuseau</label><select id="${id}-${name}-zone" name="${name}-zone">${join(options)}</select></p>`;
}

/** The clock of Paris shows it twice. */
function isTwice(ms: number): boolean {
  return [-3_600_000, 3_600_000].some((step) => local(ms + step) === local(ms));
}

function declareForm(context: ConsoleContext, vendors: readonly VendorRow[]): Html {
  const options = vendors
    .filter(({ takenOutMs }) => takenOutMs === undefined)
    .map(({ id, name }) => html`<option value="${id}">${name}</option>`);
  return html`<h2>Déclarer</h2>
<form class="act" method="post" action="${PATH}">${actFields(context)}<input type="hidden" name="acte" value="declarer">
<p><label for="editeur">Éditeur</label><select id="editeur" name="editeur" required>${join(options)}</select></p>
${timeFields('nouvelle', 'du', 'Début')}
${timeFields('nouvelle', 'au', 'Fin')}
${reasonFields('nouvelle', 'L’éditeur a annoncé cette maintenance.')}
<p><button>Déclarer</button></p></form>`;
}

function changeForms(context: ConsoleContext, one: Named): Html {
  const { id, name, fromMs, toMs, reason } = one;
  return html`<details><summary>Changer ou retirer : ${name}, ${writeMoment(fromMs, context.startedMs)}</summary>
<form class="act" method="post" action="${PATH}">${actFields(context)}<input type="hidden" name="acte" value="changer"><input type="hidden" name="id" value="${id}">
<p class="muted">Motif d’aujourd’hui : ${reason}</p>
${timeFields(id, 'du', 'Début', fromMs)}
${timeFields(id, 'au', 'Fin', toMs)}
${reasonFields(`${id}-changer`, 'Je change cette maintenance.')}
<p><button>Changer</button></p></form>
<form class="act" method="post" action="${PATH}">${actFields(context)}<input type="hidden" name="acte" value="retirer"><input type="hidden" name="id" value="${id}">
${reasonFields(`${id}-retirer`, 'Je la retire : ses échecs comptent de nouveau.')}
<p><button class="grave">Retirer</button></p></form></details>`;
}

const wrong = (): GatewayError =>
  new GatewayError({ reason: 'parameter-invalid', text: 'Formulaire incomplet ; rien n’a été changé.' });

/** One act, read whole before it is written down. */
interface Asked {
  readonly name: 'declarer' | 'changer' | 'retirer';
  readonly target: string;
  readonly before: string;
  readonly after: string;
  readonly run: () => Promise<unknown>;
}

const span = ({ fromMs, toMs }: Pick<Maintenance, 'fromMs' | 'toMs'>): string =>
  `${sayParisTime(fromMs)} – ${sayParisTime(toMs)}`;

async function readAct(context: ConsoleContext, once: string, reason: string): Promise<Asked> {
  const { env, startedMs: nowMs, user } = context;
  const name = field(context, 'acte');
  const time = (of: string, label: string): number =>
    readTime(field(context, of) + field(context, `${of}-zone`), label);
  if (name === 'declarer') {
    const asked = {
      editor: field(context, 'editeur'),
      fromMs: time('du', 'Le début'),
      toMs: time('au', 'La fin'),
    };
    checkWindow(asked, nowMs);
    const whole = { id: `m-${once}`, ...asked, reason, by: user.subject };
    const run = () => declareMaintenance(context, whole, nowMs);
    return { name, target: asked.editor, before: '', after: span(asked), run };
  }
  const known = await findMaintenance(env.DB, field(context, 'id'));
  if (known === undefined) throw wrong();
  const about = { target: known.editor, before: span(known) };
  if (name === 'retirer') {
    return { ...about, name, after: 'retirée', run: () => endMaintenance(context, known.id, nowMs) };
  }
  if (name !== 'changer') throw wrong();
  const times = { fromMs: time('du', 'Le début'), toMs: time('au', 'La fin') };
  // A field shows whole minutes: what was not touched is what it was.
  const kept = Math.floor(known.fromMs / 60_000) === Math.floor(times.fromMs / 60_000);
  const asked = { ...times, ...(kept && { fromMs: known.fromMs }), reason };
  checkWindow(asked, nowMs, known);
  return {
    ...about,
    name,
    after: span(asked),
    run: () => changeMaintenance(context, known.id, asked, nowMs),
  };
}

/** POST /console/maintenances. @throws GatewayError parameter-invalid, not-found, state-conflict, storage-unavailable. */
export async function maintenanceAct(context: ConsoleContext): Promise<Response> {
  const reason = readReason(context);
  const once = field(context, 'once');
  if (!/^[\w-]{20,40}$/.test(once)) throw wrong();
  const { name, target, before, after, run } = await readAct(context, once, reason);
  const act = `maintenance : ${name}`;
  const isFirst = await noteAct(context, { act, target, before, after, reason, once: `acte:${once}` });
  try {
    if (isFirst) await run();
  } catch (cause) {
    await noteAct(context, { act: `${act}, sans effet`, target });
    throw cause;
  }
  return seeOther(`${PATH}?fait=${isFirst ? name : 'deja'}`);
}

// GET and POST /console/expliquer: why is this slot not shown? The same question as POST /admin/explain. The identifier travels in
// a form's body: it is in no URL, in no log, and not in the form that comes back.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { type Html, html, join } from '../../../shared/html.ts';
import { parseInstant } from '../../../shared/time.ts';
import { EXPLAINED, type Explanation, explainOne } from '../../operators/explain.ts';
import { failureSentence } from '../../search/ledger.ts';
import { listVendors, type VendorRow } from '../../store/editors.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { badge, table, tokenField } from '../frame/parts.ts';
import { type ConsoleContext, field, type Screen } from '../model/context.ts';
import { writeMoment } from '../model/moment.ts';
import { onlyVendorOf } from '../model/roles.ts';
import { noteAct } from '../tables/note-act.ts';

const TITLE = 'Expliquer un créneau';
/** More are no answer to a question about one. */
const SHOWN_MAX = 200;
const FLOWS: readonly (readonly [flow: string, name: string])[] = [
  ['INT_R01', 'INT_R01 : un professionnel'],
  ['INT_R04', 'INT_R04 : un professionnel, avec les CPTS'],
  ['SOS', 'SOS Médecins : une association'],
];

interface Asked {
  readonly editor: string;
  readonly flow: string;
  readonly at: string;
}

/** GET /console/expliquer. */
export async function explainForm(context: ConsoleContext): Promise<Screen> {
  const vendors = await visibleVendors(context);
  const editor = context.url.searchParams.get('editeur') ?? '';
  const flow = context.url.searchParams.get('flux') ?? 'INT_R01';
  return { title: TITLE, body: writeForm(context, vendors, { editor, flow, at: '' }) };
}

/** POST /console/expliquer. @throws GatewayError parameter-invalid, not-found, too-many-requests; HubFailure. */
export async function explainAnswer(context: ConsoleContext): Promise<Screen> {
  const vendors = await visibleVendors(context);
  const asked = {
    editor: field(context, 'editeur'),
    flow: field(context, 'flux'),
    at: field(context, 'instant'),
  };
  const parsed = v.safeParse(EXPLAINED, { ...asked, identifier: field(context, 'identifiant') });
  const vendor = vendors.find(({ id }) => id === asked.editor);
  if (!parsed.success || vendor === undefined) {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Un éditeur, un identifiant (RPPS, ADELI ou SIRET) et un instant sont attendus.',
    });
  }
  await noteAct(context, { act: 'expliquer un créneau', target: vendor.id, after: asked.flow });
  const explanation = await explainOne(context, parsed.output);
  return {
    title: TITLE,
    body: html`${writeAnswer(explanation, vendor, asked.at, context.startedMs)}
<h2>Demander autre chose</h2>
${writeForm(context, vendors, asked)}`,
  };
}

async function visibleVendors({ env, user }: ConsoleContext): Promise<readonly VendorRow[]> {
  const own = onlyVendorOf(user);
  const all = await guardIdempotent(() => listVendors(env.DB));
  return own === undefined ? all : all.filter(({ id }) => id === own);
}

function writeForm(context: ConsoleContext, vendors: readonly VendorRow[], asked: Asked): Html {
  const option = (value: string, name: string, isChosen: boolean): Html =>
    isChosen
      ? html`<option value="${value}" selected>${name}</option>`
      : html`<option value="${value}">${name}</option>`;
  return html`<form class="act" method="post" action="/console/expliquer" autocomplete="off">${tokenField(context)}
<p>L’éditeur est interrogé maintenant, douze heures autour de l’instant ; chaque créneau reçu est montré ou écarté, et par quelle règle.</p>
<p><label for="editeur">Éditeur</label><select id="editeur" name="editeur" required>${join(vendors.map(({ id, name }) => option(id, name, id === asked.editor)))}</select></p>
<p><label for="identifiant">Identifiant <span class="hint">(RPPS, ADELI ou SIRET ; n’est gardé nulle part)</span></label><input id="identifiant" name="identifiant" required maxlength="40" autocomplete="off" inputmode="numeric" size="20"></p>
<p><label for="instant">Début du créneau cherché <span class="hint">(heure de Paris)</span></label><input id="instant" type="datetime-local" name="instant" required value="${asked.at}"></p>
<p><label for="flux">Flux</label><select id="flux" name="flux">${join(FLOWS.map(([flow, name]) => option(flow, name, flow === asked.flow)))}</select></p>
<p><button>Demander</button></p></form>`;
}

function writeAnswer(explanation: Explanation, { name }: VendorRow, at: string, nowMs: number): Html {
  const { answered, failure, received, shown, slots, switchedOff } = explanation;
  const sought = slots.filter(({ matches }) => matches);
  const others = slots.filter(({ matches }) => !matches).slice(0, SHOWN_MAX);
  const verdict = sayVerdict(explanation, sought);
  const unanswered = answered
    ? html``
    : html`<p class="note down">${name} ${failureSentence(failure?.reason ?? '')}${failure?.status === undefined ? '' : ` (HTTP ${failure.status})`}.</p>`;
  return html`<p class="say ${verdict.tone}">${verdict.text}</p>
${unanswered}
${switchedOff ? html`<p class="note">${name} est coupé : il a été interrogé pour cette explication seulement.</p>` : html``}
<p>${received} créneaux reçus autour de ${whenAsked(at, nowMs)}, ${shown} affichés.</p>
${slotTable('Le créneau cherché', sought, nowMs, 'Aucun créneau reçu ne couvre cet instant.')}
${others.length === 0 ? html`` : html`<h2>Les autres créneaux reçus</h2>${slotTable('Les autres créneaux reçus', others, nowMs, '')}`}`;
}

function whenAsked(at: string, nowMs: number): Html {
  const ms = parseInstant(at)?.ms;
  return ms === undefined ? html`${at}` : writeMoment(ms, nowMs);
}

function sayVerdict(
  { answered }: Explanation,
  sought: Explanation['slots'],
): { readonly tone: string; readonly text: Html } {
  const [first] = sought;
  if (first === undefined) {
    return answered
      ? { tone: 'doubt', text: html`L’éditeur n’a pas envoyé ce créneau.` }
      : { tone: 'unknown', text: html`On ne sait pas : l’éditeur n’a pas répondu comme attendu.` };
  }
  if (first.dropped === undefined) return { tone: 'well', text: html`Ce créneau est montré.` };
  return { tone: 'down', text: html`Ce créneau n’est pas montré : ${first.dropped.text}` };
}

function slotTable(caption: string, slots: Explanation['slots'], nowMs: number, empty: string): Html {
  const when = (text: string): Html => {
    const ms = parseInstant(text)?.ms;
    return ms === undefined ? html`<code>${text}</code>` : writeMoment(ms, nowMs);
  };
  const rows = slots.map(({ id, start, end, schedule, dropped, repaired, shownAs }) => [
    html`<code>Slot/${id}</code>`,
    html`${when(start)} – ${when(end)}`,
    dropped === undefined ? badge('montré', 'well') : badge('écarté', 'down'),
    dropped === undefined
      ? html`sous <code>Slot/${shownAs ?? ''}</code>`
      : html`<code>${dropped.rule}</code> ${dropped.text}${dropped.page === '' ? '' : ` (page ${dropped.page})`}`,
    html`${join(repaired.map(({ rule, text }) => html`<span><code>${rule}</code> ${text}</span> `))}`,
    html`<code>${schedule}</code>`,
  ]);
  return table(caption, ['Créneau', 'Quand', 'Sort', 'Règle', 'Réparé', 'Agenda'], rows, empty);
}

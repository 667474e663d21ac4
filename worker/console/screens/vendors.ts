// GET /console/editeurs and /console/editeurs/{id}, and the switches of one vendor: POST /console/editeurs/{id}. Someone of a
// vendor sees that vendor alone; of another he hears "not found".

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { type Html, html, join } from '../../../shared/html.ts';
import {
  type ReportedVendor,
  readVendorDay,
  reportVendors,
  type VendorDay,
} from '../../operators/vendors/rules.ts';
import { applySwitches, SWITCHES, switchesOf } from '../../operators/vendors/switches.ts';
import { actFields, panelError, readPanel, reasonFields, stateBadge, table } from '../frame/parts.ts';
import { type ConsoleContext, field, type Screen, seeOther } from '../model/context.ts';
import { writeMoment } from '../model/moment.ts';
import { readReason } from '../model/reason.ts';
import { mayOpen, onlyVendorOf } from '../model/roles.ts';
import { tellVendor, type VendorWords } from '../model/vendor-words.ts';
import { noteAct } from '../tables/note-act.ts';
import { breakerWord, sinceCell, vendorPath, vendorTable } from './vendor-table.ts';

/** GET /console/editeurs. */
export async function vendorsScreen(context: ConsoleContext): Promise<Screen> {
  const { env, startedMs } = context;
  const vendors = await readPanel(context, reportVendors(env));
  return {
    title: 'Éditeurs',
    body: vendors.ok
      ? vendorTable(
          vendors.value.map((vendor) => ({ vendor, words: tellVendor(vendor, startedMs) })),
          startedMs,
        )
      : panelError('Éditeurs', vendors.error),
  };
}

/** The vendor of the path, as this user may see it. @throws GatewayError not-found, storage-unavailable; HubFailure. */
async function findVendor({ env, user, parameters }: ConsoleContext): Promise<ReportedVendor> {
  const id = parameters.editor ?? '';
  const own = onlyVendorOf(user);
  const vendor =
    own === undefined || own === id ? (await reportVendors(env)).find((one) => one.id === id) : undefined;
  if (vendor !== undefined) return vendor;
  throw new GatewayError({ reason: 'not-found', text: 'Aucun relais n’a annoncé cet éditeur.' });
}

const DONE: Readonly<Record<string, string>> = {
  couper: 'Coupé : la prochaine recherche ne l’interroge plus.',
  remettre: 'Remis : la prochaine recherche l’interroge.',
  reglages: 'Réglages changés.',
  deja: 'Déjà fait : un second clic ne refait rien.',
};

const FAULTS: Readonly<Record<VendorWords['fault'], string>> = {
  'chez nous': 'C’est chez nous.',
  'à vérifier': 'À vérifier des deux côtés : certificat, liaison sécurisée.',
  éditeur: 'C’est chez l’éditeur.',
  '': '',
};

/** GET /console/editeurs/{id}. */
export async function vendorScreen(context: ConsoleContext): Promise<Screen> {
  const { env, startedMs, url, user } = context;
  const vendor = await findVendor(context);
  const words = tellVendor(vendor, startedMs);
  const day = await readPanel(context, readVendorDay(env, vendor.id));
  const done = DONE[url.searchParams.get('fait') ?? ''];
  const cause = words.cause === '' ? 'répond' : words.cause;
  const tone = { 'en panne': 'down', douteux: 'doubt', bon: 'well' }[words.state as string] ?? 'unknown';
  const failure = vendor.health.lastFailure;
  return {
    title: vendor.name,
    body: html`${done === undefined ? html`` : html`<p class="note well" role="status">${done}</p>`}
<p class="say ${tone}">${stateBadge(words.state)} ${vendor.name} ${cause}. ${FAULTS[words.fault]}</p>
<h2>État</h2>
<dl class="facts">
<dt>Depuis</dt><dd>${sinceCell(words.sinceMs, startedMs)}</dd>
<dt>Dernier succès</dt><dd>${sinceCell(words.lastSuccessMs, startedMs)}</dd>
<dt>Dernier échec</dt><dd>${failure === undefined ? 'aucun connu' : html`${writeMoment(Date.parse(failure.at), startedMs)}, <code>${failure.reason}</code>${failure.status === undefined ? '' : ` (HTTP ${failure.status})`}`}</dd>
<dt>Disjoncteur</dt><dd>${breakerWord(vendor.health.breaker)}</dd>
<dt>Identifiant</dt><dd><code>${vendor.id}</code></dd>
<dt>Flux</dt><dd>${vendor.flows.join(', ')}${vendor.lostFlows.length === 0 ? '' : ` ; perdus : ${vendor.lostFlows.join(', ')}`}</dd>
<dt>Annoncé</dt><dd>${vendor.announced ? 'oui' : 'non : plus aucun relais ne l’annonce'}</dd>
<dt>Certificat</dt><dd>${Date.parse(vendor.certificateNotAfter) > 0 ? html`jusqu’au ${writeMoment(Date.parse(vendor.certificateNotAfter), startedMs)}` : 'sans donnée'}</dd>
<dt>Hôtes des liens</dt><dd>${vendor.redirectHosts.length === 0 ? 'aucun' : vendor.redirectHosts.join(', ')}</dd>
<dt>Délai propre</dt><dd>${vendor.deadlineMs === undefined ? 'celui de l’accès' : `${vendor.deadlineMs} ms`}</dd>
<dt>Conservation propre</dt><dd>${vendor.cacheTtlS === undefined ? 'celle de l’accès' : `${vendor.cacheTtlS} s`}</dd>
</dl>
<h2>Créneaux reçus depuis 24 heures</h2>
${day.ok ? dayPart(day.value) : panelError('Règles', day.error)}
${mayOpen(user, ['exploitant']) ? switchPart(context, vendor) : html``}
<p><a href="/console/expliquer?editeur=${encodeURIComponent(vendor.id)}">Pourquoi tel créneau n’est-il pas montré ?</a></p>`,
  };
}

function dayPart({ received, shown, dropped, ghosts, rules }: VendorDay): Html {
  if (received === 0) return html`<p class="note">Sans donnée : aucun créneau reçu en 24 heures.</p>`;
  const rows = rules.map(({ kind, rule, text, page, count, ids }) => [
    html`<code>${rule}</code>`,
    kind === 'dropped' ? 'écarté' : 'réparé',
    count,
    `${Math.round((count / received) * 1_000) / 10} %`.replace('.', ','),
    text,
    page,
    html`<code>${ids.slice(0, 5).join(' ')}</code>`,
  ]);
  return html`<p>${received} reçus = ${shown} montrés + ${dropped} écartés${ghosts === 0 ? '' : `, dont ${ghosts} déjà pris`}.</p>
${table(
  'Règles qui ont écarté ou réparé',
  [
    'Règle',
    'Effet',
    { name: 'Fois', isNumber: true },
    { name: 'Part', isNumber: true },
    'Ce qui est dit',
    'Page du guide',
    'Ses identifiants',
  ],
  rows,
  'Aucune règle n’a eu à écarter ni à réparer.',
)}`;
}

function switchPart(context: ConsoleContext, vendor: ReportedVendor): Html {
  const action = vendorPath(vendor.id);
  const turn = vendor.enabled
    ? html`<form class="act" method="post" action="${action}">${actFields(context)}<input type="hidden" name="acte" value="couper">
<p><strong>Couper ${vendor.name}</strong> : plus aucune recherche ne l’interroge. Ses créneaux ne sont plus montrés ; de qui n’est connu que chez lui, la réponse sera « inconnu ». Les retraits de comptes lui sont toujours dits.</p>
${reasonFields('couper', 'Je coupe cet éditeur.')}
<p><button class="grave">Couper</button></p></form>`
    : html`<form class="act" method="post" action="${action}">${actFields(context)}<input type="hidden" name="acte" value="remettre">
<p><strong>Remettre ${vendor.name}</strong> : la prochaine recherche l’interroge.</p>
${reasonFields('remettre', 'Je remets cet éditeur.')}
<p><button>Remettre</button></p></form>`;
  const limits = html`<form class="act" method="post" action="${action}">${actFields(context)}<input type="hidden" name="acte" value="reglages">
<p><strong>Délai et conservation</strong> : vide, ceux de l’accès.</p>
<p><label for="delai">Délai <span class="hint">(ms, 100 à 25 000)</span></label><input id="delai" name="delai" inputmode="numeric" pattern="[0-9]*" size="8" value="${vendor.deadlineMs ?? ''}"></p>
<p><label for="conservation">Conservation <span class="hint">(s, 0 à 3 600 ; 0 ne conserve rien)</span></label><input id="conservation" name="conservation" inputmode="numeric" pattern="[0-9]*" size="8" value="${vendor.cacheTtlS ?? ''}"></p>
${reasonFields('reglages', 'Je change ces réglages.')}
<p><button>Changer</button></p></form>`;
  return html`<h2>Agir</h2>
${join([turn, limits])}`;
}

const number = (text: string): number | null => (text === '' ? null : Number(text));

/** POST /console/editeurs/{id}. The same form sent twice acts once. @throws GatewayError parameter-invalid, not-found. */
export async function switchAct(context: ConsoleContext): Promise<Response> {
  const vendor = await findVendor(context);
  const reason = readReason(context);
  const act = field(context, 'acte');
  const once = field(context, 'once');
  const wanted: Readonly<Record<string, unknown>> = {
    couper: { enabled: false },
    remettre: { enabled: true },
    reglages: {
      deadlineMs: number(field(context, 'delai')),
      cacheTtlS: number(field(context, 'conservation')),
    },
  };
  const switches = v.safeParse(SWITCHES, Object.hasOwn(wanted, act) ? wanted[act] : undefined);
  if (!switches.success || !/^[\w-]{20,40}$/.test(once)) {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Délai de 100 à 25 000 ms, conservation de 0 à 3 600 s, ou rien ; rien n’a été changé.',
    });
  }
  const isFirst = await noteAct(context, {
    act: `éditeur : ${act}`,
    target: vendor.id,
    before: switchesOf(vendor),
    after: JSON.stringify(switches.output),
    reason,
    once: `acte:${once}`,
  });
  try {
    if (isFirst) await applySwitches(context, vendor.id, switches.output, context.user.subject);
  } catch (cause) {
    await noteAct(context, { act: `éditeur : ${act}, sans effet`, target: vendor.id });
    throw cause;
  }
  return seeOther(`${vendorPath(vendor.id)}?fait=${isFirst ? act : 'deja'}`);
}

// GET /console/veille: who is down now, since when, whose fault it is; and whether it is us. The sentence first, then the
// vendors by harm, then relays, databases, exposure, waves and the next certificate. Each source fails alone.

import { type Html, html, join } from '../../../shared/html.ts';
import { reportExposure } from '../../accounts/operators.ts';
import type { HubDescription } from '../../hub/reach/calls.ts';
import { askAny, describeHubs } from '../../hub/reach/hub-of.ts';
import { type ReportedVendor, reportVendors } from '../../operators/vendors/rules.ts';
import { lossNow } from '../../store/loss.ts';
import { type DatabaseSize, measureDatabases } from '../../store/sizes.ts';
import { badge, type Panel, panelError, readPanel } from '../frame/parts.ts';
import type { ConsoleContext, Screen } from '../model/context.ts';
import { counted, writeDuration, writeMoment } from '../model/moment.ts';
import { mayOpen } from '../model/roles.ts';
import type { Tone } from '../model/tone.ts';
import { tellVendor } from '../model/vendor-words.ts';
import { sayWatch } from '../model/watch-sentence.ts';
import { type KnownVendor, vendorTable } from './vendor-table.ts';

type Exposure = Awaited<ReturnType<typeof reportExposure>>;
type Database = DatabaseSize & { readonly loss: string | undefined };

/** GET /console/veille. */
export async function watchScreen(context: ConsoleContext): Promise<Screen> {
  const { env, config, startedMs } = context;
  // What names regulators' accounts is for those who may open that screen.
  const mayCount = mayOpen(context.user, ['exploitant']);
  const [vendors, hubs, databases, exposure] = await Promise.all([
    readVendors(context),
    readPanel(context, describeHubs(env)),
    readPanel(context, readDatabases(context)),
    mayCount ? readPanel(context, reportExposure({ env, config, startedMs })) : undefined,
  ]);
  const known = vendors.ok ? vendors.value : [];
  const told = known.map((vendor) => ({ vendor, words: tellVendor(vendor, startedMs) }));
  const sentence = sayWatch({
    vendors: vendors.ok ? told.map(({ vendor, words }) => ({ name: vendor.name, words })) : undefined,
    relays: hubs.ok ? hubs.value.relays.filter(({ state }) => state === 'serving').length : undefined,
    nowMs: startedMs,
  });
  const tiles = [
    relayTile(hubs),
    databaseTile(databases),
    ...(exposure === undefined ? [] : [exposureTile(exposure), waveTile(exposure, startedMs)]),
    certificateTile(vendors, startedMs),
  ];
  return {
    title: 'Veille',
    body: html`<p class="say ${sentence.tone}">${sentence.text}</p>
<h2>Éditeurs, du plus grave au moins grave</h2>
${vendors.ok ? vendorTable(told, startedMs) : panelError('Éditeurs', vendors.error)}
<h2>Chez nous</h2>
<ul class="tiles">
${join(tiles)}
</ul>
<p class="muted">Le nombre de réponses inconnues et de personnes touchées n’est pas encore compté par cette version.</p>`,
  };
}

/** As D1 has them, with their health; as the hub remembers them when D1 says nothing; without health when the hub says nothing. */
async function readVendors(context: ConsoleContext): Promise<Panel<readonly KnownVendor[]>> {
  const whole = await readPanel<readonly ReportedVendor[]>(context, reportVendors(context.env));
  if (whole.ok) return whole;
  const asked = askAny(context.env, (hub) => hub.vendors());
  const registry = await readPanel(context, asked);
  return registry.ok
    ? { ok: true, value: registry.value.map((row) => ({ ...row, health: undefined })) }
    : { ok: false, error: whole.error };
}

async function readDatabases({ env, config }: ConsoleContext): Promise<readonly Database[]> {
  const sizes = await measureDatabases(env, config.databaseBytesMax);
  return Promise.all(sizes.map(async (size) => ({ ...size, loss: await lossNow(env, size.name) })));
}

function tile(title: string, tone: Tone, big: string | Html, more: Html = html``): Html {
  return html`<li><h3>${title}</h3><p class="big">${badge(tone === 'well' ? 'bien' : TONE_WORDS[tone], tone)} ${big}</p>${more}</li>`;
}

const TONE_WORDS: Readonly<Record<Tone, string>> = {
  down: 'à traiter',
  doubt: 'à suivre',
  well: 'bien',
  off: 'arrêté',
  unknown: 'sans donnée',
};

const failed = (title: string, error: string): Html => tile(title, 'unknown', '', html`<p>${error}</p>`);

function relayTile(hubs: Panel<HubDescription>): Html {
  if (!hubs.ok) return failed('Relais', hubs.error);
  const { relays, searches, calls, unsaved } = hubs.value;
  const ids = [...new Set(relays.filter(({ state }) => state === 'serving').map(({ id }) => id))];
  const broken = relays.flatMap(({ id, outOfOrder = [] }) => outOfOrder.map((vendor) => `${vendor} (${id})`));
  const held = relays.flatMap(({ id, held: waiting = [] }) => waiting.map((vendor) => `${vendor} (${id})`));
  const tone =
    ids.length === 0 ? 'down' : broken.length + held.length > 0 || unsaved !== undefined ? 'doubt' : 'well';
  return tile(
    'Relais',
    tone,
    ids.length === 0 ? 'aucun connecté' : counted(ids.length, 'connecté'),
    html`<p class="muted">${ids.join(', ')}</p>
<p>${counted(searches, 'recherche')} et ${counted(calls, 'appel')} en cours</p>
${broken.length === 0 ? html`` : html`<p>Entrée à corriger au relais : ${broken.join(', ')}</p>`}
${held.length === 0 ? html`` : html`<p>Attend une décision (claims) : ${held.join(', ')}</p>`}
${unsaved === undefined ? html`` : html`<p>Annonces pas encore enregistrées : ${unsaved.relays.join(', ')}</p>`}`,
  );
}

const SIZES: Readonly<Record<DatabaseSize['state'], string>> = {
  well: 'bien',
  filling: 'se remplit',
  'nearly-full': 'presque pleine',
  unreachable: 'ne répond pas',
};

function databaseTile(databases: Panel<readonly Database[]>): Html {
  if (!databases.ok) return failed('Bases', databases.error);
  const isDown = databases.value.some(
    ({ state, loss }) => loss !== undefined || state === 'unreachable' || state === 'nearly-full',
  );
  const isDoubt = databases.value.some(({ state }) => state === 'filling');
  const lines = databases.value.map(({ name, state, share, loss }) => {
    const filled = share === undefined ? '' : `, ${Math.round(share * 100)} %`;
    return html`<p>${name} : ${loss === undefined ? SIZES[state] : `a perdu des écritures (${loss})`}${filled}</p>`;
  });
  return tile('Bases', isDown ? 'down' : isDoubt ? 'doubt' : 'well', '', join(lines));
}

function exposureTile(exposure: Panel<Exposure>): Html {
  if (!exposure.ok) return failed('Accès encore ouverts', exposure.error);
  const { open, oldestSeconds, isAlarm, alarmAfterSeconds } = exposure.value;
  if (open === 0) return tile('Accès encore ouverts', 'well', 'aucun');
  return tile(
    'Accès encore ouverts',
    isAlarm ? 'down' : 'doubt',
    html`<a href="/console/comptes">${counted(open, 'compte')}</a>`,
    html`<p>le plus ancien depuis ${writeDuration(oldestSeconds)} ; alarme après ${writeDuration(alarmAfterSeconds)}</p>`,
  );
}

function waveTile(exposure: Panel<Exposure>, nowMs: number): Html {
  if (!exposure.ok) return failed('Vagues de retraits', exposure.error);
  const waiting = exposure.value.waves.filter(({ confirmed }) => confirmed === null);
  if (waiting.length === 0) return tile('Vagues de retraits', 'well', 'aucune n’attend');
  const oldestMs = Math.min(...waiting.map(({ opened }) => Date.parse(opened)));
  return tile(
    'Vagues de retraits',
    'down',
    html`<a href="/console/comptes#vagues">${counted(waiting.length, 'attend', 'attendent')} votre décision</a>`,
    html`<p>depuis ${writeMoment(oldestMs, nowMs)}</p>`,
  );
}

const DAY_MS = 24 * 3_600_000;

function certificateTile(vendors: Panel<readonly KnownVendor[]>, nowMs: number): Html {
  const title = 'Prochain certificat d’éditeur';
  if (!vendors.ok) return failed(title, vendors.error);
  const [first] = vendors.value
    .filter(
      ({ takenOutMs, certificateNotAfter }) =>
        takenOutMs === undefined && Date.parse(certificateNotAfter) > 0,
    )
    .sort((one, other) => (one.certificateNotAfter < other.certificateNotAfter ? -1 : 1));
  if (first === undefined) return tile(title, 'unknown', '');
  const endMs = Date.parse(first.certificateNotAfter);
  const days = Math.floor((endMs - nowMs) / DAY_MS);
  const tone = days < 7 ? 'down' : days < 30 ? 'doubt' : 'well';
  return tile(
    title,
    tone,
    days < 0 ? 'fini' : `dans ${counted(days, 'jour')}`,
    html`<p><a href="/console/editeurs/${encodeURIComponent(first.id)}">${first.name}</a>, ${writeMoment(endMs, nowMs)}</p>`,
  );
}

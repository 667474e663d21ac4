// GET /console/certificats: which certificates and revocation lists end when: a sentence, a year month by month, then each of
// them, first to end first; and which relays do not say.

import { type Html, html, join } from '../../../shared/html.ts';
import { formatInstant, parisOffsetMinutes } from '../../../shared/time.ts';
import { type ReportedRelay, reportRelays } from '../../operators/relay-reports.ts';
import { badge, panelError, readPanel, table } from '../frame/parts.ts';
import type { ConsoleContext, Screen } from '../model/context.ts';
import {
  daysLeft,
  type EndingCertificate,
  type EndingList,
  endingCertificates,
  endingLists,
  stateOfEnd,
  stateOfList,
} from '../model/ends.ts';
import { counted, writeDuration, writeMoment } from '../model/moment.ts';

const MONTHS_SHOWN = 12;
const ROLES: Readonly<Record<EndingCertificate['role'], string>> = {
  client: 'le nôtre, montré à',
  server: 'serveur de',
  sender: 'client de',
  port: 'port mTLS du relais',
  authority: 'autorité',
  'hub-sante': 'le nôtre, montré à Hub Santé',
};

/** GET /console/certificats. */
export async function certificatesScreen(context: ConsoleContext): Promise<Screen> {
  const title = 'Certificats';
  const read = await readPanel(context, reportRelays(context.env));
  if (!read.ok) return { title, body: panelError('Certificats', read.error) };
  const { startedMs: nowMs } = context;
  const certificates = endingCertificates(read.value);
  const lists = endingLists(read.value);
  return {
    title,
    body: html`${sentence(certificates, lists, nowMs)}
<h2>Relais</h2>
${relayTable(read.value, nowMs)}
<h2>Un an, mois par mois</h2>
${calendar(certificates, nowMs)}
<h2>Certificats, du premier qui finit au dernier</h2>
${certificateTable(certificates, nowMs)}
<h2>Listes de révocation</h2>
${listTable(lists, nowMs)}
${alarmTable(read.value)}`,
  };
}

function whose({ role, authority, editors, relays }: EndingCertificate): string {
  const of = editors.join(', ');
  switch (role) {
    case 'authority':
      return `${ROLES.authority} ${authority ?? ''}${of === '' ? '' : ` (${of})`}`;
    case 'port':
      return `${ROLES.port} ${relays.join(', ')}`;
    case 'hub-sante':
      return ROLES['hub-sante'];
    default:
      return `${ROLES[role]} ${of}`;
  }
}

function sentence(
  certificates: readonly EndingCertificate[],
  lists: readonly EndingList[],
  nowMs: number,
): Html {
  if (certificates.length === 0) {
    return html`<p class="say unknown">Sans donnée : aucun relais n’a dit ses certificats.</p>`;
  }
  const stale = lists.filter(({ nextUpdateMs }) => stateOfList(nextUpdateMs, nowMs).tone === 'down');
  const bad = certificates.filter(({ notAfterMs }) => stateOfEnd(notAfterMs, nowMs).tone === 'down');
  const soon = certificates.filter(({ notAfterMs }) => stateOfEnd(notAfterMs, nowMs).tone === 'doubt');
  const ofLists =
    stale.length === 0
      ? ''
      : ` ; ${counted(stale.length, 'liste périmée ou presque', 'listes périmées ou presque')}`;
  if (bad.length > 0 || stale.length > 0) {
    const ofCertificates =
      bad[0] === undefined
        ? 'Aucun certificat ne finit sous 7 jours'
        : `${counted(bad.length, 'certificat fini ou presque', 'certificats finis ou presque')} : d’abord ${whose(bad[0])}`;
    return html`<p class="say down">${ofCertificates}${ofLists}.</p>`;
  }
  if (soon[0] !== undefined) {
    return html`<p class="say doubt">${counted(soon.length, 'certificat est à renouveler', 'certificats sont à renouveler')} sous 30 jours : d’abord ${whose(soon[0])}, ${writeMoment(soon[0].notAfterMs, nowMs)}.</p>`;
  }
  const [next] = certificates;
  return html`<p class="say well">Rien ne finit avant 30 jours. Prochain : ${next === undefined ? '' : whose(next)}, ${next === undefined ? '' : writeMoment(next.notAfterMs, nowMs)}.</p>`;
}

/** What each relay says, and which do not. */
function relayTable(relays: readonly ReportedRelay[], nowMs: number): Html {
  const rows = relays.map(({ relay, isConnected, version, atMs, report }) => [
    html`<code>${relay}</code>`,
    isConnected ? badge('connecté', 'well') : badge('absent', 'off'),
    version ?? 'sans donnée',
    report === undefined || atMs === undefined
      ? badge(`ne le dit pas (version ${version ?? 'inconnue'})`, 'unknown')
      : writeMoment(atMs, nowMs),
    report === undefined
      ? '—'
      : report.reload === 'failed'
        ? badge('a rencontré un problème', 'doubt')
        : badge('sans problème', 'well'),
    report === undefined
      ? '—'
      : `${report.queues.reduce((sum, { running }) => sum + running, 0)} en cours, ${report.queues.reduce((sum, { waiting }) => sum + waiting, 0)} en attente`,
  ]);
  const columns = ['Relais', 'Liaison', 'Version', 'Ce qu’il dit de lui, à', 'Dernière relecture', 'Appels'];
  return table('Relais', columns, rows, 'Aucun relais n’est connecté, ni ne l’a été depuis un mois.');
}

const monthOf = (ms: number): string => formatInstant(ms, parisOffsetMinutes(ms)).slice(0, 7);

function calendar(certificates: readonly EndingCertificate[], nowMs: number): Html {
  const [year = 0, month = 0] = monthOf(nowMs).split('-').map(Number);
  const months = Array.from({ length: MONTHS_SHOWN }, (_, at) =>
    new Date(Date.UTC(year, month - 1 + at)).toISOString().slice(0, 7),
  );
  const name = new Intl.DateTimeFormat('fr-FR', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const rows = months.map((one) => {
    const ending = certificates.filter(({ notAfterMs }) => monthOf(notAfterMs) === one);
    const named = ending.map((each, at) => {
      const { word, tone } = stateOfEnd(each.notAfterMs, nowMs);
      const day = formatInstant(each.notAfterMs, parisOffsetMinutes(each.notAfterMs)).slice(8, 10);
      return html`${at === 0 ? '' : html`<br>`}le ${Number(day)} : ${whose(each)} ${badge(word, tone)}`;
    });
    return [
      name.format(Date.parse(`${one}-01`)),
      ending.length,
      ending.length === 0 ? html`<span class="muted">rien ne finit</span>` : join(named),
    ];
  });
  const last = months.at(-1) ?? '';
  const later = certificates.filter(({ notAfterMs }) => monthOf(notAfterMs) > last).length;
  return html`${table('Fins de certificats, mois par mois', ['Mois', { name: 'Fins', isNumber: true }, 'Lesquels'], rows, '')}
<p class="muted">${later === 0 ? 'Rien au-delà.' : `${counted(later, 'autre finit', 'autres finissent')} au-delà.`}</p>`;
}

function certificateTable(certificates: readonly EndingCertificate[], nowMs: number): Html {
  const rows = certificates.map((one) => {
    const { serial, notAfterMs, seenMs, relays } = one;
    const { word, tone } = stateOfEnd(notAfterMs, nowMs);
    const days = daysLeft(notAfterMs, nowMs);
    return [
      whose(one),
      badge(word, tone),
      writeMoment(notAfterMs, nowMs),
      notAfterMs <= nowMs
        ? `fini depuis ${writeDuration((nowMs - notAfterMs) / 1_000)}`
        : counted(days, 'jour'),
      html`<code>${serial}</code>`,
      relays.join(', '),
      seenMs === undefined ? '—' : writeMoment(seenMs, nowMs),
    ];
  });
  const columns = ['Lequel', 'État', 'Finit', 'Reste', 'Numéro de série', 'Dit par', 'Vu'];
  return table('Certificats', columns, rows, 'Aucun relais n’a dit ses certificats.');
}

function listTable(lists: readonly EndingList[], nowMs: number): Html {
  const rows = lists.map(({ authority, editors, relays, thisUpdateMs, nextUpdateMs }) => {
    const { word, tone } = stateOfList(nextUpdateMs, nowMs);
    return [
      `${authority}${editors.length === 0 ? '' : ` (${editors.join(', ')})`}`,
      badge(word, tone),
      nextUpdateMs === undefined ? 'ne le dit pas' : writeMoment(nextUpdateMs, nowMs),
      writeDuration((nowMs - thisUpdateMs) / 1_000),
      relays.join(', '),
    ];
  });
  const columns = ['Autorité', 'État', 'Prochaine', 'Âge', 'Dit par'];
  return table('Listes de révocation', columns, rows, 'Aucun relais n’a de liste, ou aucun ne le dit.');
}

function alarmTable(relays: readonly ReportedRelay[]): Html {
  const rows = relays.flatMap(({ relay, report }) =>
    (report?.alarms ?? []).map(({ field, text, editor }) => [
      html`<code>${relay}</code>`,
      editor ?? '—',
      html`<code>${field}</code>`,
      text,
    ]),
  );
  if (rows.length === 0) return html``;
  return html`<h2>Ce qui est à corriger aux relais</h2>
${table('À corriger aux relais', ['Relais', 'Éditeur', 'Champ', 'Quoi'], rows, '')}`;
}

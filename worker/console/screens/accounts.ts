// GET /console/comptes: who still has access although his right has ended, waves that wait for a decision, counts per vendor.
// POST /console/comptes/vagues/{wave}: the wave goes out. Regulators appear by our own id, never by name.

import { GatewayError } from '../../../shared/error.ts';
import { type Html, html, join } from '../../../shared/html.ts';
import { releaseWave, reportAccounts, reportExposure } from '../../accounts/operators.ts';
import { failureSentence } from '../../search/ledger.ts';
import { lookAt, refuseLost } from '../../store/loss.ts';
import { actFields, badge, panelError, readPanel, reasonFields, table } from '../frame/parts.ts';
import { type ConsoleContext, type Screen, seeOther } from '../model/context.ts';
import { counted, writeDuration, writeMoment } from '../model/moment.ts';
import { readReason } from '../model/reason.ts';
import { noteAct } from '../tables/note-act.ts';

type Exposure = Awaited<ReturnType<typeof reportExposure>>;
type Wave = Exposure['waves'][number];

const HOUR_MS = 3_600_000;
const KINDS: Readonly<Record<string, string>> = {
  account: 'retraits de comptes',
  unknown: 'retraits de comptes que la passerelle ne connaissait pas',
};

/** GET /console/comptes. Reading it is noted once an hour and session, when it names anybody. */
export async function accountsScreen(context: ConsoleContext): Promise<Screen> {
  const { env, config, startedMs, session, url } = context;
  const [exposure, counts] = await Promise.all([
    readPanel(context, reportExposure({ env, config, startedMs })),
    readPanel(context, reportAccounts({ env, config, startedMs })),
  ]);
  if (exposure.ok && exposure.value.accounts.length > 0) {
    const once = `comptes:${session.slice(0, 16)}:${Math.floor(startedMs / HOUR_MS)}`;
    await noteAct(context, { act: 'lire les accès ouverts', once });
  }
  return {
    title: 'Comptes',
    body: html`${url.searchParams.get('fait') === 'vague' ? html`<p class="note well" role="status">La vague est confirmée : ses retraits partent maintenant.</p>` : html``}
${exposure.ok ? exposurePart(exposure.value, context) : panelError('Accès encore ouverts', exposure.error)}
<h2>Par éditeur</h2>
${counts.ok ? countTable(counts.value) : panelError('Comptes par éditeur', counts.error)}`,
  };
}

function exposurePart(exposure: Exposure, context: ConsoleContext): Html {
  const { open, oldestSeconds, isAlarm, alarmAfterSeconds, accounts, waves } = exposure;
  const waiting = waves.filter(({ confirmed }) => confirmed === null);
  const tone = isAlarm || waiting.length > 0 ? 'down' : open > 0 ? 'doubt' : 'well';
  const opened =
    open === 0
      ? 'Aucun accès retiré n’est encore ouvert chez un éditeur'
      : `${counted(open, 'accès retiré est encore ouvert', 'accès retirés sont encore ouverts')}, le plus ancien depuis ${writeDuration(oldestSeconds)} (alarme après ${writeDuration(alarmAfterSeconds)})`;
  const held =
    waiting.length === 0
      ? ''
      : ` ; ${counted(waiting.length, 'vague attend', 'vagues attendent')} votre décision`;
  return html`<p class="say ${tone}">${opened}${held}.</p>
<h2 id="vagues">Vagues de retraits</h2>
${waves.length === 0 ? html`<p class="note">Aucune vague n’attend, et aucune n’a été confirmée.</p>` : html``}
${join(waiting.map((wave) => waveForm(wave, context)))}
${join(
  waves
    .filter(({ confirmed }) => confirmed !== null)
    .slice(0, 5)
    .map(
      (wave) =>
        html`<p class="muted">Confirmée ${writeMoment(Date.parse(wave.confirmed ?? ''), context.startedMs)} : <code>${wave.id}</code>, ${counted(wave.regulators, 'retrait reste', 'retraits restent')} à partir.</p>`,
    ),
)}
<h2>Accès encore ouverts</h2>
${accountTable(accounts, context.startedMs, 'Aucun : chaque éditeur a confirmé chaque retrait.')}`;
}

function waveForm(wave: Wave, context: ConsoleContext): Html {
  const { id, kind, regulators, opened } = wave;
  return html`<form class="act" method="post" action="/console/comptes/vagues/${encodeURIComponent(id)}">${actFields(context)}
<p><strong>${counted(regulators, 'régulateur perd', 'régulateurs perdent')} son accès d’un coup</strong> (${KINDS[kind] ?? kind}), retenus depuis ${writeMoment(Date.parse(opened), context.startedMs)}. <code>${id}</code></p>
<p>Confirmer les fait partir vers tous les éditeurs, maintenant. Si c’est une erreur de la source, rétablir les droits à la source ; ne pas confirmer.</p>
${reasonFields(`vague-${id}`, 'Ces retraits sont voulus ; je les confirme.')}
<p><button class="grave">Confirmer la vague</button></p></form>`;
}

/** Accounts that are open although withdrawn. */
export function accountTable(accounts: Exposure['accounts'], nowMs: number, empty: string): Html {
  const rows = accounts.map((account) => [
    html`<code>${account.regulator}</code>`,
    account.editor,
    html`${account.isAlarm ? badge('alarme', 'down') : badge('ouvert', 'doubt')} ${writeDuration(account.seconds)} <span class="muted">(${writeMoment(Date.parse(account.since), nowMs)})</span>`,
    account.attempts,
    account.reason === null
      ? '—'
      : `${failureSentence(account.reason).replace(/^: /, '')}${account.status === null ? '' : ` (HTTP ${account.status})`}`,
    account.heldBy !== null
      ? html`retenu par la vague <code>${account.heldBy}</code>`
      : account.nextTry === null
        ? 'au prochain passage (1 min)'
        : writeMoment(Date.parse(account.nextTry), nowMs),
  ]);
  return table(
    'Accès retirés et encore ouverts',
    [
      'Régulateur',
      'Éditeur',
      'Ouvert depuis',
      { name: 'Essais', isNumber: true },
      'Dernier refus',
      'Prochain essai',
    ],
    rows,
    empty,
  );
}

function countTable({ vendors }: Awaited<ReturnType<typeof reportAccounts>>): Html {
  const number = (name: string) => ({ name, isNumber: true }) as const;
  const rows = vendors.map((vendor) => [
    vendor.editor,
    vendor.accounts,
    vendor.confirmed,
    vendor.differing,
    vendor.open,
    vendor.failing,
    vendor.isDriftStopped ? `${vendor.driftEvents}, arrêtée` : vendor.driftEvents,
  ]);
  return table(
    'Comptes par éditeur',
    [
      'Éditeur',
      number('Comptes'),
      number('Confirmés'),
      number('Différents'),
      number('Encore ouverts'),
      number('En échec'),
      number('Dérives (24 h)'),
    ],
    rows,
    'Aucun compte n’a encore été dit à un éditeur.',
  );
}

/** POST /console/comptes/vagues/{wave}. Saying it twice is once, and is noted once. */
export async function confirmWaveAct(context: ConsoleContext): Promise<Response> {
  const { env, parameters, user } = context;
  const reason = readReason(context);
  const wave = parameters.wave ?? '';
  await refuseLost(env, 'core');
  const { waves } = await reportExposure(context);
  const known = waves.find(({ id }) => id === wave);
  if (known === undefined) {
    throw new GatewayError({ reason: 'not-found', text: 'Aucune vague de retraits n’a cet id.' });
  }
  if (known.confirmed === null) {
    await noteAct(context, {
      act: 'confirmer une vague',
      target: wave,
      before: `${known.regulators} retenus`,
      after: 'confirmée',
      reason,
      once: `vague:${wave}`,
    });
    await releaseWave(context, wave, user.subject);
    await lookAt(env, 'core');
  }
  return seeOther('/console/comptes?fait=vague');
}

// POST /fhir/Appointment, PUT /fhir/Appointment?identifier=, PUT /fhir/Appointment/{id}: what vendors report
// through a relay's mTLS port (INT_R03). docs/guide.md § 5; docs/appointments.md; R4 http.html (create, update,
// conditional update, Prefer).

import { GatewayError } from '../../shared/error.ts';
import { type Issue, operationOutcome } from '../../shared/fhir/operation-outcome.ts';
import { encodeToken } from '../../shared/fhir/search.ts';
import { describeFinding } from '../../shared/sas/rules/table/table.ts';
import { parisDayOf } from '../base/calendar/days.ts';
import { log } from '../base/log.ts';
import { FHIR_JSON, type RequestContext } from '../http/http.ts';
import { type Return, readReturn } from '../http/prefer.ts';
import type { Sender } from '../http/relay-token.ts';
import { tellRelays } from '../lrm/tell-relays.ts';
import { acknowledge, markBefore } from '../store/loss.ts';
import { erased } from './erase.ts';
import { withoutOperator } from './model/erased.ts';
import type { AppointmentMessage } from './model/message.ts';
import { overQuota } from './model/quota.ts';
import { resourceText, versionHeaders } from './model/resource.ts';
import { admitSender } from './senders.ts';
import {
  type AppointmentWrite,
  recordAppointment,
  type WriteOutcome,
  type WrittenState,
} from './tables/record.ts';
import { readSent } from './target.ts';
import { tellHub } from './tell-hub.ts';

/** What became of a message. `late` and `repeated` are kept, and acknowledged, but do not hold. */
type Fate = 'created' | 'changed' | 'same' | 'repeated' | 'late';

const isChange = (fate: Fate): boolean => fate === 'created' || fate === 'changed';

/** Who reports, and the record: both within it. A vendor waits for seven seconds, the way there and back included. */
const RECORDED_MS = 6_000;

/** POST and both PUT: the address tells which appointment is meant (target.ts). */
export async function writeAppointment(context: RequestContext): Promise<Response> {
  const { request, requestId } = context;
  const sender = senderOf(context);
  // Without a wish the vendor has the content already.
  const wanted = readReturn(request.headers.get('Prefer')) ?? 'minimal';
  const admitted = admitSender(context.env, sender, requestId);
  // What is wrong with the message is said first.
  admitted.catch(() => undefined);
  const { id, message, hash, ifMatch, nowMs } = await readSent(context, sender);
  const method = request.method === 'POST' ? 'POST' : 'PUT';
  await admitted;
  const write: AppointmentWrite = {
    id,
    hash,
    message,
    editor: sender.editor,
    relay: sender.relay,
    method,
    ifMatch,
    writeId: `${requestId}.${crypto.randomUUID().slice(0, 8)}`,
    nowMs,
    quota: context.config.appointmentQuota,
    wantsContent: wanted === 'representation',
    tellsLrm: context.config.lrm && parisDayOf(nowMs),
  };
  const { env } = context;
  const before = markBefore(env, 'appointments');
  const outcome = await record(env.APPOINTMENTS, write, nowMs + RECORDED_MS);
  await Promise.all([
    acknowledge(env, 'appointments', before, outcome.mark),
    outcome.times === undefined ? undefined : tellHub(env, outcome.times),
  ]);
  const { fate, state } = settle(outcome, write);
  if (write.tellsLrm !== undefined && isChange(fate)) context.waitUntil(tellRelays(env));
  const status = fate === 'created' || method === 'POST' ? 201 : 200;
  log('info', 'appointment-recorded', {
    requestId,
    flow: 'INT_R03',
    relay: sender.relay,
    editor: sender.editor,
    status,
    detail: fate,
    durationMs: Date.now() - context.startedMs,
  });
  return answer(context, { id, status, fate, state, message, wanted, inserted: outcome.inserted });
}

/**
 * An appointment that was erased stays so; one whose regulator was names none any more, whatever the vendor still sends.
 * @throws GatewayError erased, storage-unavailable.
 */
async function record(db: D1Database, write: AppointmentWrite, untilMs: number): Promise<WriteOutcome> {
  const outcome = await recordAppointment(db, write, untilMs - Date.now());
  if (outcome.erased === 'whole') throw erased();
  if (outcome.erased !== 'operator' || write.message.operator === undefined) return outcome;
  const unnamed = await withoutOperator(write.message);
  return recordAppointment(db, { ...write, ...unnamed }, untilMs - Date.now());
}

function senderOf({ sender }: RequestContext): Sender {
  if (sender === undefined) throw new TypeError('a route without relay token writes appointments');
  return sender;
}

/** @throws GatewayError version-conflict, rule-broken, quota-exceeded, duplicate, too-many-versions. */
function settle(
  { inserted, same, state, usage }: WriteOutcome,
  { method, ifMatch, message, quota, nowMs }: AppointmentWrite,
): { readonly fate: Fate; readonly state: WrittenState } {
  if (state === undefined) {
    if (ifMatch !== undefined)
      throw conflict("Ce rendez-vous n'existe pas encore : If-Match ne peut être tenu.");
    refuseBounds(message);
    throw quotaExceeded(overQuota(usage, quota, true, nowMs));
  }
  if (inserted !== undefined) {
    if (inserted === 1) return { fate: 'created', state };
    return { fate: state.version === inserted ? 'changed' : 'late', state };
  }
  if (same !== undefined && same === state.version) return { fate: 'same', state };
  // A version asked for that is not the current one, and a content that does not hold: nothing was recorded.
  if (typeof ifMatch === 'number' && ifMatch !== state.version) {
    throw conflict(`La version ${ifMatch} n'est plus la version courante, qui est ${state.version}.`);
  }
  if (same !== undefined) return { fate: 'repeated', state };
  if (method === 'POST') throw duplicate(message);
  refuseBounds(message);
  const over = overQuota(usage, quota, false, nowMs);
  if (over !== undefined) throw quotaExceeded(over);
  throw new GatewayError({
    reason: 'too-many-versions',
    text: 'Ce rendez-vous a changé trop souvent ; ce message est refusé.',
  });
}

/** @throws GatewayError rule-broken, when it is out of bounds and ends nothing that is as far out. */
function refuseBounds({ excess }: AppointmentMessage): void {
  if (excess.length === 0) return;
  throw new GatewayError({ reason: 'rule-broken', text: 'Le rendez-vous est refusé.', issues: excess });
}

/** `over` undefined: the hour has just ended. */
function quotaExceeded(over: ReturnType<typeof overQuota>): GatewayError {
  const { what, retryAfterS } = over ?? { what: 'rate', retryAfterS: 1 };
  return new GatewayError({
    reason: 'quota-exceeded',
    text:
      what === 'storage'
        ? "Cet éditeur a atteint ce qu'il peut enregistrer ici : rien de nouveau n'est pris, annuler reste possible."
        : "Cet éditeur a créé trop de rendez-vous dans l'heure : renvoyer celui-ci après le délai indiqué.",
    headers: { 'Retry-After': String(retryAfterS) },
    detail: what,
  });
}

function conflict(text: string): GatewayError {
  return new GatewayError({ reason: 'version-conflict', text, expression: ['http.If-Match'] });
}

function duplicate({ identifier: { system, value } }: AppointmentMessage): GatewayError {
  return new GatewayError({
    reason: 'duplicate',
    text: `Ce rendez-vous existe avec un autre contenu ; le modifier par PUT Appointment?identifier=${encodeToken(system, value)}.`,
    expression: ['Appointment.identifier'],
  });
}

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly fate: Fate;
  readonly state: WrittenState;
  readonly message: AppointmentMessage;
  readonly wanted: Return;
  readonly inserted: number | undefined;
}

function answer(context: RequestContext, given: Answer): Response {
  const { id, status, fate, state, wanted } = given;
  const body =
    wanted === 'minimal'
      ? null
      : wanted === 'OperationOutcome'
        ? JSON.stringify(operationOutcome(context.requestId, issuesOf(given)))
        : resourceText({ id, ...state, content: state.content ?? '{}' });
  return new Response(body, {
    status,
    headers: {
      ...(body === null ? {} : { 'Content-Type': FHIR_JSON }),
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
      'X-Passerelle-Appointment': fate,
      Location: `${context.fhirBase}/Appointment/${id}`,
      ...versionHeaders(state),
    },
  });
}

const FATES: Readonly<Record<Fate, string>> = {
  created: 'Le rendez-vous est enregistré.',
  changed: 'Le rendez-vous est modifié.',
  same: 'Ce contenu est déjà celui du rendez-vous.',
  repeated: "Ce message avait déjà été reçu ; le rendez-vous a changé depuis et n'est pas modifié.",
  late: "Ce message est enregistré, mais un état plus récent est connu ; le rendez-vous n'est pas modifié.",
};

function issuesOf({ fate, state, message, inserted }: Answer): Issue[] {
  return [
    {
      severity: 'information',
      code: 'informational',
      reason: fate,
      text: FATES[fate],
      diagnostics: `version=${state.version}; status=${state.status}${inserted === undefined ? '' : `; recorded=${inserted}`}`,
    },
    ...message.warnings.map(
      (finding): Issue => ({
        severity: 'warning',
        code: 'business-rule',
        reason: finding.rule,
        text: describeFinding(finding),
        expression: [finding.expression],
      }),
    ),
    ...message.repairs.map(
      (repair): Issue => ({
        severity: 'information',
        code: 'informational',
        reason: repair,
        text: REPAIRS[repair],
      }),
    ),
  ];
}

const REPAIRS: Readonly<Record<AppointmentMessage['repairs'][number], string>> = {
  'profile-canonical': 'meta.profile a été remplacé par l’URL du paquet.',
  'status-spelling': 'Un statut a été remis en minuscules, au code de FHIR R4.',
  'identifier-blanks': 'Des blancs autour d’un identifiant ont été ôtés.',
  'identifier-prefix': 'Le chiffre qui manquait devant un numéro RPPS ou ADELI a été ajouté.',
  'slot-contained': 'Un créneau contenu a été remplacé par sa référence.',
  'end-from-duration': 'La fin manquante a été déduite du début et de minutesDuration.',
  'type-system': 'Le système d’un type d’identifiant a été remplacé par fr-v2-0203.',
  'display-dropped': 'Les libellés n’ont pas été conservés.',
  'time-in-future': 'meta.lastUpdated est dans le futur : il n’est pas pris en compte.',
};

// POST /hub-sante/lease: the messages that are to leave now, made and given to one process of a relay for half a minute. What
// cannot be made is held back, with its reason, and looked at again. shared/link/hub-sante.ts; docs/lrm.md.

import * as v from 'valibot';
import { LEASE_MESSAGES_MAX, type LeaseAnswer, type OutgoingMessage } from '../../shared/link/hub-sante.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import type { LrmSettings } from '../base/lrm-settings.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { CLIENT_ENTRIES, readCarried } from './carrier.ts';
import { HOLD_MS, LEASE_MARGIN_MS, LEASE_MS, LIFE_MS, NEXT_MS } from './delays.ts';
import { buildReport } from './message/report.ts';
import { findSaid } from './people/table.ts';
import { type DueMessage, endLeases, type Hold, type Lease, listDue, takeLeases } from './tables/lease.ts';
import { type FoundRegulator, findRegulators } from './tables/regulators.ts';

const BYTES_MAX = 4_096;
const LEASE = v.object({
  ...CLIENT_ENTRIES,
  max: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LEASE_MESSAGES_MAX)),
});

/** @throws GatewayError as `readCarried`, storage-unavailable: nothing is leased, or its lease ends without a word. */
export async function leaseMessages(context: RequestContext): Promise<Response> {
  const { relay, lrm, said } = await readCarried(context, LEASE, BYTES_MAX);
  const { env, requestId } = context;
  const nowMs = Date.now();
  await endLostLeases(env, nowMs);
  const found = await listDue(env.APPOINTMENTS, nowMs, said.max + 1);
  const made = await makeMessages(env, lrm, found.slice(0, said.max), nowMs);
  const isNothing = found.length === 0;
  const taking = { relay, instance: said.instance, nowMs, untilMs: nowMs + LEASE_MS, ...made };
  const taken = isNothing ? new Set<string>() : await takeLeases(env.APPOINTMENTS, taking);
  noteHolds(made.holds, made.late.length, requestId);
  const messages = made.leases.flatMap(({ distributionId, body }): OutgoingMessage[] =>
    taken.has(distributionId) ? [{ distributionId, body }] : [],
  );
  if (messages.length > 0) log('debug', 'lrm-messages-leased', { requestId, relay, count: messages.length });
  const more = found.length > said.max;
  return jsonResponse({ leaseMs: LEASE_MS, messages, more, nextMs: NEXT_MS } satisfies LeaseAnswer, context);
}

/** What a relay was given and said nothing of may have left, and leaves again under a new id. @throws GatewayError storage-unavailable. */
export async function endLostLeases(env: Env, nowMs: number): Promise<void> {
  const ended = await endLeases(env.APPOINTMENTS, nowMs - LEASE_MARGIN_MS, nowMs);
  for (const [relay, all] of Map.groupBy(ended, (one) => one)) {
    log('warn', 'lrm-leases-lost', { relay, count: all.length });
  }
}

interface Made {
  readonly leases: readonly (Lease & { readonly body: string })[];
  readonly holds: readonly Hold[];
  readonly late: readonly DueMessage[];
}

async function makeMessages(
  env: Env,
  lrm: LrmSettings,
  due: readonly DueMessage[],
  nowMs: number,
): Promise<Made> {
  const late = due.filter(({ usefulMs }) => usefulMs < nowMs);
  const useful = due.filter(({ usefulMs }) => usefulMs >= nowMs);
  const named = useful.filter(({ operator }) => operator !== null);
  const [regulators, saidOf] = await Promise.all([
    findRegulators(
      env.DB,
      named.map(({ operatorSystem, operator }) => ({ system: operatorSystem, value: operator ?? '' })),
    ),
    findSaid(
      env.DB,
      useful.map((one) => ({ ...one, vendor: one.editor })),
    ),
  ]);
  const regulatorOf = new Map(named.map((one, place) => [one, regulators[place]]));
  const leases: (Lease & { readonly body: string })[] = [];
  const holds: Hold[] = [];
  for (const [place, one] of useful.entries()) {
    const regulator = regulatorOf.get(one);
    const recipient = recipientOf(lrm, regulator, one.toldTo);
    const distributionId = `${lrm.clientId}_${crypto.randomUUID()}`;
    const method = one.isUpdate === 1 ? 'UpdateAppointment' : 'CreateAppointment';
    const report = buildReport({
      schema: lrm.schema,
      clientId: lrm.clientId,
      distributionId,
      recipient,
      method,
      nowMs,
      expiresMs: nowMs + LIFE_MS,
      appointment: { ...one, id: one.appointment },
      regulator,
      said: saidOf[place] ?? {},
    });
    if (report.ok) {
      leases.push({ ...one, distributionId, method, recipient: recipient ?? '', ...report.value });
    } else {
      holds.push({ ...one, reason: report.error.join(' '), recipient, againMs: nowMs + HOLD_MS });
    }
  }
  return { leases, holds, late };
}

/** An appointment stays with the LRM that was told of it, as long as there is one of that name; else the regulator's own SAMU. */
function recipientOf(
  { recipients }: LrmSettings,
  regulator: FoundRegulator | undefined,
  toldTo: string | null,
): string | undefined {
  if (toldTo !== null && [...recipients.values()].includes(toldTo)) return toldTo;
  const territory = regulator?.territories.find((name) => recipients.has(name));
  return territory === undefined ? undefined : recipients.get(territory);
}

/** The alarm: an operator has something to configure, or a message to mend. */
function noteHolds(holds: readonly Hold[], late: number, requestId: string): void {
  for (const [reason, some] of Map.groupBy(holds, (one) => one.reason)) {
    log('error', 'lrm-messages-held', { requestId, reason, count: some.length });
  }
  if (late > 0) log('error', 'lrm-messages-expired', { requestId, count: late });
}

// POST /hub-sante/settle: what became of what a relay's process was given to publish. shared/link/hub-sante.ts.

import * as v from 'valibot';
import { type CountAnswer, LEASE_MESSAGES_MAX, type PublishOutcome } from '../../shared/link/hub-sante.ts';
import { log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { CLIENT_ENTRIES, readCarried } from './carrier.ts';
import { LEASE_MS } from './delays.ts';
import { settleAttempts } from './tables/settle.ts';
import { tellRelays } from './tell-relays.ts';

/** Of several leases, when the edge could not be told at once. */
const OUTCOMES_MAX = 10 * LEASE_MESSAGES_MAX;
const BYTES_MAX = 512 * 1024;
const OUTCOMES = ['confirmed', 'nacked', 'unsent', 'unknown'] as const satisfies readonly PublishOutcome[];

const SETTLE = v.object({
  ...CLIENT_ENTRIES,
  outcomes: v.pipe(
    v.array(
      v.object({
        distributionId: v.pipe(v.string(), v.maxLength(200)),
        outcome: v.picklist(OUTCOMES),
      }),
    ),
    v.maxLength(OUTCOMES_MAX),
  ),
  holding: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(OUTCOMES_MAX)), []),
});

/** Said twice is said once. @throws GatewayError as `readCarried`, storage-unavailable. */
export async function settleMessages(context: RequestContext): Promise<Response> {
  const { relay, said } = await readCarried(context, SETTLE, BYTES_MAX);
  const outcomes = new Map(said.outcomes.map(({ distributionId, outcome }) => [distributionId, outcome]));
  const nowMs = Date.now();
  const { instance, holding } = said;
  const settling = { relay, instance, nowMs, outcomes, holding, untilMs: nowMs + LEASE_MS };
  const { count, isDue } = await settleAttempts(context.env.APPOINTMENTS, settling);
  if (isDue) context.waitUntil(tellRelays(context.env));
  const values = [...outcomes.values()];
  const failed = values.filter((outcome) => outcome !== 'confirmed').length;
  log(failed > 0 ? 'warn' : 'debug', 'lrm-messages-settled', {
    requestId: context.requestId,
    relay,
    count,
    failed,
    ...(failed > 0 && { detail: [...new Set(values)].sort().join(' ') }),
  });
  return jsonResponse({ count } satisfies CountAnswer, context);
}

// PUT /admin/editors/{id}: the operator's switches of one vendor: asked or not, with how much time, kept how long. The log
// says which, from what to what, and by which operator.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { operatorOf } from '../../http/operator.ts';
import { purgeBroadcasts } from '../../hub/memory/routing/table.ts';
import { describeHubs, hubsOf } from '../../hub/reach/hub-of.ts';
import { refreshVendors } from '../../memory/remembered-vendors.ts';
import { Budget } from '../../store/budget.ts';
import { listVendors, saveSwitches, type VendorRow } from '../../store/editors.ts';
import { guardIdempotent } from '../../store/guard.ts';

const BODY_BYTES_MAX = 1_024;
/** The operator waits. */
const FORGET_MS = 10_000;
const whole = (description: string, min: number, max: number) =>
  v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max), v.description(description))),
  );

/** The body; null: the edge's own. */
export const SWITCHES = v.strictObject({
  enabled: v.optional(v.pipe(v.boolean(), v.description('Faux : n’est plus interrogé.'))),
  deadlineMs: whole('Millisecondes.', 100, 25_000),
  cacheTtlS: whole('Secondes ; 0 ne conserve rien.', 0, 3_600),
  /** docs/ledger.md. */
  forgetLostFlows: v.optional(
    v.pipe(v.literal(true), v.description('Renonce aux flux que ses relais n’annoncent plus.')),
  ),
  takenOut: v.optional(
    v.pipe(
      v.nullable(v.strictObject({ reason: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(200)) })),
      v.description('Sorti du registre, avec le motif, une fois qu’aucun relais ne le sert ; null : remis.'),
    ),
  ),
});

/**
 * PUT /admin/editors/{editor}. @throws GatewayError not-found, state-conflict, parameter-invalid, body-*,
 * storage-unavailable.
 */
export async function switchVendor(context: RequestContext): Promise<Response> {
  const switches = await readAs(
    context.request,
    SWITCHES,
    BODY_BYTES_MAX,
    'Champs admis : enabled (booléen), deadlineMs (100 à 25000 ou null), cacheTtlS (0 à 3600 ou null), forgetLostFlows (true), takenOut ({"reason":"…"} ou null).',
  );
  const vendor = context.parameters.editor ?? '';
  return jsonResponse(await applySwitches(context, vendor, switches, operatorOf(context.caller)), context);
}

/** What it needs of the request. */
type SwitchContext = Pick<RequestContext, 'env' | 'requestId' | 'startedMs'>;

/** The vendor as it is then. @throws GatewayError not-found, state-conflict, storage-unavailable. */
export async function applySwitches(
  context: SwitchContext,
  vendor: string,
  switches: v.InferOutput<typeof SWITCHES>,
  operator: string,
): Promise<VendorRow> {
  const { env, requestId } = context;
  const find = async () => (await listVendors(env.DB)).find(({ id }) => id === vendor);
  const before = await guardIdempotent(find);
  if (before !== undefined && switches.takenOut) await refuseServed(context, vendor);
  const save = () => saveSwitches(env.DB, vendor, switches, Date.now());
  if (before === undefined || !(await guardIdempotent(save))) {
    throw new GatewayError({ reason: 'not-found', text: "Aucun relais n'a annoncé cet éditeur." });
  }
  const after = (await guardIdempotent(find)) ?? before;
  await noteSwitches(context, after, isAsked(after) !== isAsked(before));
  // The next search here reads it, other isolates' within two seconds; those that run keep what they began with.
  refreshVendors(env);
  log('info', 'editor-switched', {
    requestId,
    editor: vendor,
    operator,
    before: switchesOf(before),
    after: switchesOf(after),
  });
  return after;
}

function isAsked({ enabled, takenOutMs }: VendorRow): boolean {
  return enabled && takenOutMs === undefined;
}

/** Who is served has not left. @throws GatewayError state-conflict; HubFailure. */
async function refuseServed({ env }: SwitchContext, vendor: string): Promise<void> {
  const { relays } = await describeHubs(env);
  const serves = relays.some(
    ({ editors, outOfOrder = [] }) => editors.includes(vendor) || outOfOrder.includes(vendor),
  );
  if (!serves) return;
  throw new GatewayError({
    reason: 'state-conflict',
    text: 'Un relais connecté sert cet éditeur : l’ôter d’abord de son fichier, ou le couper (enabled).',
  });
}

/**
 * Kept apart from the switch itself, which stands in D1: the hub goes by it from now on (else within a minute), and
 * remembers since when; and a vendor that is back is asked for everybody, as learned routing asked the others while it was
 * away. Never rejects.
 */
async function noteSwitches(
  { env, requestId, startedMs }: SwitchContext,
  vendor: VendorRow,
  isTurned: boolean,
): Promise<void> {
  try {
    // The record first: a hub reads there again what it has just been told to forget.
    if (isTurned && isAsked(vendor)) await purgeBroadcasts(env.DB, startedMs + 1, new Budget(FORGET_MS));
    await Promise.all(hubsOf(env).map((hub) => hub.noteSwitches(vendor, isTurned)));
  } catch {
    log('warn', 'switch-not-noted', { requestId, editor: vendor.id });
  }
}

/** The switches as the log and the audit write them. */
export function switchesOf({ enabled, deadlineMs, cacheTtlS, lostFlows, takenOutMs }: VendorRow): string {
  const lost = lostFlows.length === 0 ? '' : ` lostFlows=${lostFlows.join('+')}`;
  const out = takenOutMs === undefined ? '' : ' takenOut=true';
  return `enabled=${enabled} deadlineMs=${deadlineMs ?? 'default'} cacheTtlS=${cacheTtlS ?? 'default'}${lost}${out}`;
}

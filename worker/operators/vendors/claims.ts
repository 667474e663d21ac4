// GET /admin/claims and PUT /admin/claims/{relay}/{editor}: which relay's key is which vendor, what waits for an operator, and
// his decision. docs/decisions/0016-vendor-claims.md.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { operatorOf } from '../../http/operator.ts';
import { hubsOf } from '../../hub/reach/hub-of.ts';
import { refreshVendors } from '../../memory/remembered-vendors.ts';
import { listVendors, type VendorRow } from '../../store/editors.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { decideClaim, listClaims, type StatedFacts, type VendorClaim } from '../../store/vendor-claims.ts';

const BODY_BYTES_MAX = 1_024;
const yesOrNo = (description: string) =>
  v.pipe(v.picklist(['accepted', 'refused']), v.description(description));

/** The body. */
export const CLAIM_DECISION = v.strictObject({
  state: v.optional(yesOrNo('Ce relais peut-il annoncer cet éditeur, et écrire pour lui ?')),
  proposal: v.optional(
    v.strictObject({
      since: v.pipe(v.string(), v.isoTimestamp(), v.description('Celui que la liste a donné.')),
      decision: yesOrNo('Ce qu’il annonce autrement vaut-il désormais ?'),
    }),
  ),
});

/** GET /admin/claims. @throws GatewayError storage-unavailable. */
export async function answerClaims(context: RequestContext): Promise<Response> {
  const { env } = context;
  const [claims, vendors] = await Promise.all([
    listClaims(env.DB),
    guardIdempotent(() => listVendors(env.DB)),
  ]);
  const known = new Map(vendors.map((row) => [row.id, row]));
  return jsonResponse({ claims: claims.map((claim) => describe(claim, known.get(claim.editor))) }, context);
}

/** PUT /admin/claims/{relay}/{editor}. @throws GatewayError not-found, state-conflict, body-*, storage-unavailable. */
export async function answerDecision(context: RequestContext): Promise<Response> {
  const { env, requestId, caller, parameters } = context;
  const { relay = '', editor = '' } = parameters;
  const { state, proposal } = await readAs(
    context.request,
    CLAIM_DECISION,
    BODY_BYTES_MAX,
    'Champs admis : state (accepted ou refused), proposal ({"since":"…","decision":"accepted" ou "refused"}).',
  );
  const before = await find(env.DB, relay, editor);
  if (before === undefined) {
    throw new GatewayError({ reason: 'not-found', text: "Ce relais n'a jamais annoncé cet éditeur." });
  }
  const sinceMs = proposal === undefined ? undefined : Date.parse(proposal.since);
  if (sinceMs !== undefined && sinceMs !== before.proposedMs) {
    throw new GatewayError({
      reason: 'state-conflict',
      text: 'Ce que ce relais annonce a changé depuis : relire la liste, puis décider.',
    });
  }
  const decided =
    sinceMs === undefined ? undefined : { sinceMs, isAccepted: proposal?.decision === 'accepted' };
  await decideClaim(env.DB, before, { state, proposal: decided }, Date.now());
  log('info', 'vendor-claim-decided', {
    requestId,
    relay,
    editor,
    operator: operatorOf(caller),
    before: before.state,
    after: `${state ?? before.state}${proposal === undefined ? '' : ` proposal=${proposal.decision}`}`,
  });
  refreshVendors(env);
  await tellHubs(context);
  const after = (await find(env.DB, relay, editor)) ?? before;
  const vendors = await guardIdempotent(() => listVendors(env.DB));
  return jsonResponse(
    describe(
      after,
      vendors.find(({ id }) => id === editor),
    ),
    context,
  );
}

async function find(db: D1Database, relay: string, vendor: string): Promise<VendorClaim | undefined> {
  return (await listClaims(db)).find((claim) => claim.relay === relay && claim.editor === vendor);
}

/** D1 has it; a hub that does not hear of it reads it within a minute. */
async function tellHubs({ env, requestId }: RequestContext): Promise<void> {
  const told = await Promise.allSettled(hubsOf(env).map((hub) => hub.noteClaims()));
  if (told.some(({ status }) => status === 'rejected')) log('warn', 'claim-not-noted', { requestId });
}

/** `proposal`: what waits for a decision, or was refused. `accepted`: what counts of the vendor meanwhile. */
function describe(
  { relay, editor, state, sinceMs, proposed, proposedMs, isProposalRefused }: VendorClaim,
  known: VendorRow | undefined,
): object {
  return {
    relay,
    editor,
    state,
    since: new Date(sinceMs).toISOString(),
    ...(known && { accepted: factsOf(known) }),
    ...(proposed &&
      proposedMs !== undefined && {
        proposal: {
          ...factsOf(proposed),
          since: new Date(proposedMs).toISOString(),
          refused: isProposalRefused === true,
        },
      }),
  };
}

function factsOf({ name, redirectHosts, appointmentSystem }: StatedFacts): StatedFacts {
  return { name, redirectHosts, ...(appointmentSystem !== undefined && { appointmentSystem }) };
}

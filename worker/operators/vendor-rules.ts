// GET /admin/relays, /admin/editors and /admin/editors/{id}/rules: who is connected; the registry, each vendor with its
// health; and what became of a vendor's slots over the last day: received = shown + dropped, each drop and repair with its
// rule's sentence.

import { GatewayError } from '../../shared/error.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { describeHubs, describeVendors, hubOf } from '../hub/hub-of.ts';
import { reportHealth } from '../hub/vendors/vendor-state.ts';
import { tellLessons } from '../search/lessons.ts';
import { describeRule } from '../search/rule-issues.ts';
import { listVendors } from '../store/editors.ts';
import { readRuleCounts } from '../store/rule-counts.ts';

/** GET /admin/editors. @throws GatewayError storage-unavailable. */
export async function answerVendors(context: RequestContext): Promise<Response> {
  const vendors = await listVendors(context.env.DB);
  const facts = await describeVendors(
    context.env,
    vendors.map(({ id }) => id),
  );
  return jsonResponse(
    { editors: vendors.map((row) => ({ ...row, health: reportHealth(row.enabled, facts[row.id]) })) },
    context,
  );
}

/** GET /admin/relays: who is connected, in what state, with how much to do; which callers are near their limits. */
export async function answerRelays(context: RequestContext): Promise<Response> {
  const { callers = [], ...hubs } = await describeHubs(context.env);
  const near = callers.map(({ lastMs, ...caller }) => ({ ...caller, last: new Date(lastMs).toISOString() }));
  return jsonResponse({ ...hubs, callers: near }, context);
}

/** GET /admin/editors/{editor}/rules. @throws GatewayError storage-unavailable. */
export async function answerVendorRules(context: RequestContext): Promise<Response> {
  const vendor = context.parameters.editor ?? '';
  const known = await listVendors(context.env.DB);
  if (!known.some(({ id }) => id === vendor)) {
    throw new GatewayError({ reason: 'not-found', text: "Aucun relais n'a annoncé cet éditeur." });
  }
  await tellLessons(context.env);
  await hubOf(context.env, vendor).writeRuleCounts();
  const rows = await readRuleCounts(context.env.DB, vendor, Date.now());
  const totalOf = (kind: string): number =>
    rows.filter((row) => row.kind === kind).reduce((sum, { count }) => sum + count, 0);
  const rules = rows
    .filter(({ rule }) => rule !== '')
    .map(({ kind, rule, count, ids }) => ({ kind, ...describeRule(rule), count, ids }));
  const ghosts = rows.find(({ rule }) => rule === 'slot-booked')?.count ?? 0;
  return jsonResponse(
    {
      editor: vendor,
      hours: 24,
      received: totalOf('received'),
      shown: totalOf('shown'),
      dropped: totalOf('dropped'),
      /** Slots still sent though booked, and their share of all that were received. */
      ghosts,
      ghostRate: totalOf('received') === 0 ? 0 : ghosts / totalOf('received'),
      rules,
    },
    context,
  );
}

// GET /admin/relays, /admin/editors and /admin/editors/{id}/rules: who is connected; the registry, each vendor with its
// health; and what became of a vendor's slots over the last day: received = shown + dropped, each drop and repair with its
// rule's sentence.

import { GatewayError } from '../../../shared/error.ts';
import type { Env } from '../../base/env.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { describeHubs, describeVendors, hubOf } from '../../hub/reach/hub-of.ts';
import { reportHealth, type VendorHealthReport } from '../../hub/vendors/state.ts';
import { tellLessons } from '../../search/lessons.ts';
import { describeRule, type RuleDescription } from '../../search/rule-issues.ts';
import { listVendors, type VendorRow } from '../../store/editors.ts';
import { type CountKind, readRuleCounts } from '../../store/rule-counts.ts';

/** A vendor of the registry, and how it does. */
export type ReportedVendor = VendorRow & { readonly health: VendorHealthReport };

/** The registry, each vendor with its health. @throws GatewayError storage-unavailable; HubFailure. */
export async function reportVendors(env: Env): Promise<readonly ReportedVendor[]> {
  const vendors = await listVendors(env.DB);
  const facts = await describeVendors(
    env,
    vendors.map(({ id }) => id),
  );
  return vendors.map((row) => ({ ...row, health: reportHealth(row.enabled, facts[row.id]) }));
}

/** GET /admin/editors. @throws GatewayError storage-unavailable. */
export async function answerVendors(context: RequestContext): Promise<Response> {
  return jsonResponse({ editors: await reportVendors(context.env) }, context);
}

/** GET /admin/relays: who is connected, in what state, with how much to do; which callers are near their limits. */
export async function answerRelays(context: RequestContext): Promise<Response> {
  const { callers = [], ...hubs } = await describeHubs(context.env);
  const near = callers.map(({ lastMs, ...caller }) => ({ ...caller, last: new Date(lastMs).toISOString() }));
  return jsonResponse({ ...hubs, callers: near }, context);
}

/** What became of one vendor's slots over the last day: received = shown + dropped. */
export interface VendorDay {
  readonly editor: string;
  readonly hours: number;
  readonly received: number;
  readonly shown: number;
  readonly dropped: number;
  /** Slots still sent though booked, and their share of all that were received. */
  readonly ghosts: number;
  readonly ghostRate: number;
  /** Most frequent first. `ids`: the vendor's own, at most 20. */
  readonly rules: readonly (RuleDescription & {
    readonly kind: CountKind;
    readonly count: number;
    readonly ids: readonly string[];
  })[];
}

/** GET /admin/editors/{editor}/rules. @throws GatewayError storage-unavailable. */
export async function answerVendorRules(context: RequestContext): Promise<Response> {
  return jsonResponse(await readVendorDay(context.env, context.parameters.editor ?? ''), context);
}

/** @throws GatewayError not-found, storage-unavailable; HubFailure. */
export async function readVendorDay(env: Env, vendor: string): Promise<VendorDay> {
  const known = await listVendors(env.DB);
  if (!known.some(({ id }) => id === vendor)) {
    throw new GatewayError({ reason: 'not-found', text: "Aucun relais n'a annoncé cet éditeur." });
  }
  await tellLessons(env);
  await hubOf(env, vendor).writeRuleCounts();
  const rows = await readRuleCounts(env.DB, vendor, Date.now());
  const totalOf = (kind: string): number =>
    rows.filter((row) => row.kind === kind).reduce((sum, { count }) => sum + count, 0);
  const rules = rows
    .filter(({ rule }) => rule !== '')
    .map(({ kind, rule, count, ids }) => ({ kind, ...describeRule(rule), count, ids }));
  const ghosts = rows.find(({ rule }) => rule === 'slot-booked')?.count ?? 0;
  return {
    editor: vendor,
    hours: 24,
    received: totalOf('received'),
    shown: totalOf('shown'),
    dropped: totalOf('dropped'),
    ghosts,
    ghostRate: totalOf('received') === 0 ? 0 : ghosts / totalOf('received'),
    rules,
  };
}

// GET /admin/metrics: what the edge knows of itself, for Prometheus. Under the scope `metrics`, which opens nothing else.
// Each source is read by itself: a database or a hub that is away takes its own figures off the page, not the others'.

import { reportExposure } from '../../accounts/operators.ts';
import type { RequestContext } from '../../http/http.ts';
import { describeHubs, describeVendors } from '../../hub/reach/hub-of.ts';
import { reportHealth } from '../../hub/vendors/state.ts';
import { listVendors } from '../../store/editors.ts';
import { gaugesOf, type ObservedExposure, type ObservedVendor, PREFIX } from './gauges.ts';
import { CONTENT_TYPE, formatFor, writeGauges } from './text-format.ts';

/** GET /admin/metrics. It has an answer whoever is away. */
export async function answerMetrics(context: RequestContext): Promise<Response> {
  const { env, request, requestId } = context;
  const [hubs, vendors, exposure] = await Promise.all([
    orUndefined(describeHubs(env)),
    orUndefined(observeVendors(context)),
    orUndefined(observeExposure(context)),
  ]);
  const format = formatFor(request.headers.get('Accept'));
  return new Response(writeGauges(PREFIX, gaugesOf({ hubs, vendors, exposure }), format), {
    headers: {
      'Content-Type': CONTENT_TYPE[format],
      'Cache-Control': 'no-store',
      Vary: 'Accept',
      'X-Request-Id': requestId,
    },
  });
}

/** Those in the registry; one that was taken out is told no more. @throws GatewayError storage-unavailable. */
async function observeVendors({ env }: RequestContext): Promise<readonly ObservedVendor[]> {
  const vendors = (await listVendors(env.DB)).filter(({ takenOutMs }) => takenOutMs === undefined);
  const ids = vendors.map(({ id }) => id);
  const facts = await orUndefined(describeVendors(env, ids));
  return vendors.map(({ id, enabled, certificateNotAfter }) => ({
    id,
    certificateNotAfter,
    health: facts && reportHealth(enabled, facts[id]),
  }));
}

/** @throws GatewayError storage-unavailable. */
async function observeExposure(context: RequestContext): Promise<ObservedExposure> {
  const { alarmAfterSeconds, vendors, waves } = await reportExposure(context);
  return {
    alarmAfterSeconds,
    vendors,
    wavesHeld: waves.filter(({ confirmed }) => confirmed === null).length,
  };
}

/** `hubs_up` or `database_up` tells of the failure. */
async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch(() => undefined);
}

// GET /admin/activity: appointments by day (Paris) of their start, vendor and status, for the follow-up of the
// service; with `by=territory` also by territory of the regulator. docs/appointments.md § 5.

import { describeUnexpected, log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { readPeriod } from '../http/period.ts';
import { activityAtLrms } from '../lrm/activity.ts';
import { type ActivityCount, firstUncountedMs, readActivity } from './tables/activity.ts';

/**
 * A year of all territories is some hundred thousand counts: they leave page by page, and a store that fails later than
 * at the first one cuts the body short. @throws GatewayError as `readPeriod` does, storage-unavailable.
 */
export async function reportActivity(context: RequestContext): Promise<Response> {
  const { env, config, startedMs } = context;
  const { first, last, vendors, isByTerritory } = readPeriod(context, true);
  const [uncountedMs, lrm] = await Promise.all([
    firstUncountedMs(env.APPOINTMENTS),
    activityAtLrms(env, config, first, last),
  ]);
  const pages = readActivity(env.APPOINTMENTS, { first, last, vendors, isByTerritory });
  const { value: counts = [] } = await pages.next();
  const head = {
    timeZone: 'Europe/Paris',
    from: first,
    to: last,
    // Every change until then is in the figures.
    countedUpTo: new Date(uncountedMs === undefined ? startedMs : uncountedMs - 1).toISOString(),
    ...(lrm && { lrm }),
  };
  const { headers } = jsonResponse(null, context);
  return new Response(
    streamOf(context, JSON.stringify({ ...head, counts }).slice(0, -2), counts.length > 0, pages),
    {
      headers,
    },
  );
}

/** `begun`: the answer as far as it is known, without the end of its list; `hasCounts`: the list has begun. */
function streamOf(
  { requestId }: RequestContext,
  begun: string,
  hasCounts: boolean,
  pages: AsyncGenerator<readonly ActivityCount[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let separator = hasCounts ? ',' : '';
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(begun)),
    async pull(controller) {
      try {
        const { value: counts, done } = await pages.next();
        if (done === true) {
          controller.enqueue(encoder.encode(']}'));
          controller.close();
          return;
        }
        const text = counts.map((count) => JSON.stringify(count)).join(',');
        controller.enqueue(encoder.encode(text === '' ? '' : separator + text));
        if (text !== '') separator = ',';
      } catch (cause) {
        log('error', 'activity-cut-short', { requestId, detail: describeUnexpected(cause) });
        controller.error(new Error('report interrupted'));
      }
    },
  });
}

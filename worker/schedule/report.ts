// GET /admin/schedule: when the schedule ran last, what it did and had to leave, when it runs next.

import { jsonResponse, type RequestContext } from '../http/http.ts';
import { type RunReport, schedulerOf } from './scheduler-of.ts';

const instant = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

/** GET /admin/schedule. */
export async function answerSchedule(context: RequestContext): Promise<Response> {
  const { nextMs, last, steps } = await schedulerOf(context.env).describe();
  return jsonResponse(
    {
      next: instant(nextMs),
      last: last === undefined ? null : reportOf(last),
      steps: Object.fromEntries(Object.entries(steps).map(([name, ms]) => [name, instant(ms)])),
    },
    context,
  );
}

function reportOf({ atMs, ...rest }: RunReport): object {
  return { at: instant(atMs), ...rest };
}

// Checks what arrives over the link before any of it is used: the edge is trusted to ask, not to be well. Fields
// we do not know are ignored, so that a newer edge can speak to an older relay.

import * as v from 'valibot';
import {
  ASSOCIATIONS_PER_CALL_MAX,
  EDITOR_ID_LENGTH_MAX,
  PRACTITIONERS_PER_CALL_MAX,
  WINDOW_MS_MAX,
} from '../../shared/limits.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';

const BUDGET_MS_MAX = 60_000;
const GATHER_MS_MAX = 5000;
/** 500 identifiers at 10 to a call, for some eighty vendors. */
const CALLS_MAX = 4096;
const INSTANT_MS_MAX = 8.64e15;

const instant = v.pipe(v.number(), v.integer(), v.minValue(-INSTANT_MS_MAX), v.maxValue(INSTANT_MS_MAX));

const budgetMs = v.pipe(v.number(), v.minValue(0), v.maxValue(BUDGET_MS_MAX));

const key = v.pipe(v.string(), v.maxLength(100));

const plan = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
    flow: v.picklist(['INT_R01', 'INT_R04', 'SOS']),
    fromMs: instant,
    toMs: instant,
    budgetMs,
    gatherMs: v.pipe(v.number(), v.minValue(0), v.maxValue(GATHER_MS_MAX)),
    from: v.exactOptional(
      v.object({
        caller: key,
        search: key,
        weight: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(100))),
      }),
    ),
    trace: v.exactOptional(v.boolean()),
    traceId: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))),
    calls: v.pipe(
      v.array(
        v.object({
          editor: v.pipe(v.string(), v.maxLength(EDITOR_ID_LENGTH_MAX)),
          subjects: v.pipe(
            v.array(v.pipe(v.string(), v.regex(/^[0-9A-Z][0-9A-Z/]{1,40}$/))),
            v.minLength(1),
            v.maxLength(PRACTITIONERS_PER_CALL_MAX),
          ),
          budgetMs: v.exactOptional(budgetMs),
        }),
      ),
      v.maxLength(CALLS_MAX),
    ),
  }),
  // A day more than the edge allows: a window of 31 days may hold a change of clocks.
  v.check(({ fromMs, toMs }) => toMs - fromMs <= WINDOW_MS_MAX + 24 * 3600 * 1000),
  v.check(
    ({ flow, calls }) =>
      flow !== 'SOS' || calls.every((call) => call.subjects.length <= ASSOCIATIONS_PER_CALL_MAX),
  ),
);

const cancelling = v.object({
  id: v.string(),
  calls: v.optional(v.pipe(v.array(v.pipe(v.number(), v.integer())), v.maxLength(CALLS_MAX))),
});

/** What to give up: a search, or some of its calls. Undefined when it says neither. */
export function checkCancel(
  id: unknown,
  calls: unknown,
): { readonly id: string; readonly calls?: readonly number[] | undefined } | undefined {
  const checked = v.safeParse(cancelling, { id, calls }, { abortEarly: true });
  return checked.success ? checked.output : undefined;
}

/** Undefined when it is not a plan this relay can serve. */
export function checkPlan(input: unknown): SearchPlan | undefined {
  const checked = v.safeParse(plan, input, { abortEarly: true });
  return checked.success ? checked.output : undefined;
}

// POST /admin/explain: "why is my slot not shown?". Asks one vendor for one practitioner or association around a
// time, and tells for each slot received whether it is shown, and else which rule dropped it.

import * as v from 'valibot';
import { GatewayError } from '../../shared/error.ts';
import type { SlotTrace } from '../../shared/sas/answer.ts';
import { normaliseProfessional, normaliseSiret } from '../../shared/sas/identifier.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { parseInstant } from '../../shared/time.ts';
import { readAs } from '../http/body.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import { hubIndexOf } from '../hub/reach/hub-index.ts';
import { BookedSlots } from '../memory/booked-slots.ts';
import { askHub } from '../search/ask-hub.ts';
import { Deadline } from '../search/deadline.ts';
import { describeRule, type RuleDescription } from '../search/rule-issues.ts';
import { type SelectionContext, selectSlots } from '../search/selection.ts';

const BODY_BYTES_MAX = 4_096;
/** Slots asked on both sides of the time in question. */
const AROUND_MS = 12 * 3_600_000;

const text = (description: string) => v.pipe(v.string(), v.nonEmpty(), v.description(description));

/** The body. */
export const EXPLAINED = v.object({
  editor: text('Identifiant de l’éditeur.'),
  identifier: text('RPPS, ADELI ou SIRET, avec ou sans préfixe.'),
  flow: v.optional(v.picklist(['INT_R01', 'INT_R04', 'SOS']), 'INT_R01'),
  at: text('Début du créneau cherché.'),
});

/** One slot received, and whether it is shown. */
interface ExplainedSlot extends Omit<SlotTrace, 'dropped' | 'repaired'> {
  /** It covers, or begins at, the time in question. */
  readonly matches: boolean;
  readonly shown: boolean;
  readonly dropped?: RuleDescription;
  readonly repaired: readonly RuleDescription[];
}

/** What one vendor answered around a time, and what became of it. */
export interface Explanation {
  readonly editor: string;
  readonly flow: SlotQuery['flow'];
  readonly from: string;
  readonly to: string;
  readonly answered: boolean;
  /** The operator switched it off: it was asked for this explanation only. */
  readonly switchedOff: boolean;
  readonly failure?: NonNullable<CallResult['failure']>;
  readonly received: number;
  readonly shown: number;
  /** Those of the time in question first. */
  readonly slots: readonly ExplainedSlot[];
}

/** POST /admin/explain. @throws GatewayError parameter-invalid, body-*. */
export async function explainSlots(context: RequestContext): Promise<Response> {
  const asked = await readAs(
    context.request,
    EXPLAINED,
    BODY_BYTES_MAX,
    'Champs attendus : editor, identifier, at, et flow (INT_R01, INT_R04 ou SOS).',
  );
  return jsonResponse(await explainOne(context, asked), context);
}

/** What it needs of the request. */
type ExplainContext = Parameters<typeof askHub>[0] & Pick<RequestContext, 'config' | 'startedMs'>;

/** @throws GatewayError parameter-invalid, not-found, too-many-requests; HubFailure. */
export async function explainOne(
  context: ExplainContext,
  asked: v.InferOutput<typeof EXPLAINED>,
): Promise<Explanation> {
  const { editor, flow } = asked;
  const { query, atMs } = readQuestion(asked);
  const deadline = new Deadline(context.startedMs, context.config.deadlineMs);
  const budgetMs = deadline.vendorBudgetMs(Date.now());
  const { plan, results } = await askHub(context, hubIndexOf(editor, context.config.hubs), {
    query,
    memory: 'none',
    only: editor,
    budgetMs,
    gatherMs: 0,
    isTraced: true,
  });
  const isSwitchedOff = plan.switchedOff.length > 0;
  const [result] = results;
  if (result === undefined) {
    throw new GatewayError({
      reason: 'not-found',
      text: `Aucun relais ne sert ${flow} pour l'éditeur ${editor}.`,
    });
  }
  const booked = bookedIds(result, query, new BookedSlots(plan.booked));
  const bury = (slot: SlotTrace): SlotTrace => {
    if (slot.dropped === undefined && isSwitchedOff) return { ...slot, dropped: 'editor-switched-off' };
    return booked.has(slot.shownAs ?? '') ? { ...slot, dropped: 'slot-booked' } : slot;
  };
  const slots = (result.answer?.trace ?? []).map((slot) => explain(bury(slot), atMs));
  return {
    editor,
    flow,
    from: new Date(query.window.fromMs).toISOString(),
    to: new Date(query.window.toMs).toISOString(),
    answered: result.failure === undefined,
    switchedOff: isSwitchedOff,
    ...(result.failure === undefined ? {} : { failure: result.failure }),
    received: slots.length,
    shown: slots.filter(({ shown }) => shown).length,
    slots: slots.sort((a, b) => Number(b.matches) - Number(a.matches)),
  };
}

/** The gateway's ids of the slots that would be shown but for the appointments. */
function bookedIds(result: CallResult, query: SlotQuery, bookedSlots: BookedSlots): Set<string> {
  const shownIds = (about: Partial<SelectionContext>): Set<string> => {
    const { subjects } = selectSlots([result], { query, nowMs: Date.now(), ...about });
    return new Set(
      subjects.flatMap(({ offers }) => offers.flatMap(({ slots }) => slots.map(([, id]) => id))),
    );
  };
  return shownIds({}).difference(shownIds({ bookedSlots }));
}

function readQuestion({ identifier, flow, at }: v.InferOutput<typeof EXPLAINED>): {
  query: SlotQuery;
  atMs: number;
} {
  const subject = flow === 'SOS' ? normaliseSiret(identifier) : normaliseProfessional(identifier);
  const instant = parseInstant(at);
  if (subject === undefined || instant === undefined) {
    const field = subject === undefined ? 'identifier' : 'at';
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: `${field} n'est pas lisible.`,
      expression: [field],
    });
  }
  const window = { fromMs: instant.ms - AROUND_MS, toMs: instant.ms + AROUND_MS };
  return { query: { flow, window, subjects: [subject] }, atMs: instant.ms };
}

function explain({ dropped, repaired, ...slot }: SlotTrace, atMs: number): ExplainedSlot {
  const startMs = parseInstant(slot.start)?.ms;
  const endMs = parseInstant(slot.end)?.ms;
  return {
    ...slot,
    matches:
      startMs === atMs || (startMs !== undefined && endMs !== undefined && startMs <= atMs && atMs < endMs),
    shown: dropped === undefined,
    ...(dropped === undefined ? {} : { dropped: describeRule(dropped) }),
    repaired: repaired.map(describeRule),
  };
}

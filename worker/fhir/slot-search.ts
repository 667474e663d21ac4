// GET /fhir/Slot, GET /fhir/Schedule and their POST _search: reads the question, asks every vendor, answers one
// Bundle with its ledger before the deadline; or, to a caller that accepts text/event-stream, each part as it
// lands (progressive-answer.ts). docs/guide.md G-218, § 2.

import { readIndividualSearch } from '../../shared/sas/individual.ts';
import { readSosSearch } from '../../shared/sas/sos.ts';
import { fhirResponse, type RequestContext } from '../http/http.ts';
import type { Answers } from '../search/answers.ts';
import { bundleBytes, bundlePieces } from '../search/bundle.ts';
import { Deadline } from '../search/deadline.ts';
import { findSlots } from '../search/find-slots.ts';
import { isPlainlyEmpty, ledgerEntry, ledgerHeader } from '../search/ledger.ts';
import { recordSearch } from '../search/record.ts';
import { answerProgressively, EVENT_STREAM } from './progressive-answer.ts';
import { extraIssues, type ReadParameters, readQuestion, type SearchQuestion } from './search-question.ts';

/** GET /fhir/Slot and POST /fhir/Slot/_search. @throws GatewayError as `readQuestion` and `findSlots`. */
export function searchSlots(context: RequestContext): Promise<Response> {
  return search(context, 'Slot', readIndividualSearch);
}

/** GET /fhir/Schedule and POST /fhir/Schedule/_search, for SOS Médecins. */
export function searchSchedules(context: RequestContext): Promise<Response> {
  return search(context, 'Schedule', readSosSearch);
}

async function search(
  context: RequestContext,
  type: 'Slot' | 'Schedule',
  read: ReadParameters,
): Promise<Response> {
  const question = await readQuestion(context, type, read);
  const isProgressive = context.request.headers.get('Accept')?.toLowerCase().includes(EVENT_STREAM) === true;
  return isProgressive ? answerProgressively(context, question) : answerWhole(context, question);
}

async function answerWhole(context: RequestContext, question: SearchQuestion): Promise<Response> {
  const { query, preferences, selfUrl } = question;
  const { requestId, fhirBase } = context;
  const deadline = new Deadline(context.startedMs, context.config.deadlineMs);
  const found = await findSlots(context, {
    query,
    memory: preferences.memory,
    budgetMs: deadline.vendorBudgetMs(Date.now()),
  });
  const { answers, selection, ledger } = found;
  const { total, hidden } = selection;
  const slots = bundlePieces(selection, query.flow, fhirBase);
  const issues = extraIssues(question, answers, hidden);
  // The guide's empty Bundle has no entry: it says all there is to say when every vendor answered.
  const isSilent = preferences.ledger === 'off' || (preferences.ledger === 'auto' && isPlainlyEmpty(ledger));
  const entries =
    isSilent && issues.length === 0
      ? slots
      : [...slots, ledgerEntry(ledger, query.flow, fhirBase, requestId, issues)];
  recordSearch(context, query, found, preferences.memory);
  const head = { id: requestId, flow: query.flow, total, selfUrl };
  return fhirResponse(bundleBytes(head, entries), context, 200, {
    'Server-Timing': serverTiming(answers, Date.now() - context.startedMs),
    'X-Passerelle-Ledger': ledgerHeader(ledger),
  });
}

/** The header: the Worker's own time and, per vendor, its slowest call (milliseconds) and how it ended. */
function serverTiming({ results }: Answers, totalMs: number): string {
  const byVendor = new Map<string, { durationMs: number; how: string }>();
  for (const { call, answer, failure, saidMs } of results) {
    const row = byVendor.get(call.vendor) ?? { durationMs: 0, how: saidMs === undefined ? 'ok' : 'kept' };
    row.durationMs = Math.max(row.durationMs, saidMs === undefined ? (answer?.durationMs ?? totalMs) : 0);
    if (failure !== undefined) row.how = failure.reason;
    else if (saidMs === undefined && row.how === 'kept') row.how = 'ok';
    byVendor.set(call.vendor, row);
  }
  const vendors = [...byVendor].map(
    ([vendor, { durationMs, how }]) => `${vendor};dur=${Math.round(durationMs)};desc="${how}"`,
  );
  return [`edge;dur=${totalMs}`, ...vendors].join(', ');
}

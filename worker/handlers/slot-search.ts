// GET /fhir/Slot, GET /fhir/Schedule and their POST _search: reads the question, asks every vendor, answers one
// Bundle with its ledger before the deadline. flows.md § 3; testkit-requirements.md § 5.

import { GatewayError } from '../../shared/error.ts';
import type { Issue } from '../../shared/fhir/operation-outcome.ts';
import { echoQuery, parseQuery, type SearchParameter } from '../../shared/fhir/search.ts';
import { readIndividualSearch } from '../../shared/sas/individual.ts';
import type { Handling, ReadQuery } from '../../shared/sas/search-parameters.ts';
import { readSosSearch } from '../../shared/sas/sos.ts';
import { fhirResponse, type RequestContext, readBounded } from '../http.ts';
import { log } from '../log.ts';
import { hubOf } from '../relay-hub.ts';
import { Deadline } from '../vendors/deadline.ts';
import { type FanOut, fanOut, GATHER_MS } from '../vendors/fan-out.ts';
import { isPlainlyEmpty, keepLedger, type Ledger, ledgerEntry, ledgerHeader } from '../vendors/ledger.ts';
import { bundleText, type HiddenSlots, type MergedSearch, mergeAnswers } from '../vendors/merge.ts';
import { ruleIssues } from '../vendors/rule-issues.ts';
import { serverTiming } from '../vendors/server-timing.ts';
import { tallySearch } from '../vendors/tally-search.ts';
import { type Preferences, readPreferences } from './preferences.ts';

/** A list of 500 practitioners takes 24 kB. */
const QUERY_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 256 * 1024;

type Read = (parameters: readonly SearchParameter[], handling: Handling) => ReadQuery;

export function searchSlots(context: RequestContext): Promise<Response> {
  return search(context, 'Slot', readIndividualSearch);
}

export function searchSchedules(context: RequestContext): Promise<Response> {
  return search(context, 'Schedule', readSosSearch);
}

async function search(context: RequestContext, type: 'Slot' | 'Schedule', read: Read): Promise<Response> {
  const preferences = readPreferences(context.request.headers.get('Prefer'));
  const raw = await rawQuery(context);
  const parameters = parseQuery(raw);
  if (!parameters.ok) {
    throw new GatewayError({
      reason: 'query-malformed',
      text: 'La requête ne peut être décodée (séquence % incorrecte ou trop de paramètres).',
      expression: parameters.error === '' ? [] : [`http.${parameters.error.slice(0, 80)}`],
    });
  }
  const query = read(parameters.value, preferences.handling);
  const deadline = new Deadline(context.startedMs, context.config.deadlineMs);
  const answers = await fanOut(
    hubOf(context.env),
    context.requestId,
    query,
    deadline.vendorBudgetMs(Date.now()),
    GATHER_MS,
  );
  const nowMs = Date.now();
  const merged = mergeAnswers(answers.results, { query, base: context.fhirBase, nowMs });
  context.waitUntil(noteRules(context, answers, merged.hidden));
  const ledger = keepLedger(query, answers, merged.shown, nowMs);
  const selfUrl = `${context.fhirBase}/${type}?${echoQuery(raw)}`;
  report(context, query, answers, merged);
  return fhirResponse(bodyOf(context, query, answers, merged, ledger, selfUrl, preferences), context, 200, {
    'Server-Timing': serverTiming(answers, Date.now() - context.startedMs),
    'X-Passerelle-Ledger': ledgerHeader(ledger),
  });
}

/** What follows `?`, and on POST the form body too (FHIR allows both together). */
async function rawQuery({ request, url }: RequestContext): Promise<string> {
  const query = url.search.slice(1);
  if (query.length > QUERY_BYTES_MAX) {
    throw new GatewayError({
      reason: 'uri-too-long',
      text: 'La requête est trop longue ; utiliser POST …/_search.',
    });
  }
  if (request.method !== 'POST') return query;
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new GatewayError({
      reason: 'media-type-not-supported',
      text: 'Le corps de _search est attendu en application/x-www-form-urlencoded.',
    });
  }
  const body = (await readBounded(request, BODY_BYTES_MAX)).trim();
  return [query, body].filter((part) => part !== '').join('&');
}

/** Counts what became of each vendor's slots, beside the answer and never instead of it. */
async function noteRules(
  context: RequestContext,
  fanOut: FanOut,
  hidden: readonly HiddenSlots[],
): Promise<void> {
  const tallies = tallySearch(fanOut, hidden);
  if (tallies.length > 0) await hubOf(context.env).noteRules(tallies);
}

function bodyOf(
  context: RequestContext,
  query: ReadQuery,
  answers: FanOut,
  merged: MergedSearch,
  ledger: Ledger,
  selfUrl: string,
  preferences: Preferences,
): string {
  const rules = preferences.ledger === 'full' ? ruleIssues(answers, merged.hidden) : [];
  const ignored = query.ignored.map(
    (name): Issue => ({
      severity: 'warning',
      code: 'not-supported',
      reason: 'parameter-unknown',
      text: `Le paramètre ${name.slice(0, 80)} a été ignoré.`,
      expression: [`http.${name.slice(0, 80)}`],
    }),
  );
  // The guide's empty Bundle has no entry: it says all there is to say when everybody answered.
  const isSilent = preferences.ledger === 'off' || (preferences.ledger === 'auto' && isPlainlyEmpty(ledger));
  const entries =
    isSilent && ignored.length === 0
      ? merged.entries
      : [
          ...merged.entries,
          ledgerEntry(ledger, query.flow, context.fhirBase, context.requestId, [...rules, ...ignored]),
        ];
  return bundleText(context.requestId, query.flow, merged.total, selfUrl, entries);
}

function report(context: RequestContext, query: ReadQuery, answers: FanOut, merged: MergedSearch): void {
  log('info', 'search answered', {
    requestId: context.requestId,
    flow: query.flow,
    subjects: query.subjects.length,
    editors: answers.editors.length,
    failed: answers.results.filter(({ failure }) => failure !== undefined).length,
    slots: merged.total,
    durationMs: Date.now() - context.startedMs,
  });
}

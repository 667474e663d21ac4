// The completeness ledger: for every identifier asked, exactly one of slots, none, unknown, switched off, not interfaced;
// and for every vendor that failed, why and since when. docs/ledger.md is its reader's page.

import type { VendorBound } from '../../shared/failure.ts';
import { type Issue, operationOutcome } from '../../shared/fhir/operation-outcome.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { sayParisTime } from '../../shared/time.ts';
import { type CallResult, doubtsOf, isAbout, type LedgerFailure, reasonOf } from '../hub/call-result.ts';
import type { SkippedQuestions } from '../hub/memory/plan.ts';
import type { Answers, AskedVendor } from './answers.ts';
import type { Withheld } from './selection.ts';

/** The state of every identifier asked (each in exactly one of the five lists), and what of the search went wrong. */
export interface Ledger {
  readonly slots: ReadonlyMap<string, number>;
  readonly none: readonly string[];
  readonly unknown: readonly string[];
  /** Nothing is shown, no vendor failed, and one that serves the flow was not asked: the operator switched it off. */
  readonly switchedOff: readonly string[];
  readonly notInterfaced: readonly string[];
  readonly failures: readonly FailedVendor[];
  /** Vendors of which kept answers were used, and the age of the oldest, milliseconds. */
  readonly kept: readonly { readonly vendor: AskedVendor; readonly ageMs: number }[];
  readonly skipped: SkippedQuestions;
  /** Vendors that the operator switched off. */
  readonly off: readonly AskedVendor[];
}

interface FailedVendor {
  readonly vendor: AskedVendor;
  readonly reason: LedgerFailure;
  /** Which share of its own its answer went past. */
  readonly bound: VendorBound | undefined;
  readonly sinceMs: number;
  /** Identifiers whose state is unknown because of it. */
  readonly subjects: readonly string[];
  /** What was not understood, by the names of shared/sas/read/elements/rules.ts. */
  readonly rules: readonly string[];
}

interface FailedRow extends Omit<FailedVendor, 'subjects' | 'rules'> {
  readonly subjects: Set<string>;
  readonly rules: Set<string>;
}

/** By reason, the subjects asked that it leaves in doubt: an empty list when kept answers stand for all of them. */
function failingOf(
  result: CallResult,
  withheld: readonly Withheld[],
): Map<LedgerFailure, { subjects: string[]; rules: string[] }> {
  const { call, failure, answer } = result;
  const failing = new Map<LedgerFailure, { subjects: string[]; rules: string[] }>();
  if (failure !== undefined) return failing.set(failure.reason, { subjects: [...call.subjects], rules: [] });
  const leftOut = withheld.filter(({ vendor }) => vendor === call.vendor);
  const doubts = [
    ...(answer === undefined ? [] : doubtsOf(answer)),
    ...leftOut.map(({ rule, subject }) => ({ rule, subjects: [subject] })),
  ];
  for (const doubt of doubts) {
    const about = call.subjects.filter((subject) => isAbout(doubt, subject));
    if (about.length === 0) continue;
    const reason = reasonOf(doubt);
    const known = failing.get(reason) ?? { subjects: [], rules: [] };
    failing.set(reason, known);
    for (const subject of about) if (!known.subjects.includes(subject)) known.subjects.push(subject);
    if (!known.rules.includes(doubt.rule)) known.rules.push(doubt.rule);
  }
  return failing;
}

/** `shown`: slots by subject, after selection. `nowMs`: since when a vendor fails that has not failed before. */
export function keepLedger(
  query: SlotQuery,
  { vendors: askedVendors, switchedOff = [], results, skipped }: Answers,
  shown: ReadonlyMap<string, number>,
  nowMs: number,
  withheld: readonly Withheld[] = [],
): Ledger {
  const asked = new Set<string>();
  const failed = new Map<string, FailedRow>();
  const unknown = new Set<string>();
  const vendors = new Map(askedVendors.map((vendor) => [vendor.id, vendor]));
  const saidMs = new Map<string, number>();
  for (const result of results) {
    for (const subject of result.call.subjects) asked.add(subject);
    if (result.saidMs !== undefined) {
      const { vendor } = result.call;
      saidMs.set(vendor, Math.min(result.saidMs, saidMs.get(vendor) ?? result.saidMs));
    }
    const vendor = vendors.get(result.call.vendor);
    if (vendor === undefined) continue;
    for (const [reason, { subjects, rules }] of failingOf(result, withheld)) {
      const key = `${vendor.id} ${reason}`;
      const sinceMs = result.failure?.sinceMs ?? vendor.failingSinceMs ?? nowMs;
      const bound = result.failure?.bound;
      const row = failed.get(key) ?? {
        vendor,
        reason,
        bound,
        sinceMs,
        subjects: new Set(),
        rules: new Set(),
      };
      failed.set(key, row);
      for (const rule of rules) row.rules.add(rule);
      for (const subject of subjects) {
        if (shown.has(subject)) continue;
        unknown.add(subject);
        row.subjects.add(subject);
      }
    }
  }
  const rest = query.subjects.filter((subject) => !shown.has(subject) && !unknown.has(subject));
  return {
    slots: shown,
    // A vendor that was not asked may have slots: "none" needs the answer of every vendor.
    ...(switchedOff.length > 0
      ? { none: [], switchedOff: rest, notInterfaced: [] }
      : {
          none: rest.filter((subject) => asked.has(subject)),
          switchedOff: [],
          notInterfaced: rest.filter((subject) => !asked.has(subject)),
        }),
    unknown: [...unknown],
    off: switchedOff,
    failures: [...failed.values()].map((row) => ({
      ...row,
      subjects: [...row.subjects],
      rules: [...row.rules],
    })),
    kept: askedVendors.flatMap((vendor) => {
      const oldestMs = saidMs.get(vendor.id);
      return oldestMs === undefined ? [] : [{ vendor, ageMs: nowMs - oldestMs }];
    }),
    skipped,
  };
}

/** True when an empty Bundle says it all: every vendor answered, and no subject has a slot. */
export function isPlainlyEmpty(ledger: Ledger): boolean {
  const { slots, failures, notInterfaced, skipped, off } = ledger;
  return slots.size + failures.length + notInterfaced.length + skipped.subjects + off.length === 0;
}

/** One line for machines and logs: how many identifiers are in each state, and the age of what was kept, seconds. */
export function ledgerHeader(ledger: Omit<Ledger, 'failures' | 'skipped' | 'off'>): string {
  const { slots, none, unknown, notInterfaced, switchedOff, kept } = ledger;
  const off = switchedOff.length === 0 ? '' : `, switched-off=${switchedOff.length}`;
  const age = kept.length === 0 ? '' : `, age=${Math.max(...kept.map(ageOf))}`;
  return `slots=${slots.size}, none=${none.length}, unknown=${unknown.length}, not-interfaced=${notInterfaced.length}${off}${age}`;
}

/** The `search.mode=outcome` entry of the Bundle. */
export function ledgerEntry(
  ledger: Ledger,
  flow: SlotQuery['flow'],
  base: string,
  id: string,
  extra: readonly Issue[],
): string {
  const outcome = operationOutcome(id, [...ledgerIssues(ledger, flow), ...extra]);
  return `{"fullUrl":"${base}/OperationOutcome/${id}","resource":${JSON.stringify(outcome)},"search":{"mode":"outcome"}}`;
}

function ledgerIssues(ledger: Ledger, flow: SlotQuery['flow']): Issue[] {
  const people = (count: number): string => counted(count, flow === 'SOS' ? 'association' : 'professionnel');
  const issues: Issue[] = [];
  if (ledger.slots.size > 0) {
    const total = [...ledger.slots.values()].reduce((sum, count) => sum + count, 0);
    issues.push({
      severity: 'information',
      code: 'informational',
      reason: 'slots',
      text: `${counted(total, 'créneau', 'créneaux')} pour ${people(ledger.slots.size)}.`,
      diagnostics: `subjects=${[...ledger.slots].map(([subject, count]) => `${subject}:${count}`).join(',')}`,
    });
  }
  if (ledger.none.length > 0) {
    issues.push({
      severity: 'information',
      code: 'informational',
      reason: 'none',
      text: `Aucun créneau libre pour ${people(ledger.none.length)} : tous les éditeurs interrogés ont répondu.`,
      diagnostics: `subjects=${ledger.none.join(',')}`,
    });
  }
  if (ledger.notInterfaced.length > 0) {
    issues.push({
      severity: 'warning',
      code: 'not-found',
      reason: 'not-interfaced',
      text: `Aucun éditeur raccordé ne sert cette recherche pour ${people(ledger.notInterfaced.length)}.`,
      diagnostics: `subjects=${ledger.notInterfaced.join(',')}`,
    });
  }
  issues.push(...ledger.off.map((vendor) => switchedOffIssue(vendor, ledger.switchedOff, people)));
  if (ledger.kept.length > 0) {
    issues.push({
      severity: 'information',
      code: 'informational',
      reason: 'kept',
      text: `Réponses mémorisées : ${ledger.kept.map((row) => `${row.vendor.name} (${ageOf(row)} s)`).join(', ')}.`,
      diagnostics: `ages=${ledger.kept.map((row) => `${row.vendor.id}:${ageOf(row)}`).join(',')}`,
    });
  }
  const { skipped } = ledger;
  if (skipped.subjects > 0) {
    issues.push({
      severity: 'information',
      code: 'informational',
      reason: 'routed',
      text: `Recherche orientée : ${counted(skipped.vendors, 'éditeur')} sans créneau connu pour ${people(skipped.subjects)} cette fois laissés de côté.`,
      diagnostics: `editors=${skipped.vendors} count=${skipped.subjects}`,
    });
  }
  return [...issues, ...ledger.failures.map((failure) => failureIssue(failure, people))];
}

function switchedOffIssue(
  { id, name }: AskedVendor,
  subjects: readonly string[],
  people: (count: number) => string,
): Issue {
  return {
    severity: 'warning',
    code: 'incomplete',
    reason: 'switched-off',
    text: `${name} est désactivé par l'exploitant et n'a pas été interrogé : ${effectOn(subjects, people)}`,
    diagnostics: `editor=${id} reason=switched-off subjects=${subjects.join(',')}`,
  };
}

function effectOn(subjects: readonly string[], people: (count: number) => string): string {
  return subjects.length === 0
    ? 'les créneaux affichés viennent des autres éditeurs.'
    : `la disponibilité de ${people(subjects.length)} n'est pas connue.`;
}

function failureIssue(failure: FailedVendor, people: (count: number) => string): Issue {
  const { vendor, reason, bound, sinceMs, subjects, rules } = failure;
  const { code, sentence } = FAILURES[reason];
  const since = new Date(sinceMs).toISOString();
  // What is shown may be its own.
  const isCut = subjects.length === 0 && rules.includes('slot-over-limit');
  return {
    severity: 'warning',
    code,
    reason: 'unknown',
    text: `${vendor.name} ${sentence}${maintenanceOf(vendor)} : ${isCut ? 'la suite n’est pas affichée.' : effectOn(subjects, people)}`,
    diagnostics: `editor=${vendor.id} reason=${reason}${bound === undefined ? '' : ` bound=${bound}`} since=${since} subjects=${subjects.join(',')}${rules.length === 0 ? '' : ` rules=${rules.join(',')}`}${vendor.maintenanceUntilMs === undefined ? '' : ` maintenance=${new Date(vendor.maintenanceUntilMs).toISOString()}`}`,
  };
}

/** Of a vendor that failed while it had said that it might; on the clock of Paris. */
function maintenanceOf({ maintenanceUntilMs: untilMs }: AskedVendor): string {
  if (untilMs === undefined) return '';
  return `, en maintenance déclarée jusqu'au ${sayParisTime(untilMs)}`;
}

/** Whole seconds, rounded up: never younger than it is. */
function ageOf({ ageMs }: { readonly ageMs: number }): number {
  return Math.ceil(ageMs / 1000);
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count > 1 ? many : one}`;
}

/** What a vendor that failed did, as the end of a sentence that its name begins; a reason of a newer relay by its id. */
export function failureSentence(reason: string): string {
  return Object.hasOwn(FAILURES, reason) ? FAILURES[reason as LedgerFailure].sentence : `: ${reason}`;
}

interface FailureWords {
  readonly code: string;
  readonly sentence: string;
}

const FAILURES: Readonly<Record<LedgerFailure, FailureWords>> = {
  timeout: { code: 'timeout', sentence: "n'a pas répondu dans le délai" },
  connect: { code: 'transient', sentence: 'est injoignable' },
  tls: { code: 'security', sentence: 'a refusé ou manqué la liaison sécurisée' },
  certificate: { code: 'security', sentence: "présente un certificat qui n'est pas celui attendu" },
  reset: { code: 'transient', sentence: 'a rompu la liaison en cours de réponse' },
  refused: { code: 'processing', sentence: 'a refusé la recherche' },
  error: { code: 'exception', sentence: 'a répondu par une erreur' },
  busy: { code: 'throttled', sentence: 'demande de patienter' },
  redirect: { code: 'processing', sentence: 'renvoie vers une autre adresse' },
  'not-json': { code: 'structure', sentence: 'a envoyé une réponse illisible' },
  'too-deep': { code: 'too-long', sentence: 'a envoyé une réponse démesurée' },
  'too-large': { code: 'too-long', sentence: 'a envoyé une réponse démesurée' },
  'too-many-entries': { code: 'too-long', sentence: 'a envoyé une réponse démesurée' },
  'too-many-pages': { code: 'too-long', sentence: 'a découpé sa réponse en trop de pages' },
  'foreign-next': { code: 'security', sentence: 'renvoie la suite de sa réponse ailleurs que chez lui' },
  'not-bundle': { code: 'structure', sentence: 'a répondu autre chose qu’une liste de créneaux' },
  overloaded: { code: 'throttled', sentence: 'a déjà trop de recherches en cours' },
  'not-served': { code: 'not-supported', sentence: "n'est plus servi par le relais" },
  draining: { code: 'transient', sentence: "n'a pas été interrogé : le relais s'arrête" },
  internal: { code: 'exception', sentence: "n'a pu être interrogé : erreur du relais" },
  'relay-absent': { code: 'transient', sentence: "n'a pu être interrogé : aucun relais connecté ne le sert" },
  'relay-lost': {
    code: 'transient',
    sentence: "n'a pu être interrogé : la liaison avec le relais s'est rompue",
  },
  'hub-lost': { code: 'transient', sentence: "n'a pu être interrogé : la passerelle a redémarré" },
  'hub-overloaded': { code: 'throttled', sentence: "n'a pu être interrogé : la passerelle est surchargée" },
  'out-of-order': {
    code: 'transient',
    sentence: "n'a pu être interrogé : sa configuration au relais est à corriger",
  },
  open: { code: 'transient', sentence: "n'est pas interrogé après des échecs répétés" },
  unusable: { code: 'invalid', sentence: "a envoyé une réponse dont une partie n'a pu être comprise" },
  incomplete: { code: 'incomplete', sentence: "a envoyé une réponse qui n'est pas entière" },
  undeclared: { code: 'business-rule', sentence: "propose des créneaux sans être l'éditeur déclaré" },
  'declarations-unread': {
    code: 'transient',
    sentence: "n'a pu être vérifié : les déclarations n'ont pu être lues",
  },
};

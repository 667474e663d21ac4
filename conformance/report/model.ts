// report.json: what the page, the JUnit file and the next run's comparison are made from. docs/conformance.md
// documents it; a field is added, never renamed or given another meaning, while `schema` stays the same.

import { READ_RULES } from '../../shared/sas/read/elements/rules.ts';
import { ruleOf } from '../../shared/sas/rules/table/table.ts';
import { describeEnd, type Exchange } from '../calls/exchange.ts';
import { type Page, pageOf } from '../calls/pages.ts';
import type { Problem, Severity, Status } from '../requirement.ts';
import { statusOf } from '../requirement.ts';
import type { Run } from '../run.ts';
import { showJson } from './fragment.ts';
import { describeProvenance, type Provenance } from './provenance.ts';

const SCHEMA = 'passerelle-conformance/1';

export interface ReportProblem {
  readonly text: string;
  readonly expression?: string;
  readonly fragment?: string;
  readonly example?: string;
  readonly page?: Page;
}

export interface ReportRequirement {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: Status;
  readonly page: Page;
  /** Why it was skipped, what was declared, or what was seen. */
  readonly note?: string;
  readonly problems: readonly ReportProblem[];
  /** What the validators noticed and does not count against it. */
  readonly remarks: readonly ReportProblem[];
  readonly exchanges: readonly string[];
}

export interface ReportExchange {
  readonly id: string;
  readonly label: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Indented JSON of what was sent. */
  readonly body?: string;
  readonly durationMs: number;
  readonly end: string;
  readonly status?: number;
  readonly tls?: string;
  readonly bytes?: number;
  readonly received?: Readonly<Record<string, string>>;
}

export interface ReadingRow {
  readonly rule: string;
  readonly text: string;
  readonly count: number;
}

/** What changed since a previous report: ids of requirements, in the order of the report. */
export interface Difference {
  readonly previousMadeAt: string;
  readonly newlyFailed: readonly string[];
  readonly newlyPassed: readonly string[];
  /** Judged before, skipped or absent now. */
  readonly gone: readonly string[];
}

export interface Report {
  readonly schema: typeof SCHEMA;
  readonly madeAt: string;
  readonly editor: { readonly id: string; readonly name: string; readonly baseUrl: string };
  readonly provenance: Provenance;
  readonly counts: Readonly<Record<Status, number>>;
  readonly requirements: readonly ReportRequirement[];
  readonly exchanges: readonly ReportExchange[];
  readonly reading: {
    readonly received: number;
    readonly shown: number;
    readonly dropped: readonly ReadingRow[];
    readonly repaired: readonly ReadingRow[];
  };
  readonly difference?: Difference;
}

/** `args`: the command line, when there was one. */
export function makeReport(run: Run, args?: readonly string[]): Report {
  const { editor } = run.inputs;
  const requirements = run.judged.map((judged): ReportRequirement => {
    const { group, requirement, verdict, exchanges } = judged;
    const note =
      verdict.does === 'skip'
        ? verdict.reason
        : verdict.does === 'declare'
          ? verdict.text
          : verdict.does === 'pass'
            ? verdict.note
            : undefined;
    const judgedOn = verdict.does === 'pass' || verdict.does === 'break' ? verdict : undefined;
    return {
      id: requirement.id,
      group,
      title: requirement.title,
      severity: requirement.severity,
      status: statusOf(judged),
      page: pageOf(requirement.page),
      ...(note !== undefined && { note }),
      problems: verdict.does === 'break' ? verdict.problems.map(toProblem) : [],
      remarks: (judgedOn?.remarks ?? []).map(toProblem),
      exchanges,
    };
  });
  return {
    schema: SCHEMA,
    madeAt: new Date(run.startedMs).toISOString(),
    editor: { id: editor.id, name: editor.name, baseUrl: editor.baseUrl },
    provenance: describeProvenance(run.certificates, args),
    counts: countStatuses(requirements),
    requirements,
    exchanges: run.exchanges.map((exchange) => toExchange(exchange, run)),
    reading: {
      received: run.reading.received,
      shown: run.reading.shown,
      dropped: run.reading.dropped.map(toRow),
      repaired: run.reading.repaired.map(toRow),
    },
  };
}

/** What was not judged, by what it would take. */
export function groupUnjudged({
  requirements,
}: Report): readonly { readonly reason: string; readonly ids: readonly string[] }[] {
  const skipped = requirements.filter(({ status }) => status === 'skipped');
  return [...Map.groupBy(skipped, ({ note = '' }) => note)].map(([reason, ones]) => ({
    reason,
    ids: ones.map(({ id }) => id),
  }));
}

function countStatuses(requirements: readonly ReportRequirement[]): Report['counts'] {
  const counts = { passed: 0, failed: 0, warning: 0, skipped: 0, declared: 0 };
  for (const { status } of requirements) counts[status] += 1;
  return counts;
}

function toProblem({ page, ...problem }: Problem): ReportProblem {
  return { ...problem, ...(page !== undefined && { page: pageOf(page) }) };
}

function toExchange(exchange: Exchange, { mask }: Run): ReportExchange {
  const { id, label, sent, received, durationMs } = exchange;
  const headers = Object.entries(received?.headers ?? {}).map(([name, value]) => [name, mask.text(value)]);
  return {
    id,
    label,
    method: sent.method,
    url: sent.url,
    headers: sent.headers,
    ...(sent.body !== undefined && { body: showJson(sent.body) }),
    durationMs,
    end: describeEnd(exchange),
    ...(received !== undefined && {
      status: received.status,
      bytes: received.bytes,
      received: Object.fromEntries(headers),
      ...(received.tls !== undefined && { tls: received.tls }),
    }),
  };
}

/** Rules of the reader, and of the validators for what is still wrong after reading. */
function toRow({ rule, count }: { readonly rule: string; readonly count: number }): ReadingRow {
  const read = Object.values(READ_RULES).find(({ id }) => id === rule);
  const known = read ?? ruleOf(rule as Parameters<typeof ruleOf>[0]);
  return { rule, text: known?.text ?? rule, count };
}

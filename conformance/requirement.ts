// What a requirement is, and what judging it gives. Rows are written as `severity [page] sentence`, as the rules
// of shared/sas/rules are, so that the checklist reads as a table. No I/O.

/**
 * `failure` fails the run; `warning` and `optional` are shown and do not; `draft` comes from a later version of
 * ANS's kit; `declaration` is answered by the vendor, not by a request.
 */
export type Severity = 'failure' | 'warning' | 'optional' | 'draft' | 'declaration';

export interface Requirement {
  readonly id: string;
  readonly severity: Severity;
  /** One French sentence: what is expected. */
  readonly title: string;
  /** Source key, see pages.ts. */
  readonly page: string;
}

/** One thing that is not as expected. */
export interface Problem {
  readonly text: string;
  /** FHIRPath in the answer. */
  readonly expression?: string;
  /** What stands there, masked and bounded. */
  readonly fragment?: string;
  /** What would be right. */
  readonly example?: string;
  /** Source key when it is not the requirement's own. */
  readonly page?: string;
}

export type Verdict =
  | { readonly does: 'pass'; readonly note?: string; readonly remarks?: readonly Problem[] }
  | { readonly does: 'break'; readonly problems: readonly Problem[]; readonly remarks?: readonly Problem[] }
  | { readonly does: 'skip'; readonly reason: string }
  | { readonly does: 'declare'; readonly text: string };

export type Status = 'passed' | 'failed' | 'warning' | 'skipped' | 'declared';

export interface Judged {
  readonly group: string;
  readonly requirement: Requirement;
  readonly verdict: Verdict;
  /** Ids of the exchanges it was judged on. */
  readonly exchanges: readonly string[];
}

type Row = `${Severity} [${string}] ${string}`;

const ROW = /^(\w+) \[([^\]]+)\] (.+)$/;

export function defineRequirements<const Id extends string>(
  rows: Readonly<Record<Id, Row>>,
): Readonly<Record<Id, Requirement>> {
  const requirements: Partial<Record<Id, Requirement>> = {};
  for (const id in rows) {
    const [, severity, page, title] = ROW.exec(rows[id]) ?? [];
    if (severity === undefined || page === undefined || title === undefined) {
      throw new TypeError(`requirement ${id}: not "severity [page] sentence"`);
    }
    requirements[id] = { id, severity: severity as Severity, title, page };
  }
  return requirements as Record<Id, Requirement>;
}

export function statusOf({ requirement, verdict }: Judged): Status {
  switch (verdict.does) {
    case 'pass':
      return 'passed';
    case 'break':
      return requirement.severity === 'failure' ? 'failed' : 'warning';
    case 'skip':
      return 'skipped';
    case 'declare':
      return 'declared';
  }
}

export function pass(note?: string): Verdict {
  return note === undefined ? { does: 'pass' } : { does: 'pass', note };
}

export function skip(reason: string): Verdict {
  return { does: 'skip', reason };
}

export function breaks(...problems: readonly Problem[]): Verdict {
  return { does: 'break', problems };
}

/**
 * Passes when there is nothing to say. A text is why there was nothing to judge: a check over resources that did not
 * come has seen nothing, and passes nothing.
 */
export function passUnless(problems: readonly Problem[] | string): Verdict {
  if (typeof problems === 'string') return skip(`Non jugé : ${problems}.`);
  return problems.length === 0 ? pass() : { does: 'break', problems };
}

/** The same problem of several answers is told once. */
export function joinAlike(problems: readonly Problem[]): readonly Problem[] {
  return [...Map.groupBy(problems, ({ text }) => text).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return others.length === 0 ? first : { ...first, text: `${first.text} (${others.length + 1} fois)` };
  });
}

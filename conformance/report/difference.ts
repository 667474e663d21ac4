// What changed since a previous report.json. Read as outside data: an older or broken file compares as nothing.

import * as v from 'valibot';
import type { Difference, Report, ReportRequirement } from './model.ts';

const previousReport = v.object({
  schema: v.pipe(v.string(), v.startsWith('passerelle-conformance/')),
  madeAt: v.pipe(v.string(), v.isoTimestamp()),
  requirements: v.array(v.object({ id: v.pipe(v.string(), v.maxLength(40)), status: v.string() })),
});

export function compareReports(report: Report, previous: unknown): Difference | undefined {
  const read = v.safeParse(previousReport, previous);
  if (!read.success) return undefined;
  const before = new Map(read.output.requirements.map(({ id, status }) => [id, status]));
  const now = new Map(report.requirements.map((requirement) => [requirement.id, requirement]));
  const failing = (status: string | undefined): boolean => status === 'failed' || status === 'warning';
  const ids = (keep: (requirement: ReportRequirement) => boolean): readonly string[] =>
    report.requirements.filter(keep).map(({ id }) => id);
  return {
    previousMadeAt: read.output.madeAt,
    newlyFailed: ids(({ id, status }) => failing(status) && before.get(id) === 'passed'),
    newlyPassed: ids(({ id, status }) => status === 'passed' && failing(before.get(id))),
    gone: [...before]
      .filter(([id, status]) => {
        const current = now.get(id)?.status;
        return (status === 'passed' || failing(status)) && (current === undefined || current === 'skipped');
      })
      .map(([id]) => id),
  };
}

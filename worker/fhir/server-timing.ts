// The Server-Timing header: the edge's own time and, per vendor, its slowest call and how it ended.

import type { Answers } from '../search/answers.ts';

export function serverTiming({ results }: Answers, totalMs: number): string {
  const byEditor = new Map<string, { durationMs: number; how: string }>();
  for (const { call, answer, failure, saidMs } of results) {
    const row = byEditor.get(call.editor) ?? { durationMs: 0, how: saidMs === undefined ? 'ok' : 'kept' };
    row.durationMs = Math.max(row.durationMs, saidMs === undefined ? (answer?.durationMs ?? totalMs) : 0);
    if (failure !== undefined) row.how = failure.reason;
    else if (saidMs === undefined && row.how === 'kept') row.how = 'ok';
    byEditor.set(call.editor, row);
  }
  const vendors = [...byEditor].map(
    ([editor, { durationMs, how }]) => `${editor};dur=${Math.round(durationMs)};desc="${how}"`,
  );
  return [`edge;dur=${totalMs}`, ...vendors].join(', ');
}

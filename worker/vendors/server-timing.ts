// The Server-Timing header: the edge's own time and, per vendor, its slowest call and how it ended.

import type { FanOut } from './fan-out.ts';

export function serverTiming(fanOut: FanOut, totalMs: number): string {
  const byEditor = new Map<string, { durationMs: number; how: string }>();
  for (const { call, answer, failure } of fanOut.results) {
    const row = byEditor.get(call.editor) ?? { durationMs: 0, how: 'ok' };
    row.durationMs = Math.max(row.durationMs, answer?.durationMs ?? totalMs);
    if (failure !== undefined) row.how = failure.reason;
    byEditor.set(call.editor, row);
  }
  const vendors = [...byEditor].map(
    ([editor, { durationMs, how }]) => `${editor};dur=${Math.round(durationMs)};desc="${how}"`,
  );
  return [`edge;dur=${totalMs}`, ...vendors].join(', ');
}

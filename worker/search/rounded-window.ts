// The window that vendors are asked for: a little wider than SAS's, so that searches a moment apart ask the same and
// share one answer. What starts outside SAS's own window is left out of the answer (selection.ts). Pure.

import type { SlotWindow } from '../../shared/sas/query.ts';

const FROM_STEP_MS = 5 * 60_000;
const TO_STEP_MS = 60 * 60_000;

/** Begins at the full five minutes before (now's, when the window began in the past); ends at the next full hour. */
export function roundedWindow({ fromMs, toMs }: SlotWindow, nowMs: number): SlotWindow {
  // What has started is never shown: a window that begins in the past is one that begins now.
  const from = Math.max(fromMs, Math.min(nowMs, toMs));
  return {
    fromMs: Math.floor(from / FROM_STEP_MS) * FROM_STEP_MS,
    toMs: Math.ceil(toMs / TO_STEP_MS) * TO_STEP_MS,
  };
}

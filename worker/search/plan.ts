// Decides which vendor is asked for which subjects: every enabled vendor that serves the flow, in batches the guide
// allows. Which relay carries each call is decided in the hub (hub/assign-calls.ts). Pure.

import { ASSOCIATIONS_PER_CALL_MAX, PRACTITIONERS_PER_CALL_MAX } from '../../shared/limits.ts';
import type { Flow, SlotQuery } from '../../shared/sas/query.ts';
import type { AskedCall } from '../hub/hub-calls.ts';
import type { EditorSubjects } from '../memory/coverage.ts';
import type { EditorRow } from '../store/editors.ts';

/** Lists of at most `size`, as even as can be: 26 makes 13 + 13, not 25 + 1. */
export function splitEvenly<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  const batches: T[][] = [];
  for (let i = 0, from = 0; i < count; i += 1) {
    const to = from + Math.ceil((items.length - from) / (count - i));
    batches.push(items.slice(from, to));
    from = to;
  }
  return batches;
}

/**
 * The vendors a search asks: one that no relay announces any more, for this flow or at all, is asked too, and told to be
 * out of reach. `only`:
 * this one and no other, also when the operator switched it off.
 */
export function servingEditors(editors: readonly EditorRow[], flow: Flow, only?: string): EditorRow[] {
  return editors.filter(
    (editor) => (only === undefined ? editor.enabled : editor.id === only) && isAskedFor(editor, flow),
  );
}

/** The vendors a search would ask, had the operator not switched them off. */
export function switchedOffEditors(editors: readonly EditorRow[], flow: Flow): EditorRow[] {
  return editors.filter((editor) => !editor.enabled && isAskedFor(editor, flow));
}

function isAskedFor({ flows, lostFlows }: EditorRow, flow: Flow): boolean {
  return flows.includes(flow) || lostFlows.includes(flow);
}

/**
 * Every vendor is asked for everybody but those that it need not be asked for (`skipped`). Some of these have an answer
 * that grows old (`agingOf` a vendor): a call that is made anyway renews as many of them as it has room for.
 */
export function planCalls(
  { flow, subjects }: SlotQuery,
  editors: readonly EditorRow[],
  skipped: EditorSubjects,
  agingOf: (editor: string) => readonly string[] = () => [],
): AskedCall[] {
  const size = flow === 'SOS' ? ASSOCIATIONS_PER_CALL_MAX : PRACTITIONERS_PER_CALL_MAX;
  return editors.flatMap(({ id, deadlineMs }) => {
    const known = skipped.get(id);
    const rest = known === undefined ? subjects : subjects.filter((subject) => !known.has(subject));
    const room = Math.ceil(rest.length / size) * size - rest.length;
    const renewed = room === 0 ? [] : agingOf(id).slice(0, room);
    return splitEvenly([...rest, ...renewed], size).map((batch) => ({
      editor: id,
      subjects: batch,
      ...(deadlineMs === undefined ? {} : { budgetMs: deadlineMs }),
    }));
  });
}

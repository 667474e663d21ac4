// What the answer of the SAS front's face cannot say in its body, as one response header: the ledger of all its
// searches together, and which vendors failed. Pure. docs/guide.md G-906, G-908; docs/ledger.md.

import { GatewayError } from '../../../shared/error.ts';
import type { CardSearch } from './card-search.ts';

/** Of two searches for the same, the later of these is told: nothing that one could not ask or learn hides behind a "none". */
const STATES = ['not-interfaced', 'none', 'switched-off', 'unknown', 'slots'] as const;
type State = (typeof STATES)[number];

/** `slots=3, none=20, unknown=2, not-interfaced=0, age=12, failed="agenda-b:timeout"`. */
export function frontLedger({ searches }: CardSearch): string {
  const states = new Map<string, State>();
  const note = (subjects: Iterable<string>, state: State): void => {
    for (const subject of subjects) {
      const known = states.get(subject) ?? 'not-interfaced';
      states.set(subject, STATES.indexOf(state) > STATES.indexOf(known) ? state : known);
    }
  };
  const failed = new Set<string>();
  const agesMs: number[] = [];
  for (const { query, found } of searches) {
    if (found instanceof GatewayError) {
      note(query.subjects, 'unknown');
      failed.add(found.reason);
      continue;
    }
    const { slots, none, unknown, switchedOff, notInterfaced, failures, kept, off } = found.ledger;
    note(slots.keys(), 'slots');
    note(unknown, 'unknown');
    note(switchedOff, 'switched-off');
    note(none, 'none');
    note(notInterfaced, 'not-interfaced');
    for (const { id } of off) failed.add(`${id}:switched-off`);
    for (const { vendor: editor, reason } of failures) failed.add(`${editor.id}:${reason}`);
    agesMs.push(...kept.map(({ ageMs }) => ageMs));
  }
  const count = (state: State): number => [...states.values()].filter((own) => own === state).length;
  return [
    ...(['slots', 'none', 'unknown', 'not-interfaced'] as const).map((state) => `${state}=${count(state)}`),
    ...(count('switched-off') === 0 ? [] : [`switched-off=${count('switched-off')}`]),
    ...(agesMs.length === 0 ? [] : [`age=${Math.ceil(Math.max(...agesMs) / 1000)}`]),
    ...(failed.size === 0 ? [] : [`failed="${[...failed].join(' ')}"`]),
  ].join(', ');
}

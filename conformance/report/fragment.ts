// The piece of an answer that a FHIRPath names, as text: masked, indented, bounded. A path that leads to nothing
// gives the nearest thing that is there, since what is wrong is then its absence.

import { asList, asObject } from '../../shared/fhir/json.ts';
import type { Mask } from './mask.ts';

const FRAGMENT_CHARS_MAX = 1_400;
const STEP = /([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]/g;

type Step = string | number;

function readPath(expression: string): readonly Step[] {
  return [...expression.matchAll(STEP)].slice(1).map(([, name, index]) => name ?? Number(index));
}

export interface Place {
  readonly value: unknown;
  /** False when the last steps lead to nothing. */
  readonly found: boolean;
  /** The innermost resource on the way, and the steps inside it. */
  readonly resource: unknown;
  readonly inside: readonly Step[];
  /** Name of the element, for masking. */
  readonly key: string;
}

export function placeAt(root: unknown, expression: string): Place {
  const steps = readPath(expression);
  let value = root;
  let resource = root;
  let start = 0;
  let key = '';
  for (const [rank, step] of steps.entries()) {
    const next = typeof step === 'number' ? asList(value)[step] : asObject(value)?.[step];
    if (next === undefined) return { value, found: false, resource, inside: steps.slice(start), key };
    value = next;
    if (typeof step === 'string') key = step;
    if (asObject(value)?.resourceType !== undefined) {
      resource = value;
      start = rank + 1;
    }
  }
  return { value, found: true, resource, inside: steps.slice(start), key };
}

export function showFragment(root: unknown, expression: string, mask: Mask): string {
  const { value, key } = placeAt(root, expression);
  return showJson(mask.value(value, key));
}

/** Indented JSON, cut with a sign when it is long. */
export function showJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'absent';
  return text.length > FRAGMENT_CHARS_MAX ? `${text.slice(0, FRAGMENT_CHARS_MAX)}\n… (coupé)` : text;
}

// What a slot says by itself, whatever was asked and wherever it takes place: free or not, times, shape, booking page.
// Pure. docs/guide.md G-213, G-219, G-220.

import { isAnything } from '../../../fhir/bundle-entries.ts';
import { asObject, asText, type JsonObject } from '../../../fhir/json.ts';
import { hasUnknownModifier } from '../../../fhir/modifiers.ts';
import { formatInstant, parseInstant, strictMillis } from '../../../time.ts';
import { slotKey } from '../../slot-key.ts';
import type { ReadRuleId } from './rules.ts';
import { shapeSignature } from './shape-signature.ts';

export interface SlotFacts {
  /** In the guide's strict form, and in milliseconds since the epoch. */
  readonly start: string;
  readonly end: string;
  readonly startMs: number;
  readonly endMs: number;
  /** End of the gateway's id: start in seconds and length in minutes, in base 36. */
  readonly idTail: string;
  /** Of the vendor's own id. */
  readonly key: string;
  /** Of its shape. */
  readonly signature: string;
  /** Booking page in normal form. */
  readonly comment: string | undefined;
  readonly repairs: readonly ReadRuleId[];
}

/** R4's other codes of SlotStatus. */
const TAKEN = new Set(['busy', 'busy-unavailable', 'busy-tentative', 'entered-in-error']);
const NO_REPAIRS: readonly ReadRuleId[] = [];

/** The facts, or why this slot is never shown. `linkOf`: as `bookingLink`; many slots have one booking page. */
export function readSlotFacts(
  slot: JsonObject,
  linkOf: (written: string) => string | undefined,
): SlotFacts | ReadRuleId {
  const repairs: ReadRuleId[] = [];
  const { status } = slot;
  if (status !== 'free') {
    const written = asText(status)?.toLowerCase() ?? '';
    if (TAKEN.has(written)) return 'slot-not-free';
    if (written !== 'free') return 'slot-status-unknown';
    repairs.push('status-spelling');
  }
  if (hasUnknownModifier(slot)) return 'slot-modifier-unknown';
  if (isAnything(slot.meta) && asObject(slot.meta) === undefined) return 'slot-kind-unknown';
  const start = readInstant(slot.start, repairs);
  const end = readInstant(slot.end, repairs);
  if (start === undefined || end === undefined) return 'slot-dates-unreadable';
  if (end.ms <= start.ms) return 'slot-end-not-after-start';
  const comment = readComment(slot.comment, linkOf, repairs);
  return {
    start: start.text,
    end: end.text,
    startMs: start.ms,
    endMs: end.ms,
    idTail: idTailOf(start.ms, end.ms),
    key: slotKey(asText(slot.id)),
    signature: shapeSignature(slot),
    comment,
    repairs: repairs.length === 0 ? NO_REPAIRS : repairs,
  };
}

function idTailOf(startMs: number, endMs: number): string {
  const start = Math.floor(startMs / 1000)
    .toString(36)
    .padStart(7, '0');
  const minutes = Math.floor((endMs - startMs) / 60_000).toString(36);
  return `${start}${minutes.slice(0, 3)}`;
}

function readComment(
  written: unknown,
  linkOf: (written: string) => string | undefined,
  repairs: ReadRuleId[],
): string | undefined {
  if (typeof written !== 'string' || written === '') return undefined;
  const link = linkOf(written);
  if (link === undefined) repairs.push('comment-not-a-link');
  return link;
}

function readInstant(value: unknown, repairs: ReadRuleId[]): { text: string; ms: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const strict = strictMillis(value);
  if (strict !== undefined) return { text: value, ms: strict };
  const written = value.trim();
  const parsed = parseInstant(written);
  // A bare day or an hour without minutes does not say when to come.
  if (parsed === undefined || !written.includes('T')) return undefined;
  repairs.push(/(Z|[+-]\d{2}:?\d{2})$/i.test(written.slice(16)) ? 'instant-form' : 'instant-without-offset');
  return { text: formatInstant(parsed.ms, parsed.offsetMinutes), ms: parsed.ms };
}

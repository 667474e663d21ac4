// The slots of one or several offers as the SAS front reads them: in order, each once, with what it shows of each.
// What all slots of a shape say is read once. Pure but for the links. docs/guide.md G-916.

import { asObject, asText, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import type { SlotShape } from '../../../shared/sas/answer.ts';
import { CONSULTATION_CODES, SYSTEM } from '../../../shared/sas/canonical.ts';
import { formatInstant, strictMillis } from '../../../shared/time.ts';
import type { LinkWriter } from '../redirect/reservation-link.ts';
import { lastDayEnds } from './county.ts';
import type { FrontPlace } from './places.ts';

/** A slot as the front writes slots. */
export interface FrontSlot {
  readonly startMs: number;
  readonly endMs: number;
  /** ISO 8601 on the UTC clock, with its offset. */
  readonly start: string;
  readonly end: string;
  /** AMB, HH, VR. */
  readonly consultations: readonly string[];
  readonly specialties: readonly string[];
  /** Empty when the slot is not booked by link. */
  readonly link: string;
}

/** The slots of these places within the three days that the front shows on that zone's clock. */
export type SlotLister = (places: readonly FrontPlace[], zone: string) => readonly FrontSlot[];

interface ShapeFacts {
  readonly consultations: readonly string[];
  readonly specialties: readonly string[];
  readonly isWalkIn: boolean;
}

/** One per answer. */
export function slotLister(links: LinkWriter, nowMs: number): SlotLister {
  const endOf = lastDayEnds(nowMs);
  const known = new Map<SlotShape, ShapeFacts>();
  const factsOf = (shape: SlotShape): ShapeFacts => {
    const facts = known.get(shape) ?? readShape(shape);
    known.set(shape, facts);
    return facts;
  };
  // Agendas share their hours: writing one takes longer than finding it.
  const instants = new Map<number, string>();
  const instantOf = (ms: number): string => {
    let text = instants.get(ms);
    if (text === undefined) {
      text = formatInstant(ms, 0);
      instants.set(ms, text);
    }
    return text;
  };
  return (places, zone) => {
    const lastMs = endOf(zone);
    const byStart = new Map<number, FrontSlot[]>();
    for (const { vendor: editor, place, slots, shapes } of places.map(({ offer }) => offer)) {
      for (const [number, , start, end, comment = place.comment] of slots) {
        const shape = shapes[number];
        const startMs = strictMillis(start);
        const endMs = strictMillis(end);
        if (shape === undefined || startMs === undefined || endMs === undefined || startMs > lastMs) continue;
        const facts = factsOf(shape);
        const link = facts.isWalkIn ? '' : links(editor, comment, startMs);
        const { consultations, specialties } = facts;
        const times = { startMs, endMs, start: instantOf(startMs), end: instantOf(endMs) };
        const slot = { ...times, consultations, specialties, link };
        const same = byStart.get(startMs);
        if (same === undefined) byStart.set(startMs, [slot]);
        else addOnce(slot, same);
      }
    }
    return [...byStart.values()].flat().sort((a, b) => a.startMs - b.startMs);
  };
}

/** The same hour twice, maybe for other consultations, is one slot. */
function addOnce(slot: FrontSlot, slots: FrontSlot[]): void {
  const at = slots.findIndex(({ endMs, link }) => endMs === slot.endMs && link === slot.link);
  const twin = slots[at];
  if (twin === undefined) {
    slots.push(slot);
    return;
  }
  const consultations = [...new Set([...twin.consultations, ...slot.consultations])];
  const specialties = [...new Set([...twin.specialties, ...slot.specialties])];
  slots[at] = { ...twin, consultations, specialties };
}

function readShape({ text }: SlotShape): ShapeFacts {
  const slot = JSON.parse(`{${text}}`) as JsonObject;
  const consultations = objectsOf(slot.serviceType)
    .flatMap(({ coding }) => objectsOf(coding))
    .flatMap(({ system, code }) => (system === SYSTEM.actCode ? (asText(code) ?? []) : []))
    .filter((code) => (CONSULTATION_CODES as readonly string[]).includes(code));
  const specialties = objectsOf(slot.specialty).flatMap((concept) => labelOf(concept) ?? []);
  const isWalkIn = objectsOf(asObject(slot.appointmentType)?.coding).some(({ code }) => code === 'WALKIN');
  return { consultations: [...new Set(consultations)], specialties: [...new Set(specialties)], isWalkIn };
}

/** What a specialty is called; a bare code tells a regulator nothing (docs/decisions/0012-front.md). */
function labelOf({ coding, text }: JsonObject): string | undefined {
  return objectsOf(coding).flatMap(({ display }) => asText(display) ?? [])[0] ?? asText(text);
}

// The slots of one or several offers as the SAS front reads them: in order, each once, with what it shows of each.
// What all slots of a shape say is read once. Pure but for the links. front-api.md § 3.3.

import { asObject, asText, type JsonObject, objectsOf } from '../../shared/fhir/json.ts';
import type { SlotShape } from '../../shared/link/relay.ts';
import { CONSULTATION_CODES, SYSTEM } from '../../shared/sas/canonical.ts';
import { lastDayEnds } from './county.ts';
import type { FrontPlace } from './places.ts';
import type { LinkWriter } from './reservation-link.ts';

export interface FrontSlot {
  readonly startMs: number;
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
  return (places, zone) => {
    const lastMs = endOf(zone);
    const slots = new Map<string, FrontSlot>();
    for (const { editor, place, slots: rows, shapes } of places.map(({ offer }) => offer)) {
      for (const [number, , start, end, comment = place.comment] of rows) {
        const shape = shapes[number];
        const startMs = Date.parse(start);
        if (shape === undefined || startMs > lastMs) continue;
        const facts = factsOf(shape);
        const link = facts.isWalkIn ? '' : links(editor, comment, startMs);
        const endMs = Date.parse(end);
        const key = `${startMs} ${endMs} ${link}`;
        const twin = slots.get(key);
        slots.set(key, twin === undefined ? makeSlot(startMs, endMs, facts, link) : join(twin, facts));
      }
    }
    return [...slots.values()].sort((a, b) => a.startMs - b.startMs);
  };
}

function makeSlot(startMs: number, endMs: number, facts: ShapeFacts, link: string): FrontSlot {
  const { consultations, specialties } = facts;
  return { startMs, start: instant(startMs), end: instant(endMs), consultations, specialties, link };
}

/** The same hour twice, for other consultations. */
function join(slot: FrontSlot, { consultations, specialties }: ShapeFacts): FrontSlot {
  return {
    ...slot,
    consultations: [...new Set([...slot.consultations, ...consultations])],
    specialties: [...new Set([...slot.specialties, ...specialties])],
  };
}

function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}+00:00`;
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

/** What a specialty is called; a bare code tells a regulator nothing (docs/decisions/front.md). */
function labelOf({ coding, text }: JsonObject): string | undefined {
  return objectsOf(coding).flatMap(({ display }) => asText(display) ?? [])[0] ?? asText(text);
}

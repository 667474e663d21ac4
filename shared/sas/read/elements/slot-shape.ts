// What slots have in common besides their times and place: kinds, consultation types, reasons, specialties,
// bookable or not. A vendor sends few different shapes, so each is read, repaired and checked once per answer
// and only pointed to by its slots. docs/guide.md G-112, G-213, G-214, G-216, G-217, G-219, G-220, G-306.

import { itemsOf } from '../../../fhir/bundle-entries.ts';
import { asObject, asText, type JsonObject, objectsOf } from '../../../fhir/json.ts';
import {
  BOOKABLE_CODES,
  CONSULTATION_CODES,
  CPTS_CODE,
  EXTENSION,
  PROFILE,
  SLOT_KINDS,
  SLOT_KINDS_SOS,
  SYSTEM,
} from '../../canonical.ts';
import type { Flow } from '../../query.ts';
import { readShownText } from './contact.ts';
import type { CptsFound, CptsRegister } from './cpts.ts';
import { isConformantShape } from './guard.ts';
import type { ReadRuleId } from './rules.ts';

/** The parts of a Slot that make its shape, as they leave the edge. */
export interface ShapedSlot {
  /** `{"meta":…}` without its braces: the edge pastes it between id and schedule. */
  readonly text: string;
  readonly services: readonly number[];
  readonly repairs: readonly ReadRuleId[];
}

const CONSULTATIONS: ReadonlySet<string> = new Set(CONSULTATION_CODES);
const KINDS: ReadonlySet<string> = new Set(SLOT_KINDS);
const BOOKABLE: ReadonlySet<string> = new Set(BOOKABLE_CODES);

/** The CPTS of the answer, as this slot refers to them. */
export interface SlotCpts {
  readonly services: CptsRegister['services'];
  readonly find: (reference: JsonObject | undefined) => CptsFound;
}

/** The shape, or the reason why no slot of this shape may be shown. */
export function readShape(slot: JsonObject, flow: Flow, cpts: SlotCpts): ShapedSlot | ReadRuleId {
  const repairs: ReadRuleId[] = [];
  const sent = readKinds(slot.meta, flow, repairs);
  if (typeof sent === 'string') return sent;
  const { serviceType, services } = readServiceTypes(slot.serviceType, flow, cpts, repairs);
  const security = flow === 'INT_R04' ? agreeOnCpts(sent, services.length > 0, repairs) : sent;
  if (security === undefined)
    return repairs.includes('cpts-unresolved') ? 'slot-cpts-unresolved' : 'slot-cpts-out-of-use';
  const specialty = readSpecialties(slot.specialty, repairs);
  const appointmentType = readAppointmentType(slot.appointmentType, repairs);
  const profile = slotProfile(flow, services.length > 0);
  const content = {
    meta: { profile: [profile], ...(security.length > 0 ? { security } : {}) },
    ...(serviceType.length > 0 ? { serviceType } : {}),
    ...(specialty.length > 0 ? { specialty } : {}),
    ...(appointmentType === undefined ? {} : { appointmentType }),
  };
  if (!isConformantShape(content, flow, services.length > 0)) return 'slot-not-conformant';
  return { text: JSON.stringify(content).slice(1, -1), services, repairs };
}

function slotProfile(flow: Flow, isCpts: boolean): string {
  if (flow === 'SOS') return PROFILE.slotSos;
  return isCpts ? PROFILE.slotCpts : PROFILE.slotIndividual;
}

/** A rule when kinds were sent and none of them may be shown. A label of another system says nothing of the kind. */
function readKinds(
  meta: unknown,
  flow: Flow,
  repairs: ReadRuleId[],
): JsonObject[] | 'slot-kind-not-shown' | 'slot-kind-unknown' {
  const labels = itemsOf(asObject(meta)?.security);
  if (labels === undefined) return 'slot-kind-unknown';
  const shown: readonly string[] = flow === 'SOS' ? SLOT_KINDS_SOS : SLOT_KINDS;
  const kinds: string[] = [];
  let others: 'slot-kind-not-shown' | 'slot-kind-unknown' | undefined;
  for (const label of labels) {
    const coding = asObject(label);
    const code = asText(coding?.code)?.toUpperCase();
    if (code !== undefined && shown.includes(code)) {
      if (code !== coding?.code || coding.system !== SYSTEM.slotKind) repairs.push('code-spelling');
      if (!kinds.includes(code)) kinds.push(code);
      continue;
    }
    repairs.push('kind-unknown');
    if (isOfAnotherSystem(coding)) continue;
    if (code !== undefined && KINDS.has(code)) others ??= 'slot-kind-not-shown';
    else others = 'slot-kind-unknown';
  }
  if (kinds.length === 0 && others !== undefined) return others;
  return kinds.map((code) => ({ system: SYSTEM.slotKind, code }));
}

function isOfAnotherSystem(coding: JsonObject | undefined): boolean {
  const system = asText(coding?.system);
  return system !== undefined && !/R314|TypeCreneau/i.test(system);
}

/**
 * The kind CPTS and the reference to a CPTS go together (docs/guide.md G-215): whichever is there alone is completed or
 * taken away, by name. Undefined when the slot was open to nobody else.
 */
function agreeOnCpts(kinds: JsonObject[], isTied: boolean, repairs: ReadRuleId[]): JsonObject[] | undefined {
  const others = kinds.filter(({ code }) => code !== 'CPTS');
  if (others.length < kinds.length === isTied) return kinds;
  if (isTied) {
    repairs.push('kind-cpts-added');
    return [...kinds, { system: SYSTEM.slotKind, code: 'CPTS' }];
  }
  if (!repairs.includes('cpts-unresolved') && !repairs.includes('cpts-out-of-use'))
    repairs.push('cpts-unresolved');
  return others.length === 0 ? undefined : others;
}

interface ServiceTypes {
  readonly serviceType: JsonObject[];
  readonly services: number[];
}

function readServiceTypes(value: unknown, flow: Flow, cpts: SlotCpts, repairs: ReadRuleId[]): ServiceTypes {
  const serviceType: JsonObject[] = [];
  const services: number[] = [];
  const seen = new Set<string>();
  const push = (concept: JsonObject, key: string): void => {
    if (seen.has(key)) return;
    seen.add(key);
    serviceType.push(concept);
  };
  for (const concept of objectsOf(value)) {
    if (isCptsConcept(concept)) {
      if (flow === 'INT_R04') readCptsConcept(concept, cpts, services, push, repairs);
      continue;
    }
    readConsultation(concept, push, repairs);
  }
  return { serviceType, services };
}

function isCptsConcept(concept: JsonObject): boolean {
  return objectsOf(concept.coding).some(
    (coding) => asText(coding.code) === CPTS_CODE && /R66/.test(asText(coding.system) ?? ''),
  );
}

function readCptsConcept(
  concept: JsonObject,
  cpts: SlotCpts,
  services: number[],
  push: (concept: JsonObject, key: string) => void,
  repairs: ReadRuleId[],
): void {
  const coding = { system: SYSTEM.establishment, code: CPTS_CODE };
  if (!objectsOf(concept.coding).some((item) => item.system === SYSTEM.establishment)) {
    repairs.push('code-spelling');
  }
  const references = objectsOf(concept.extension).filter((item) => item.url === EXTENSION.slotService);
  if (references.length === 0) repairs.push('cpts-unresolved');
  for (const extension of references) {
    const index = cpts.find(asObject(extension.valueReference));
    if (typeof index === 'string') {
      repairs.push(index);
      continue;
    }
    const service = cpts.services[index]?.service;
    if (service === undefined) continue;
    const reference = `HealthcareService/${service.id}`;
    if (!services.includes(index)) services.push(index);
    push(
      { extension: [{ url: EXTENSION.slotService, valueReference: { reference } }], coding: [coding] },
      reference,
    );
  }
}

/** One CodeableConcept per consultation code; reasons stay as free text. */
function readConsultation(
  concept: JsonObject,
  push: (concept: JsonObject, key: string) => void,
  repairs: ReadRuleId[],
): void {
  const codings = objectsOf(concept.coding);
  let text = readShownText(concept.text, repairs);
  let kept = 0;
  for (const coding of codings) {
    const code = asText(coding.code)?.toUpperCase();
    if (code === undefined || !CONSULTATIONS.has(code)) {
      repairs.push('consultation-unknown');
      text ??= readShownText(coding.display, repairs);
      continue;
    }
    if (code !== coding.code || coding.system !== SYSTEM.actCode) repairs.push('code-spelling');
    kept += 1;
    if (kept > 1) repairs.push('service-type-split');
    const own = kept === 1 && text !== undefined ? { text } : {};
    push({ coding: [{ system: SYSTEM.actCode, code }], ...own }, `${code} ${'text' in own ? text : ''}`);
  }
  if (kept === 0 && text !== undefined) push({ text }, `text ${text}`);
}

/** A specialty without code goes first: ANS's kit forgives the required binding at index 0 only (docs/guide.md G-214). */
function readSpecialties(value: unknown, repairs: ReadRuleId[]): JsonObject[] {
  const coded: JsonObject[] = [];
  const textOnly: JsonObject[] = [];
  for (const concept of objectsOf(value)) {
    const text = readShownText(concept.text, repairs);
    const coding = objectsOf(concept.coding).flatMap((item) => readSpecialtyCoding(item, repairs));
    if (coding.length > 0) coded.push({ coding, ...(text === undefined ? {} : { text }) });
    else if (text !== undefined) textOnly.push({ text });
    else repairs.push('specialty-unknown');
  }
  return [...textOnly, ...coded];
}

function readSpecialtyCoding(coding: JsonObject, repairs: ReadRuleId[]): JsonObject[] {
  const code = asText(coding.code);
  const written = asText(coding.system);
  if (code === undefined) return [];
  const system = written === undefined || /TRE[_-]R38/.test(written) ? SYSTEM.specialty : written;
  if (system !== coding.system || code !== coding.code) repairs.push('code-spelling');
  const display = readShownText(coding.display, repairs);
  return [{ system, code, ...(display === undefined ? {} : { display }) }];
}

function readAppointmentType(value: unknown, repairs: ReadRuleId[]): JsonObject | undefined {
  const concept = asObject(value);
  if (concept === undefined) return undefined;
  for (const coding of objectsOf(concept.coding)) {
    const code = asText(coding.code)?.toUpperCase();
    if (code === undefined || !BOOKABLE.has(code)) continue;
    if (code !== coding.code || coding.system !== SYSTEM.bookable) repairs.push('code-spelling');
    return { coding: [{ system: SYSTEM.bookable, code }] };
  }
  repairs.push('appointment-type-unknown');
  return undefined;
}

// Slot.serviceType: consultation types (v3-ActCode), reasons as text, and the 604 entry that ties a CPTS slot
// to its HealthcareService. Profiles FrSlotAgregateur, sas-cpts-slot-aggregator, sas-sos-slot-aggregator.

import { CPTS_CODE, EXTENSION, SYSTEM } from '../canonical.ts';
import { ENCOUNTER_ACTS, ESTABLISHMENT_SYSTEM_MARK, SAS_ACTS } from '../terms.ts';
import { referenceProblem } from './elements.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';

/** Which of the three slot profiles judges a slot. */
export type SlotProfile = 'individual' | 'cpts' | 'sos';

/** Reports on every entry; true when one of them carries CPTS data (category 604 or the reference to it). */
export function checkServiceTypes(c: Checker, slot: Json, profile: SlotProfile): boolean {
  const entries = list(slot.serviceType);
  let acts = 0;
  let cpts = false;
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index];
    if (!isObject(entry)) continue;
    const kind = checkCodings(c, entry, index, profile);
    if (kind === 'act') acts += 1;
    if (kind === 'cpts') cpts = true;
    if (entry.extension !== undefined && hasReference(entry)) {
      if (profile === 'individual') cpts = true;
      if (profile === 'cpts' && kind === 'act') {
        c.fail('slot-cpts-reference-misplaced', 'serviceType', index, 'extension');
      }
    }
    if (profile === 'cpts' && kind !== 'act') checkServiceReference(c, entry, index, kind === 'cpts');
  }
  if (acts === 0) c.fail('slot-consultation-present', 'serviceType');
  return cpts;
}

type EntryKind = 'act' | 'cpts' | 'other';

function checkCodings(c: Checker, entry: Json, index: number, profile: SlotProfile): EntryKind {
  const codings = entry.coding;
  if (!Array.isArray(codings)) return 'other';
  let acts = 0;
  let kind: EntryKind = 'other';
  for (let at = 0; at < codings.length; at += 1) {
    const coding: unknown = codings[at];
    if (!isObject(coding)) continue;
    const { system, code } = coding;
    if (system === SYSTEM.actCode) {
      acts += 1;
      checkAct(c, code, profile, index, at);
    } else if (profile === 'sos') c.fail('slot-sos-service-type', 'serviceType', index, 'coding', at);
    else if (code === CPTS_CODE && typeof system === 'string') {
      if (system === SYSTEM.establishment) kind = 'cpts';
      else if (system.includes(ESTABLISHMENT_SYSTEM_MARK)) {
        c.fail('slot-cpts-category-system', 'serviceType', index, 'coding', at, 'system');
        kind = 'cpts';
      }
    }
  }
  if (acts === 0) return kind;
  if (acts < codings.length && profile !== 'sos')
    c.fail('slot-consultation-coding', 'serviceType', index, 'coding');
  else if (acts > 1) c.fail('slot-consultation-one', 'serviceType', index, 'coding');
  return 'act';
}

function checkAct(c: Checker, code: unknown, profile: SlotProfile, index: number, at: number): void {
  if (SAS_ACTS.has(code)) return;
  if (profile === 'sos') c.fail('slot-sos-service-type', 'serviceType', index, 'coding', at);
  else if (!ENCOUNTER_ACTS.has(code)) c.fail('slot-consultation-code', 'serviceType', index, 'coding', at);
  else c.fail('slot-consultation-sas', 'serviceType', index, 'coding', at);
}

function hasReference(entry: Json): boolean {
  return list(entry.extension).some(
    (extension) => isObject(extension) && extension.url === EXTENSION.slotService,
  );
}

/** Exactly one reference on a 604 entry, at most one on any other that is not a consultation type. */
function checkServiceReference(c: Checker, entry: Json, index: number, mandatory: boolean): void {
  let count = 0;
  const extensions = list(entry.extension);
  for (let at = 0; at < extensions.length; at += 1) {
    const extension = extensions[at];
    if (!isObject(extension) || extension.url !== EXTENSION.slotService) continue;
    count += 1;
    const reference = isObject(extension.valueReference) ? extension.valueReference.reference : undefined;
    if (typeof reference !== 'string') c.fail('slot-cpts-reference', 'serviceType', index, 'extension', at);
    else {
      const problem = referenceProblem(reference, 'HealthcareService');
      if (problem === undefined) continue;
      const path = ['serviceType', index, 'extension', at, 'valueReference', 'reference'];
      c.failExpecting(problem, () => 'HealthcareService/id', ...path);
    }
  }
  if (count > 1 || (mandatory && count === 0))
    c.fail('slot-cpts-reference', 'serviceType', index, 'extension');
}

/** References to HealthcareServices that a slot carries, for the Bundle to resolve. */
export function serviceReferences(slot: Json): readonly string[] {
  const references: string[] = [];
  for (const entry of list(slot.serviceType)) {
    if (!isObject(entry) || entry.extension === undefined) continue;
    for (const extension of list(entry.extension)) {
      if (!isObject(extension) || extension.url !== EXTENSION.slotService) continue;
      const reference = isObject(extension.valueReference) ? extension.valueReference.reference : undefined;
      if (typeof reference === 'string') references.push(reference);
    }
  }
  return references;
}

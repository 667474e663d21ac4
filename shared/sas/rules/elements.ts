// What several profiles say in the same words: meta.profile, references, specialties, contacts, identifiers.
// Called by the judges after the R4 walk, so wrong JSON types are already reported and only skipped here. The
// path is given as steps and costs nothing until something is reported.

import { SYSTEM } from '../canonical.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';
import { E164, PHONE_FRENCH } from './r4/formats.ts';
import type { RuleId } from './table/table.ts';

/** Exactly one `meta.profile`, the package's URL: consumers select resources by string equality. */
export function checkProfile(c: Checker, resource: Json, canonical: string): void {
  const profiles = isObject(resource.meta) ? resource.meta.profile : undefined;
  if (!Array.isArray(profiles) || profiles.length !== 1) {
    c.failExpecting('meta-profile-one', () => canonical, 'meta', 'profile');
  } else if (profiles[0] !== canonical) {
    c.failExpecting('meta-profile-canonical', () => canonical, 'meta', 'profile', 0);
  }
}

const RELATIVE = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}$/;

export type ReferenceRule = 'reference-relative' | 'reference-target';

/** The rule that a literal reference breaks when it must be `Type/id` with that type. */
export function referenceProblem(reference: string, type: string): ReferenceRule | undefined {
  if (!RELATIVE.test(reference)) return 'reference-relative';
  return reference.startsWith(type) && reference.charCodeAt(type.length) === 47
    ? undefined
    : 'reference-target';
}

/** The same when several types are admitted. */
export function referenceProblemAmong(
  reference: string,
  types: ReadonlySet<string>,
): ReferenceRule | undefined {
  const type = RELATIVE.exec(reference)?.[1];
  if (type === undefined) return 'reference-relative';
  return types.has(type) ? undefined : 'reference-target';
}

/** `element` is a mandatory literal reference: `missing` when it has none. */
export function checkReference(
  c: Checker,
  owner: Json,
  element: string,
  type: string,
  missing: RuleId,
): void {
  const value = owner[element];
  if (value !== undefined && !isObject(value)) return;
  const reference = value?.reference;
  if (reference === undefined) c.fail(missing, element);
  else if (typeof reference === 'string') {
    const problem = referenceProblem(reference, type);
    if (problem !== undefined) c.failExpecting(problem, () => `${type}/id`, element, 'reference');
  }
}

/** Whether a CodeableConcept holds this coding. */
export function hasCoding(concept: unknown, system: string, code: string): boolean {
  if (!isObject(concept)) return false;
  for (const coding of list(concept.coding)) {
    if (isObject(coding) && coding.system === system && coding.code === code) return true;
  }
  return false;
}

/** TRE_R38 is not published with the package: its codes are recognised by their form. */
const SPECIALTY = /^[A-Z]{1,3}\d{2,3}$/;

/** Reports into `c`; `owner`: the resource that may have `specialty`. */
export function checkSpecialties(c: Checker, owner: Json): void {
  const specialties = owner.specialty;
  if (!Array.isArray(specialties)) return;
  for (let index = 0; index < specialties.length; index += 1) {
    const specialty: unknown = specialties[index];
    if (!isObject(specialty)) continue;
    const codings = specialty.coding;
    if (codings === undefined) c.fail('specialty-text', 'specialty', index);
    if (!Array.isArray(codings)) continue;
    for (let at = 0; at < codings.length; at += 1) {
      const coding: unknown = codings[at];
      if (!isObject(coding)) continue;
      if (coding.system === undefined || coding.code === undefined) {
        c.fail('specialty-coding', 'specialty', index, 'coding', at);
      } else if (
        coding.system !== SYSTEM.specialty ||
        (typeof coding.code === 'string' && !SPECIALTY.test(coding.code))
      ) {
        c.fail('specialty-code-unknown', 'specialty', index, 'coding', at);
      }
    }
  }
}

/** Reports into `c`; `owner`: the resource or contact that may have `telecom`. */
export function checkTelecoms(c: Checker, owner: Json): void {
  const telecoms = list(owner.telecom);
  for (let index = 0; index < telecoms.length; index += 1) {
    const telecom = telecoms[index];
    if (!isObject(telecom)) continue;
    const { system, value } = telecom;
    if (system === undefined || value === undefined) c.fail('telecom-complete', 'telecom', index);
    else if (system === 'phone' && typeof value === 'string' && value !== '') {
      if (!E164.test(value)) c.fail('telecom-phone', 'telecom', index, 'value');
      else if (!PHONE_FRENCH.test(value)) c.fail('telecom-phone-french', 'telecom', index, 'value');
    }
  }
}

const SYSTEM_TYPES: ReadonlyMap<unknown, string> = new Map([
  [SYSTEM.idnps, 'IDNPS'],
  [SYSTEM.idnst, 'IDNST'],
  [SYSTEM.sas, 'INTRN'],
]);

/** docs/guide.md G-109: code and `system` must agree, whatever the coding system says. Reports below `steps`. */
export function checkCoherent(c: Checker, identifier: Json, ...steps: (string | number)[]): void {
  const expected = SYSTEM_TYPES.get(identifier.system);
  if (expected === undefined || !isObject(identifier.type)) return;
  const codings = list(identifier.type.coding).filter(isObject);
  if (codings.length > 0 && codings.every((coding) => coding.code !== expected)) {
    c.failExpecting('identifier-coherent', () => expected, ...steps, 'type');
  }
}

/** At most one prefix (civility) per name. */
export function checkNames(c: Checker, owner: Json): void {
  list(owner.name).forEach((name, index) => {
    if (isObject(name) && list(name.prefix).length > 1) c.fail('name-prefix-max', 'name', index, 'prefix');
  });
}

/** A text to compare with a format of the guide: an empty one is ele-1, which the walk has reported. */
export function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

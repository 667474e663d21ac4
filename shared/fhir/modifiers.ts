// Elements that change what a resource says (R4 conformance-rules.html#isModifier): a reader who does not know one may
// not use the resource. The guide defines none of its own. Pure.

import { isAnything } from './bundle-entries.ts';
import type { JsonObject } from './json.ts';

/** It carries a modifier extension, or rules of its own, and we know of none. */
export function hasUnknownModifier(resource: JsonObject): boolean {
  return isAnything(resource.modifierExtension) || isAnything(resource.implicitRules);
}

/** `unclear`: what is written is neither yes nor no. Absent means in use (R4). */
export type Use = 'in-use' | 'out-of-use' | 'unclear';

/** `active` of Schedule, Practitioner, PractitionerRole, Organization, HealthcareService; `status` of Location. */
export function useOf(resource: JsonObject): Use {
  const { active } = resource;
  if (active === false) return 'out-of-use';
  if (active !== undefined && active !== null && active !== true) return 'unclear';
  return resource.resourceType === 'Location' ? useOfStatus(resource.status) : 'in-use';
}

function useOfStatus(status: unknown): Use {
  if (status === undefined || status === null) return 'in-use';
  const text = typeof status === 'string' ? status.trim().toLowerCase() : undefined;
  if (text === 'active') return 'in-use';
  return text === 'suspended' || text === 'inactive' ? 'out-of-use' : 'unclear';
}

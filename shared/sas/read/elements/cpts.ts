// The CPTS a slot is shown to: HealthcareService and Organization, one of each per CPTS, with an id made from the
// FINESS and the name of what the vendor says of it, so that no vendor speaks for another. docs/guide.md G-114, G-215, G-218, G-704.

import type { Found } from '../../../fhir/bundle-page.ts';
import { asObject, asText, type JsonObject, objectsOf } from '../../../fhir/json.ts';
import { hasUnknownModifier, useOf } from '../../../fhir/modifiers.ts';
import type { CptsService } from '../../answer.ts';
import { PROFILE, SYSTEM } from '../../canonical.ts';
import { isStrictFiness, normaliseStructure } from '../../identifier.ts';
import type { BundleIndex } from './bundle-index.ts';
import { readPhones, readShownText } from './contact.ts';
import type { ReadRuleId } from './rules.ts';

/** Index of a CPTS; else why there is none to show: its resources are missing or incomplete, or it is out of use. */
export type CptsFound = number | 'cpts-unresolved' | 'cpts-out-of-use';

/** Collects the CPTS of one answer; slots point to them by index. */
export class CptsRegister {
  readonly services: CptsService[] = [];
  readonly #byService = new Map<Found, CptsFound>();
  readonly #byFiness = new Map<string, number>();
  readonly #index: BundleIndex;
  readonly #hash: (text: string) => string;
  readonly #report: (rules: readonly ReadRuleId[]) => void;

  constructor(
    index: BundleIndex,
    hash: (text: string) => string,
    report: (rules: readonly ReadRuleId[]) => void,
  ) {
    this.#index = index;
    this.#hash = hash;
    this.#report = report;
  }

  /** The CPTS that this reference of `from` leads to. */
  find(reference: JsonObject | undefined, from: Found): CptsFound {
    const service = this.#index.resolve(reference, 'HealthcareService', from);
    if (service === undefined || service === 'ambiguous') return 'cpts-unresolved';
    let found = this.#byService.get(service);
    if (found === undefined) {
      found = this.#read(service);
      this.#byService.set(service, found);
    }
    return found;
  }

  #read(found: Found): CptsFound {
    const { resource: service } = found;
    const led = this.#index.resolve(asObject(service.providedBy), 'Organization', found);
    if (useOf(service) === 'out-of-use') return 'cpts-out-of-use';
    if (led === undefined || led === 'ambiguous') return 'cpts-unresolved';
    const organization = led.resource;
    if (useOf(organization) === 'out-of-use') return 'cpts-out-of-use';
    const finess = finessOf(organization);
    if (finess === undefined || ![service, organization].every(isPlain)) return 'cpts-unresolved';
    const known = this.#byFiness.get(finess);
    if (known !== undefined) return known;
    const id = `cpts-${this.#hash(finess)}`;
    const owner = JSON.stringify(this.#organization(organization, id, finess));
    const text = serviceText(service, id, this.#report);
    this.services.push({
      service: { type: 'HealthcareService', id, text },
      organization: { type: 'Organization', id, text: owner },
      said: this.#hash(`${text}\n${owner}`),
    });
    this.#byFiness.set(finess, this.services.length - 1);
    return this.services.length - 1;
  }

  #organization(organization: JsonObject, id: string, finess: string): JsonObject {
    const repairs: ReadRuleId[] = [];
    const name = readShownText(organization.name, repairs);
    const telecom = readPhones(organization.telecom, repairs);
    this.#report(repairs);
    return {
      resourceType: 'Organization',
      id,
      meta: { profile: [PROFILE.organizationCpts] },
      identifier: [
        {
          type: { coding: [{ system: SYSTEM.identifierTypeHl7Fr, code: 'IDNST' }] },
          system: SYSTEM.idnst,
          value: finess,
        },
      ],
      ...(name === undefined ? {} : { name }),
      ...(telecom.length > 0 ? { telecom } : {}),
    };
  }
}

/** Nothing changes what it says. */
function isPlain(resource: JsonObject): boolean {
  return useOf(resource) === 'in-use' && !hasUnknownModifier(resource);
}

function serviceText(
  service: JsonObject,
  id: string,
  report: (rules: readonly ReadRuleId[]) => void,
): string {
  const repairs: ReadRuleId[] = [];
  const name = readShownText(service.name, repairs);
  report(repairs);
  return JSON.stringify({
    resourceType: 'HealthcareService',
    id,
    meta: { profile: [PROFILE.healthcareService] },
    providedBy: { reference: `Organization/${id}` },
    ...(name === undefined ? {} : { name }),
  });
}

function finessOf(organization: JsonObject): string | undefined {
  for (const identifier of objectsOf(organization.identifier)) {
    const value = asText(identifier.value);
    const national = value === undefined ? undefined : normaliseStructure(value);
    if (national !== undefined && isStrictFiness(national)) return national;
  }
  return undefined;
}

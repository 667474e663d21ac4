// A CPTS (FINESS) or an SOS Médecins association (SIRET). Profiles sas-cpts-organization-aggregator,
// sas-sos-organization-aggregator; R4 org-1..3.

import { PROFILE, SYSTEM } from '../canonical.ts';
import { isSiret, isStrictFiness } from '../identifier.ts';
import { ORGANIZATION_TYPE_SYSTEM, SECTOR_SYSTEM } from '../terms.ts';
import { checkProfile, checkTelecoms, hasCoding, isFilled } from './elements.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';

export type OrganizationProfile = 'cpts' | 'sos';

/** Reports into `c`. */
export function checkOrganization(c: Checker, organization: Json, profile: OrganizationProfile): void {
  checkProfile(c, organization, profile === 'sos' ? PROFILE.organizationSos : PROFILE.organizationCpts);
  const identifiers = organization.identifier;
  if (identifiers === undefined || list(identifiers).length > 1)
    c.fail('organization-identifier-one', 'identifier');
  list(identifiers).forEach((identifier, index) => {
    if (isObject(identifier)) checkIdentifier(c, identifier, index, profile);
  });
  if (identifiers === undefined && organization.name === undefined) c.fail('r4-org-1');
  checkHome(c, organization);
  checkTypes(c, organization);
  checkTelecoms(c, organization);
  list(organization.contact).forEach((contact, index) => {
    if (!isObject(contact)) return;
    c.enter('contact');
    c.enter(index);
    checkTelecoms(c, contact);
    c.leave();
    c.leave();
  });
  if (profile === 'cpts') {
    if (organization.name === undefined) c.fail('organization-name', 'name');
    if (organization.telecom === undefined) c.fail('organization-telecom', 'telecom');
  }
}

/** docs/guide.md G-109, G-114: the coding system of IDNST differs between the two profiles of package 1.2.0. */
function checkIdentifier(c: Checker, identifier: Json, index: number, profile: OrganizationProfile): void {
  const { type, system, value } = identifier;
  const types = profile === 'sos' ? SYSTEM.locationIdentifierType : SYSTEM.identifierTypeHl7Fr;
  if (!hasCoding(type, types, 'IDNST')) {
    c.failExpecting('organization-identifier-type', () => `${types}#IDNST`, 'identifier', index, 'type');
  }
  if (system !== SYSTEM.idnst) c.fail('organization-identifier-system', 'identifier', index, 'system');
  if (value === undefined) c.fail('organization-identifier-value', 'identifier', index, 'value');
  if (!isFilled(value)) return;
  if (profile === 'sos') {
    if (!isSiret(value)) c.fail('organization-siret', 'identifier', index, 'value');
  } else if (!isStrictFiness(value)) c.fail('organization-finess', 'identifier', index, 'value');
}

function checkHome(c: Checker, organization: Json): void {
  list(organization.address).forEach((address, index) => {
    if (isObject(address) && address.use === 'home') c.fail('r4-org-2', 'address', index, 'use');
  });
  list(organization.telecom).forEach((telecom, index) => {
    if (isObject(telecom) && telecom.use === 'home') c.fail('r4-org-3', 'telecom', index, 'use');
  });
}

const TYPE_SLICES: readonly string[] = [ORGANIZATION_TYPE_SYSTEM, SECTOR_SYSTEM, SYSTEM.establishment];

/** fr-core slices `type` by coding system: each slice at most once, with exactly one coding. */
function checkTypes(c: Checker, organization: Json): void {
  const seen = new Set<string>();
  list(organization.type).forEach((type, index) => {
    const codings = isObject(type) ? list(type.coding).filter(isObject) : [];
    const slice = TYPE_SLICES.find((system) => codings.some((coding) => coding.system === system));
    if (slice === undefined) return;
    if (codings.length !== 1 || seen.has(slice)) c.fail('organization-type-slice', 'type', index);
    seen.add(slice);
  });
}

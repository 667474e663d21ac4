// Builds the FHIR resources that slots refer to, element by element as the guide's profiles say. Pure.

import type {
  HealthcareService,
  Identifier,
  Location,
  Organization,
  Practitioner,
  PractitionerRole,
  Schedule,
} from 'fhir/r4';
import type {
  KnownAssociation,
  KnownCommunity,
  KnownPoint,
  KnownPractitioner,
  KnownRole,
} from '../world/directory.ts';
import * as codes from './codes.ts';

export class ResourceBuilder {
  readonly #internalSystem: string;

  /** `system` of the vendor's internal identifiers. */
  constructor(internalSystem: string) {
    this.#internalSystem = internalSystem;
  }

  schedule(role: KnownRole, owner: KnownPractitioner): Schedule {
    return {
      resourceType: 'Schedule',
      id: role.scheduleId,
      meta: { profile: [codes.PROFILES.schedule] },
      actor: [{ reference: `Practitioner/${owner.id}` }, { reference: `PractitionerRole/${role.roleId}` }],
    };
  }

  sosSchedule(point: KnownPoint): Schedule {
    return {
      resourceType: 'Schedule',
      id: point.scheduleId,
      meta: { profile: [codes.PROFILES.sosSchedule] },
      actor: [{ reference: `Location/${point.locationId}` }],
    };
  }

  practitioner({ id, person }: KnownPractitioner): Practitioner {
    return {
      resourceType: 'Practitioner',
      id,
      meta: { profile: [codes.PROFILES.practitioner] },
      identifier: [
        {
          type: { coding: [{ system: codes.TYPE_SYSTEMS.professional, code: 'IDNPS' }] },
          system: codes.IDNPS_SYSTEM,
          value: person.identifier,
        },
      ],
      name: [{ family: person.family, given: [person.given], prefix: ['DR'] }],
    };
  }

  practitionerRole(role: KnownRole, owner: KnownPractitioner): PractitionerRole {
    const { place } = role;
    const location: Location = {
      resourceType: 'Location',
      id: role.locationId,
      meta: { profile: [codes.PROFILES.location] },
      identifier: [this.#internalIdentifier(role.locationId)],
      address: { line: [place.line], city: place.town.city, postalCode: place.town.postalCode },
    };
    const resource: PractitionerRole = {
      resourceType: 'PractitionerRole',
      id: role.roleId,
      meta: { profile: [codes.PROFILES.practitionerRole] },
      contained: [location],
      practitioner: { reference: `Practitioner/${owner.id}` },
      organization: { identifier: structureIdentifier(codes.TYPE_SYSTEMS.professional, place.structure) },
      location: [{ reference: `#${role.locationId}` }],
    };
    if (place.phone !== undefined) resource.telecom = [{ system: 'phone', value: place.phone }];
    return resource;
  }

  healthcareService({ serviceId, organizationId }: KnownCommunity): HealthcareService {
    return {
      resourceType: 'HealthcareService',
      id: serviceId,
      meta: { profile: [codes.PROFILES.cptsHealthcareService] },
      providedBy: { reference: `Organization/${organizationId}` },
    };
  }

  communityOrganization({ organizationId, community }: KnownCommunity): Organization {
    return {
      resourceType: 'Organization',
      id: organizationId,
      meta: { profile: [codes.PROFILES.cptsOrganization] },
      identifier: [structureIdentifier(codes.TYPE_SYSTEMS.cpts, community.finess)],
      name: community.name,
      telecom: [{ system: 'phone', value: community.phone }],
    };
  }

  sosLocation(point: KnownPoint, owner: KnownAssociation): Location {
    const { place } = point;
    const resource: Location = {
      resourceType: 'Location',
      id: point.locationId,
      meta: { profile: [codes.PROFILES.sosLocation] },
      identifier: [this.#internalIdentifier(point.locationId)],
      name: point.name,
      address: { line: [place.line], city: place.town.city, postalCode: place.town.postalCode },
      managingOrganization: { reference: `Organization/${owner.organizationId}` },
      hoursOfOperation: [
        {
          daysOfWeek: point.everyDay
            ? ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
            : ['mon', 'tue', 'wed', 'thu', 'fri'],
          openingTime: '08:00:00',
          closingTime: '23:00:00',
        },
      ],
    };
    if (place.phone !== undefined) resource.telecom = [{ system: 'phone', value: place.phone }];
    return resource;
  }

  sosOrganization({ organizationId, association }: KnownAssociation): Organization {
    return {
      resourceType: 'Organization',
      id: organizationId,
      meta: { profile: [codes.PROFILES.sosOrganization] },
      identifier: [structureIdentifier(codes.TYPE_SYSTEMS.place, association.siret)],
      name: association.name,
    };
  }

  #internalIdentifier(value: string): Identifier {
    return {
      type: { coding: [{ system: codes.TYPE_SYSTEMS.place, code: 'INTRN' }] },
      system: this.#internalSystem,
      value,
    };
  }
}

function structureIdentifier(typeSystem: string, value: string): Identifier {
  return { type: { coding: [{ system: typeSystem, code: 'IDNST' }] }, system: codes.IDNST_SYSTEM, value };
}

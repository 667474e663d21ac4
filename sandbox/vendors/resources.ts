// Builds the FHIR resources of the three flows, element by element as the guide's profiles say. Pure: what varies
// with the vendor (its base address, its agenda pages) is given once.

import type {
  Coding,
  HealthcareService,
  Identifier,
  Location,
  Organization,
  Practitioner,
  PractitionerRole,
  Schedule,
  Slot,
} from 'fhir/r4';
import type { AgendaSlot } from './agenda.ts';
import * as codes from './codes.ts';
import type {
  KnownAssociation,
  KnownCommunity,
  KnownPoint,
  KnownPractitioner,
  KnownRole,
} from './directory.ts';
import type { ZoneClock } from './zones.ts';

export interface ResourceSettings {
  readonly clock: ZoneClock;
  /** Start of the addresses of agenda pages, without a final slash. */
  readonly agendaUrl: string;
  /** `system` of the vendor's internal identifiers. */
  readonly internalSystem: string;
}

export class ResourceBuilder {
  readonly #settings: ResourceSettings;

  constructor(settings: ResourceSettings) {
    this.#settings = settings;
  }

  /** A slot of INT_R01, or of INT_R04 when communities are given and the slot is theirs too. */
  slot(slot: AgendaSlot, owner: KnownPractitioner, withCommunities: boolean): Slot {
    const shared = withCommunities && slot.kinds.includes('CPTS');
    const kinds = shared ? slot.kinds : slot.kinds.filter((kind) => kind !== 'CPTS');
    const resource: Slot = {
      ...this.#slotCore(slot, shared ? codes.PROFILES.cptsSlot : codes.PROFILES.slot, kinds),
      serviceType: [
        ...slot.consultations.map((code) => ({ coding: [{ system: codes.CONSULTATION_SYSTEM, code }] })),
        ...(shared ? owner.communities.map(referToService) : []),
        ...(slot.reason === undefined ? [] : [{ text: slot.reason }]),
      ],
      specialty: owner.person.specialties.map(({ code, text }) =>
        code === undefined
          ? { text: text ?? 'Médecine générale' }
          : { coding: [{ system: codes.SPECIALTY_SYSTEM, code }] },
      ),
    };
    if (slot.bookable)
      resource.comment = `${this.#settings.agendaUrl}/praticien/${owner.id}?lieu=${slot.diary.key}`;
    return resource;
  }

  sosSlot(slot: AgendaSlot, point: KnownPoint): Slot {
    const kinds = slot.kinds.filter((kind) => kind === 'PUBLIC' || kind === 'SNP');
    const resource: Slot = {
      ...this.#slotCore(slot, codes.PROFILES.sosSlot, kinds),
      serviceType: slot.consultations.map((code) => ({
        coding: [{ system: codes.CONSULTATION_SYSTEM, code }],
      })),
    };
    if (slot.bookable)
      resource.comment = `${this.#settings.agendaUrl}/pfg/${point.locationId}?creneau=${slot.id}`;
    return resource;
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

  #slotCore(slot: AgendaSlot, profile: string, kinds: readonly string[]): Slot {
    const { clock } = this.#settings;
    const { zone } = slot.diary.place.town;
    return {
      resourceType: 'Slot',
      id: slot.id,
      meta: {
        profile: [profile],
        security: kinds.map((code): Coding => ({ system: codes.SLOT_KIND_SYSTEM, code })),
      },
      appointmentType: {
        coding: [{ system: codes.APPOINTMENT_TYPE_SYSTEM, code: slot.walkIn ? 'WALKIN' : 'ROUTINE' }],
      },
      schedule: { reference: `Schedule/${slot.diary.scheduleId}` },
      status: slot.state,
      start: clock.format(zone, slot.startMs),
      end: clock.format(zone, slot.endMs),
    };
  }

  #internalIdentifier(value: string): Identifier {
    return {
      type: { coding: [{ system: codes.TYPE_SYSTEMS.place, code: 'INTRN' }] },
      system: this.#settings.internalSystem,
      value,
    };
  }
}

function structureIdentifier(typeSystem: string, value: string): Identifier {
  return { type: { coding: [{ system: typeSystem, code: 'IDNST' }] }, system: codes.IDNST_SYSTEM, value };
}

function referToService({ serviceId }: KnownCommunity) {
  return {
    extension: [
      { url: codes.SERVICE_TYPE_EXTENSION, valueReference: { reference: `HealthcareService/${serviceId}` } },
    ],
    coding: [{ system: codes.STRUCTURE_CATEGORY_SYSTEM, code: codes.CPTS_CATEGORY }],
  };
}

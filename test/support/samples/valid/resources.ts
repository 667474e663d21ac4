// Valid resources of every profile, by functions: each call returns a fresh one, to be mutated freely. People,
// places and numbers are invented.
import { EXTENSION, PROFILE, SYSTEM } from '../../../../shared/sas/canonical.ts';

export type Sample = Record<string, unknown>;

const ADDRESSES = [
  { line: ['4 quai des Tanneurs'], city: 'Vaubrun', postalCode: '99120' },
  { line: ['17 place du Lavoir'], city: 'Saint-Ombre', postalCode: '99340' },
];

/** Eleven digits that no directory holds, after the prefix of an RPPS. */
export function rpps(n: number): string {
  return `8999${String(n).padStart(8, '0')}`;
}

export function individualSlot(n = 1, schedule = 1): Sample {
  return {
    resourceType: 'Slot',
    id: `slot-${n}`,
    meta: {
      profile: [PROFILE.slotIndividual],
      security: [
        { system: SYSTEM.slotKind, code: 'PUBLIC' },
        { system: SYSTEM.slotKind, code: 'SNP' },
      ],
    },
    serviceType: [
      { coding: [{ system: SYSTEM.actCode, code: 'AMB' }] },
      { coding: [{ system: SYSTEM.actCode, code: 'VR' }] },
      { text: 'Consultation non programmée' },
    ],
    specialty: [{ coding: [{ system: SYSTEM.specialty, code: 'SM54' }] }],
    appointmentType: { coding: [{ system: SYSTEM.bookable, code: 'ROUTINE' }] },
    schedule: { reference: `Schedule/schedule-${schedule}` },
    status: 'free',
    start: '2026-03-02T09:00:00.000+01:00',
    end: '2026-03-02T09:20:00.000+01:00',
    comment: 'https://agenda.example/rdv?praticien=7',
  };
}

export function cptsSlot(n = 1, schedule = 1): Sample {
  return {
    ...individualSlot(n, schedule),
    meta: {
      profile: [PROFILE.slotCpts],
      security: [
        { system: SYSTEM.slotKind, code: 'PUBLIC' },
        { system: SYSTEM.slotKind, code: 'CPTS' },
      ],
    },
    serviceType: [
      { coding: [{ system: SYSTEM.actCode, code: 'AMB' }] },
      {
        extension: [
          {
            url: EXTENSION.slotService,
            valueReference: { reference: 'HealthcareService/service-1' },
          },
        ],
        coding: [{ system: SYSTEM.establishment, code: '604' }],
      },
    ],
  };
}

export function sosSlot(n = 1, schedule = 1): Sample {
  const { specialty: _, ...slot } = individualSlot(n, schedule);
  return {
    ...slot,
    meta: { profile: [PROFILE.slotSos], security: [{ system: SYSTEM.slotKind, code: 'PUBLIC' }] },
    serviceType: [{ coding: [{ system: SYSTEM.actCode, code: 'AMB' }] }],
  };
}

export function schedule(n = 1, practitioner = 1, role = n): Sample {
  return {
    resourceType: 'Schedule',
    id: `schedule-${n}`,
    meta: { profile: [PROFILE.schedule] },
    actor: [
      { reference: `Practitioner/practitioner-${practitioner}` },
      { reference: `PractitionerRole/role-${role}` },
    ],
  };
}

export function sosSchedule(n = 1): Sample {
  return {
    resourceType: 'Schedule',
    id: `schedule-${n}`,
    meta: { profile: [PROFILE.scheduleSos] },
    actor: [{ reference: `Location/location-${n}` }],
  };
}

export function practitioner(n = 1): Sample {
  return {
    resourceType: 'Practitioner',
    id: `practitioner-${n}`,
    meta: { profile: [PROFILE.practitioner] },
    identifier: [
      {
        type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
        system: SYSTEM.idnps,
        value: rpps(n),
      },
    ],
    name: [{ family: 'Ostrevan', given: ['Maëlle'] }],
  };
}

export function role(n = 1, practitioner = 1): Sample {
  return {
    resourceType: 'PractitionerRole',
    id: `role-${n}`,
    meta: { profile: [PROFILE.practitionerRole] },
    contained: [
      {
        resourceType: 'Location',
        id: 'place',
        meta: { profile: [PROFILE.location] },
        identifier: [
          {
            type: { coding: [{ system: SYSTEM.locationIdentifierType, code: 'INTRN' }] },
            system: 'https://agenda.example/lieux',
            value: `lieu-${n}`,
          },
        ],
        address: { ...ADDRESSES[n % 2] },
      },
    ],
    practitioner: { reference: `Practitioner/practitioner-${practitioner}` },
    organization: {
      identifier: {
        type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNST' }] },
        system: SYSTEM.idnst,
        value: '1990000011',
      },
    },
    location: [{ reference: '#place' }],
    telecom: [{ system: 'phone', value: '+33199000001' }],
  };
}

export function sosLocation(n = 1): Sample {
  return {
    resourceType: 'Location',
    id: `location-${n}`,
    meta: { profile: [PROFILE.locationSos] },
    identifier: [
      {
        type: { coding: [{ system: SYSTEM.locationIdentifierType, code: 'INTRN' }] },
        system: 'https://garde.example/lieux',
        value: `lieu-${n}`,
      },
    ],
    name: 'Point de consultation des Tanneurs',
    telecom: [{ system: 'phone', value: '+33199000002' }],
    address: { ...ADDRESSES[n % 2] },
    managingOrganization: { reference: 'Organization/organization-1' },
    hoursOfOperation: [{ daysOfWeek: ['mon', 'tue'], openingTime: '08:00:00', closingTime: '20:00:00' }],
  };
}

export function sosOrganization(n = 1): Sample {
  return {
    resourceType: 'Organization',
    id: `organization-${n}`,
    meta: { profile: [PROFILE.organizationSos] },
    identifier: [
      {
        type: { coding: [{ system: SYSTEM.locationIdentifierType, code: 'IDNST' }] },
        system: SYSTEM.idnst,
        value: `399999999${String(n).padStart(6, '0')}`,
      },
    ],
    name: 'Association de garde de Vaubrun',
  };
}

export function cptsOrganization(n = 1): Sample {
  return {
    resourceType: 'Organization',
    id: `organization-${n}`,
    meta: { profile: [PROFILE.organizationCpts] },
    identifier: [
      {
        type: { coding: [{ system: SYSTEM.identifierTypeHl7Fr, code: 'IDNST' }] },
        system: SYSTEM.idnst,
        value: `199000${String(n).padStart(4, '0')}`,
      },
    ],
    name: 'CPTS du Val d’Ombre',
    telecom: [{ system: 'phone', value: '+33199000003' }],
  };
}

export function healthcareService(n = 1): Sample {
  return {
    resourceType: 'HealthcareService',
    id: `service-${n}`,
    meta: { profile: [PROFILE.healthcareService] },
    providedBy: { reference: `Organization/organization-${n}` },
  };
}

export function regulator(): Sample {
  return {
    resourceType: 'Practitioner',
    meta: { profile: [PROFILE.regulator], source: SYSTEM.sas },
    identifier: [
      {
        type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
        system: SYSTEM.idnps,
        value: '3990000011/REG-77',
      },
    ],
    active: true,
    name: [{ family: 'Quentrec', given: ['Anouk'] }],
    telecom: [{ system: 'email', value: 'anouk.quentrec@samu.example' }],
  };
}

function operator(): Sample {
  return {
    url: EXTENSION.appointmentOperator,
    valueReference: {
      identifier: {
        type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
        system: SYSTEM.idnps,
        value: '3990000011/REG-77',
      },
    },
  };
}

export function appointment(): Sample {
  return {
    resourceType: 'Appointment',
    meta: { profile: [PROFILE.appointment] },
    extension: [operator()],
    identifier: [{ system: 'https://agenda.example/rdv', value: 'rdv-1' }],
    status: 'booked',
    start: '2026-03-02T09:00:00+01:00',
    end: '2026-03-02T09:20:00+01:00',
    created: '2026-03-02T08:00:00+01:00',
    participant: [
      {
        actor: {
          identifier: {
            type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
            system: SYSTEM.idnps,
            value: rpps(1),
          },
        },
        status: 'accepted',
      },
    ],
  };
}

export function sosAppointment(): Sample {
  return {
    ...appointment(),
    meta: { profile: [PROFILE.appointmentSos] },
    status: 'pending',
    participant: [
      {
        type: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ADM' }] },
        ],
        status: 'needs-action',
      },
    ],
  };
}

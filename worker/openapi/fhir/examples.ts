// What the FHIR face answers, by example: invented people, conformant under the rules of shared/sas/rules (a test judges
// each). Data only.

import { EXTENSION, PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';

export const FHIR_EXAMPLE_BASE = 'https://passerelle.example/fhir';
export const EXAMPLE_FROM = '2026-12-02T08:00:00.000+01:00';
export const EXAMPLE_TO = '2026-12-03T08:00:00.000+01:00';
export const EXAMPLE_PROFESSIONAL = '899900000017';
export const EXAMPLE_ASSOCIATION = '399990000100018';
const REFERENCE = '7b0d6c1e-4c0e-4b53-9f0a-0d9a1c2e3f40';

interface Example {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const entry = (resource: Example, mode: 'match' | 'include' | 'outcome') => ({
  fullUrl: `${FHIR_EXAMPLE_BASE}/${resource.resourceType}/${resource.id}`,
  resource,
  search: { mode },
});

const slot = (profile: string, kinds: readonly string[]): Example => ({
  resourceType: 'Slot',
  id: 'agenda-a-s1',
  meta: {
    profile: [profile],
    security: kinds.map((code) => ({ system: SYSTEM.slotKind, code })),
  },
  serviceType: [coded(SYSTEM.actCode, 'AMB')],
  appointmentType: coded(SYSTEM.bookable, 'ROUTINE'),
  schedule: { reference: 'Schedule/agenda-a-p1' },
  status: 'free',
  start: '2026-12-02T09:00:00.000+01:00',
  end: '2026-12-02T09:20:00.000+01:00',
  comment: 'https://agenda-a.example/rdv/7?origin=sas',
});

const identifierOf = (code: 'IDNPS' | 'IDNST', value: string) => ({
  type: coded(SYSTEM.identifierType, code),
  system: code === 'IDNPS' ? SYSTEM.idnps : SYSTEM.idnst,
  value,
});
const place = {
  identifier: [
    {
      type: coded(SYSTEM.locationIdentifierType, 'INTRN'),
      system: 'https://agenda-a.example/lieux',
      value: 'lieu-8',
    },
  ],
  address: { line: ['4 quai des Tanneurs'], city: 'Vaubrun', postalCode: '99120' },
};

const outcome = (diagnostics: string, text: string): Example => ({
  resourceType: 'OperationOutcome',
  id: REFERENCE,
  issue: [
    {
      severity: 'information',
      code: 'informational',
      details: { coding: [{ system: 'urn:x-passerelle:reason', code: 'slots' }], text },
      diagnostics,
    },
    {
      severity: 'warning',
      code: 'timeout',
      details: {
        coding: [{ system: 'urn:x-passerelle:reason', code: 'unknown' }],
        text: "Agenda B n'a pas répondu dans le délai : les créneaux affichés viennent des autres éditeurs.",
      },
      diagnostics: 'editor=agenda-b reason=timeout since=2026-12-01T10:42:03.120Z subjects=',
    },
  ],
});

const searchset = (profile: string, self: string, entries: readonly unknown[]) => ({
  resourceType: 'Bundle',
  id: REFERENCE,
  meta: { profile: [profile] },
  type: 'searchset',
  total: 1,
  link: [{ relation: 'self', url: `${FHIR_EXAMPLE_BASE}/${self}` }],
  entry: entries,
});

const plus = (text: string): string => text.replaceAll('+', '%2B');

export const SLOTS_EXAMPLE = searchset(
  PROFILE.bundleIndividual,
  `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge${plus(EXAMPLE_FROM)}&start=le${plus(EXAMPLE_TO)}&status=free&schedule.actor:Practitioner.identifier=${SYSTEM.idnps}%7C${EXAMPLE_PROFESSIONAL}`,
  [
    entry(
      {
        ...slot(PROFILE.slotIndividual, ['PUBLIC', 'SNP']),
        specialty: [coded(SYSTEM.specialty, 'SM54')],
      },
      'match',
    ),
    entry(
      {
        resourceType: 'Schedule',
        id: 'agenda-a-p1',
        meta: { profile: [PROFILE.schedule] },
        actor: [{ reference: 'Practitioner/ps-1' }, { reference: 'PractitionerRole/agenda-a-p1' }],
      },
      'include',
    ),
    entry(
      {
        resourceType: 'PractitionerRole',
        id: 'agenda-a-p1',
        meta: { profile: [PROFILE.practitionerRole] },
        contained: [
          { resourceType: 'Location', id: 'lieu-8', meta: { profile: [PROFILE.location] }, ...place },
        ],
        practitioner: { reference: 'Practitioner/ps-1' },
        organization: { identifier: identifierOf('IDNST', '1990000011') },
        location: [{ reference: '#lieu-8' }],
        telecom: [{ system: 'phone', value: '+33199000001' }],
      },
      'include',
    ),
    entry(
      {
        resourceType: 'Practitioner',
        id: 'ps-1',
        meta: { profile: [PROFILE.practitioner] },
        identifier: [identifierOf('IDNPS', EXAMPLE_PROFESSIONAL)],
        name: [{ family: 'Ostrevan', given: ['Maëlle'] }],
      },
      'include',
    ),
    entry(outcome(`subjects=${EXAMPLE_PROFESSIONAL}:1`, '1 créneau pour 1 professionnel.'), 'outcome'),
  ],
);

export const SCHEDULES_EXAMPLE = searchset(
  PROFILE.bundleSos,
  `Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization&_has:Slot:schedule:start=ge${plus(EXAMPLE_FROM)}&_has:Slot:schedule:start=le${plus(EXAMPLE_TO)}&_has:Slot:schedule:status=free&actor:Location.organization.identifier=${SYSTEM.idnst}%7C${EXAMPLE_ASSOCIATION}`,
  [
    entry(slot(PROFILE.slotSos, ['PUBLIC']), 'include'),
    entry(
      {
        resourceType: 'Schedule',
        id: 'agenda-a-p1',
        meta: { profile: [PROFILE.scheduleSos] },
        actor: [{ reference: 'Location/agenda-a-p1' }],
      },
      'match',
    ),
    entry(
      {
        resourceType: 'Location',
        id: 'agenda-a-p1',
        meta: { profile: [PROFILE.locationSos] },
        ...place,
        name: 'Point de consultation des Tanneurs',
        telecom: [{ system: 'phone', value: '+33199000002' }],
        managingOrganization: { reference: 'Organization/sos-1' },
        hoursOfOperation: [{ daysOfWeek: ['mon', 'tue'], openingTime: '08:00:00', closingTime: '20:00:00' }],
      },
      'include',
    ),
    entry(
      {
        resourceType: 'Organization',
        id: 'sos-1',
        meta: { profile: [PROFILE.organizationSos] },
        identifier: [
          {
            type: coded(SYSTEM.locationIdentifierType, 'IDNST'),
            system: SYSTEM.idnst,
            value: EXAMPLE_ASSOCIATION,
          },
        ],
        name: 'Association de garde de Vaubrun',
      },
      'include',
    ),
    entry(outcome(`subjects=${EXAMPLE_ASSOCIATION}:1`, '1 créneau pour 1 association.'), 'outcome'),
  ],
);

const REGULATOR_ID = '5d0f6c1e-4c0e-4b53-9f0a-0d9a1c2e3f41';

/** As SAS sends it. */
export const REGULATOR_EXAMPLE = {
  resourceType: 'Practitioner',
  meta: { source: SYSTEM.sas, profile: [PROFILE.regulator] },
  identifier: [{ type: coded(SYSTEM.identifierType, 'INTRN'), system: SYSTEM.sas, value: REGULATOR_ID }],
  active: true,
  name: [{ family: 'Imaginaire', given: ['Camille'] }],
  telecom: [{ system: 'email', value: 'camille.imaginaire@regulation.example' }],
};

/** As it is read back. */
export const KNOWN_REGULATOR_EXAMPLE = {
  ...REGULATOR_EXAMPLE,
  id: 'r1',
  meta: { ...REGULATOR_EXAMPLE.meta, versionId: '2', lastUpdated: '2026-12-01T08:00:00.000Z' },
  extension: [
    {
      url: 'urn:x-passerelle:account',
      extension: [
        { url: 'vendor', valueCode: 'agenda-a' },
        { url: 'state', valueCode: 'done' },
        { url: 'since', valueInstant: '2026-12-01T08:00:02.000Z' },
      ],
    },
  ],
};
export const REGULATOR_TOKEN = `${SYSTEM.sas}|${REGULATOR_ID}`;

export const LOGIN_EXAMPLE = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'regulator', valueReference: { reference: 'Practitioner/r1' } },
    { name: 'active', valueBoolean: true },
    {
      name: 'vendor',
      part: [
        { name: 'id', valueCode: 'agenda-a' },
        { name: 'name', valueString: 'Agenda A' },
        { name: 'state', valueCode: 'done' },
        {
          name: 'text',
          valueString: 'Le compte est à jour chez cet éditeur, qui vient de le confirmer.',
        },
      ],
    },
  ],
};

const APPOINTMENT_SYSTEM = 'https://agenda-a.example/rdv';
export const APPOINTMENT_TOKEN = `${APPOINTMENT_SYSTEM}|rdv-12`;

/** As a vendor sends it. */
export const APPOINTMENT_EXAMPLE = {
  resourceType: 'Appointment',
  meta: { profile: [PROFILE.appointment] },
  extension: [
    {
      url: EXTENSION.appointmentOperator,
      valueReference: {
        identifier: { type: coded(SYSTEM.identifierType, 'INTRN'), system: SYSTEM.sas, value: REGULATOR_ID },
      },
    },
  ],
  identifier: [{ system: APPOINTMENT_SYSTEM, value: 'rdv-12' }],
  status: 'booked',
  start: '2026-12-02T09:00:00+01:00',
  end: '2026-12-02T09:20:00+01:00',
  created: '2026-12-01T08:00:00+01:00',
  participant: [{ actor: { identifier: identifierOf('IDNPS', EXAMPLE_PROFESSIONAL) }, status: 'accepted' }],
};

/** As it is read back. */
export const KNOWN_APPOINTMENT_EXAMPLE = {
  ...APPOINTMENT_EXAMPLE,
  id: 'agenda-a.7b0d6c1e4c0e4b539f0a',
  meta: { ...APPOINTMENT_EXAMPLE.meta, versionId: '1', lastUpdated: '2026-12-01T07:00:01.000Z' },
};

/** A page of what is stored: one entry. */
export const pageOf = (resource: Example, type: 'searchset' | 'history') => ({
  resourceType: 'Bundle',
  id: REFERENCE,
  type,
  link: [{ relation: 'self', url: `${FHIR_EXAMPLE_BASE}/${resource.resourceType}` }],
  entry: [
    {
      fullUrl: `${FHIR_EXAMPLE_BASE}/${resource.resourceType}/${resource.id}`,
      resource,
      ...(type === 'searchset'
        ? { search: { mode: 'match' } }
        : {
            request: { method: 'POST', url: resource.resourceType },
            response: { status: '201', etag: 'W/"1"' },
          }),
    },
  ],
});

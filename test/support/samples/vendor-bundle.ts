// Small vendor answers for reader tests: one practitioner at one place with given slots, or one association.
// Everybody is invented.

export type Json = Record<string, unknown>;

export const NOW = Date.parse('2026-11-24T08:00:00Z');
/** The asked window begins now. @alias */
export const FROM = NOW;
export const TO = Date.parse('2026-11-26T22:59:59.999Z');
export const RPPS = '899900000017';
export const SIRET = '399900000100071';

const KIND = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const ESTABLISHMENT =
  'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement';
export const SERVICE_EXTENSION = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType';

export function slot(over: Json = {}): Json {
  return {
    resourceType: 'Slot',
    id: 'slot-1',
    meta: { security: [{ system: KIND, code: 'PUBLIC' }] },
    serviceType: [{ coding: [{ system: ACT, code: 'AMB' }] }, { text: 'Renouvellement' }],
    specialty: [
      {
        coding: [
          {
            system:
              'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
            code: 'SM54',
          },
        ],
      },
    ],
    appointmentType: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0276', code: 'ROUTINE' }],
    },
    schedule: { reference: 'Schedule/schedule-1' },
    status: 'free',
    start: '2026-11-24T10:00:00.000+01:00',
    end: '2026-11-24T10:20:00.000+01:00',
    comment: 'https://agenda.example/rdv/1',
    ...over,
  };
}

export function practitioner(over: Json = {}): Json {
  return {
    resourceType: 'Practitioner',
    id: 'ps-1',
    identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: RPPS }],
    name: [{ family: 'Fictive', given: ['Ada'] }],
    ...over,
  };
}

export function role(over: Json = {}): Json {
  return {
    resourceType: 'PractitionerRole',
    id: 'role-1',
    contained: [contained()],
    practitioner: { reference: 'Practitioner/ps-1' },
    organization: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1990000999' } },
    location: [{ reference: '#lieu-1' }],
    telecom: [{ system: 'phone', value: '+33561000001' }],
    ...over,
  };
}

export function contained(over: Json = {}): Json {
  return {
    resourceType: 'Location',
    id: 'lieu-1',
    identifier: [
      { type: { coding: [{ code: 'INTRN' }] }, system: 'https://agenda.example/lieux', value: '1' },
    ],
    address: { line: ['1 rue Imaginaire'], city: 'Albi', postalCode: '81000' },
    ...over,
  };
}

export function schedule(over: Json = {}): Json {
  return {
    resourceType: 'Schedule',
    id: 'schedule-1',
    actor: [{ reference: 'Practitioner/ps-1' }, { reference: 'PractitionerRole/role-1' }],
    ...over,
  };
}

export function bundle(resources: readonly Json[], over: Json = {}): Json {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    entry: resources.map((resource) => ({
      fullUrl: `https://vendor.example/fhir/${String(resource.resourceType)}/${String(resource.id)}`,
      resource,
    })),
    ...over,
  };
}

/** The whole answer for one practitioner with these slots. */
export function answer(slots: readonly Json[]): Json {
  return bundle([...slots, schedule(), practitioner(), role()]);
}

export function sosAnswer(slots: readonly Json[], over: { location?: Json; organization?: Json } = {}): Json {
  return bundle([
    ...slots,
    schedule({ actor: [{ reference: 'Location/pfg-1' }] }),
    {
      resourceType: 'Location',
      id: 'pfg-1',
      identifier: [{ type: { coding: [{ code: 'INTRN' }] }, system: 'https://sos.example/pfg', value: '1' }],
      name: 'Point de garde fictif',
      telecom: [{ system: 'phone', value: '05 61 00 00 02' }],
      address: { line: ['2 rue Imaginaire'], city: 'Albi', postalCode: '81000' },
      managingOrganization: { reference: 'Organization/org-1' },
      hoursOfOperation: [{ daysOfWeek: ['MON', 'tue'], openingTime: '08:00', closingTime: '20:00:00' }],
      ...over.location,
    },
    {
      resourceType: 'Organization',
      id: 'org-1',
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: SIRET }],
      name: 'SOS Fictifs',
      ...over.organization,
    },
  ]);
}

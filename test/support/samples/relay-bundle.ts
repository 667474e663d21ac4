// A small INT_R01 answer: invented practitioners, one place each, slots from a given instant on.

export const RPPS_A = '810000000017';

export interface BundleRequest {
  readonly subject?: string;
  readonly startMs: number;
  readonly slots?: number;
  /** Distinguishes the resource ids of two bundles. */
  readonly tag?: string;
  readonly next?: string;
}

const HALF_HOUR_MS = 1_800_000;

export function makeBundle(request: BundleRequest): object {
  const { subject = RPPS_A, startMs, slots = 1, tag = '1', next } = request;
  const entry: object[] = [
    resource('include', practitioner(subject, tag)),
    resource('include', role(tag)),
    resource('include', {
      resourceType: 'Schedule',
      id: `sch-${tag}`,
      actor: [{ reference: `Practitioner/prat-${tag}` }, { reference: `PractitionerRole/role-${tag}` }],
    }),
  ];
  for (let index = 0; index < slots; index += 1) {
    const start = startMs + index * HALF_HOUR_MS;
    entry.push(
      resource('match', {
        resourceType: 'Slot',
        id: `slot-${tag}-${index}`,
        meta: { security: [{ system: SLOT_KIND_SYSTEM, code: 'PUBLIC' }] },
        serviceType: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }] },
        ],
        schedule: { reference: `Schedule/sch-${tag}` },
        status: 'free',
        start: new Date(start).toISOString().replace('Z', '+00:00'),
        end: new Date(start + HALF_HOUR_MS).toISOString().replace('Z', '+00:00'),
        comment: 'https://agenda.example/prendre-rdv',
      }),
    );
  }
  const link = [
    { relation: 'self', url: 'https://agenda.example/fhir/Slot' },
    ...(next === undefined ? [] : [{ relation: 'next', url: next }]),
  ];
  return { resourceType: 'Bundle', type: 'searchset', total: slots, link, entry };
}

const SLOT_KIND_SYSTEM = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';

function resource(mode: string, value: object): object {
  return { search: { mode }, resource: value };
}

function practitioner(subject: string, tag: string): object {
  return {
    resourceType: 'Practitioner',
    id: `prat-${tag}`,
    identifier: [
      {
        type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] },
        system: 'urn:oid:1.2.250.1.71.4.2.1',
        value: subject,
      },
    ],
    name: [{ family: 'CANARI-NOM', given: ['Canari-Prenom'] }],
  };
}

function role(tag: string): object {
  return {
    resourceType: 'PractitionerRole',
    id: `role-${tag}`,
    contained: [
      {
        resourceType: 'Location',
        id: `loc-${tag}`,
        address: { line: ['1 rue du Canari'], city: 'Paris', postalCode: '75001' },
      },
    ],
    practitioner: { reference: `Practitioner/prat-${tag}` },
    organization: {
      identifier: {
        type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNST' }] },
        system: 'urn:oid:1.2.250.1.71.4.2.2',
        value: '1810004421',
      },
    },
    location: [{ reference: `#loc-${tag}` }],
    telecom: [{ system: 'phone', value: '+33199000001' }],
  };
}

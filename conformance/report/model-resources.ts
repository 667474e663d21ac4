// Right resources of every profile, with invented content: the corrected fragment of a finding is what stands at
// the same path in the model of its type. A test judges them with the validators.

import { asList, asObject } from '../../shared/fhir/json.ts';
import { EXTENSION, PROFILE, SYSTEM } from '../../shared/sas/canonical.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { placeAt, showJson } from './fragment.ts';

type Model = Readonly<Record<string, unknown>>;

const coding = (system: string, code: string) => ({ coding: [{ system, code }] });
const identifier = (typeSystem: string, code: string, system: string, value: string) => ({
  type: coding(typeSystem, code),
  system,
  value,
});

const ADDRESS = { line: ['4 quai des Tanneurs'], city: 'Rouen', postalCode: '76000' };
const PHONE = [{ system: 'phone', value: '+33199000001' }];
const PLACE = identifier(SYSTEM.locationIdentifierType, 'INTRN', 'https://agenda.example/lieux', 'lieu-1');

const slot = {
  resourceType: 'Slot',
  id: 'creneau-1',
  meta: {
    profile: [PROFILE.slotIndividual],
    security: [{ system: SYSTEM.slotKind, code: 'PUBLIC' }],
  },
  serviceType: [coding(SYSTEM.actCode, 'AMB'), { text: 'Consultation non programmée' }],
  specialty: [coding(SYSTEM.specialty, 'SM54')],
  appointmentType: coding(SYSTEM.bookable, 'ROUTINE'),
  schedule: { reference: 'Schedule/agenda-1' },
  status: 'free',
  start: '2026-03-02T09:00:00.000+01:00',
  end: '2026-03-02T09:20:00.000+01:00',
  comment: 'https://agenda.example/praticien?id=7',
};

const individual: readonly Model[] = [
  slot,
  {
    resourceType: 'Schedule',
    id: 'agenda-1',
    meta: { profile: [PROFILE.schedule] },
    actor: [{ reference: 'Practitioner/praticien-1' }, { reference: 'PractitionerRole/exercice-1' }],
  },
  {
    resourceType: 'Practitioner',
    id: 'praticien-1',
    meta: { profile: [PROFILE.practitioner] },
    identifier: [identifier(SYSTEM.identifierType, 'IDNPS', SYSTEM.idnps, '899900000019')],
    name: [{ family: 'EXEMPLE', given: ['Camille'] }],
  },
  {
    resourceType: 'PractitionerRole',
    id: 'exercice-1',
    meta: { profile: [PROFILE.practitionerRole] },
    contained: [
      {
        resourceType: 'Location',
        id: 'lieu',
        meta: { profile: [PROFILE.location] },
        identifier: [PLACE],
        address: ADDRESS,
      },
    ],
    practitioner: { reference: 'Practitioner/praticien-1' },
    organization: { identifier: identifier(SYSTEM.identifierType, 'IDNST', SYSTEM.idnst, '1990000011') },
    location: [{ reference: '#lieu' }],
    telecom: PHONE,
  },
];

const cpts: readonly Model[] = [
  {
    ...slot,
    meta: {
      profile: [PROFILE.slotCpts],
      security: [
        { system: SYSTEM.slotKind, code: 'PUBLIC' },
        { system: SYSTEM.slotKind, code: 'CPTS' },
      ],
    },
    serviceType: [
      coding(SYSTEM.actCode, 'AMB'),
      {
        extension: [
          { url: EXTENSION.slotService, valueReference: { reference: 'HealthcareService/service-1' } },
        ],
        ...coding(SYSTEM.establishment, '604'),
      },
    ],
  },
  ...individual.slice(1),
  {
    resourceType: 'HealthcareService',
    id: 'service-1',
    meta: { profile: [PROFILE.healthcareService] },
    providedBy: { reference: 'Organization/cpts-1' },
  },
  {
    resourceType: 'Organization',
    id: 'cpts-1',
    meta: { profile: [PROFILE.organizationCpts] },
    identifier: [identifier(SYSTEM.identifierTypeHl7Fr, 'IDNST', SYSTEM.idnst, '1990000029')],
    name: 'CPTS du Val d’Exemple',
    telecom: PHONE,
  },
];

const { specialty: _, ...bareSlot } = slot;
const sos: readonly Model[] = [
  {
    ...bareSlot,
    meta: { profile: [PROFILE.slotSos], security: [{ system: SYSTEM.slotKind, code: 'PUBLIC' }] },
    serviceType: [coding(SYSTEM.actCode, 'AMB')],
  },
  {
    resourceType: 'Schedule',
    id: 'agenda-1',
    meta: { profile: [PROFILE.scheduleSos] },
    actor: [{ reference: 'Location/pfg-1' }],
  },
  {
    resourceType: 'Location',
    id: 'pfg-1',
    meta: { profile: [PROFILE.locationSos] },
    identifier: [PLACE],
    name: 'Point de consultation des Tanneurs',
    telecom: PHONE,
    address: ADDRESS,
    managingOrganization: { reference: 'Organization/association-1' },
    hoursOfOperation: [{ daysOfWeek: ['mon', 'tue'], openingTime: '08:00:00', closingTime: '20:00:00' }],
  },
  {
    resourceType: 'Organization',
    id: 'association-1',
    meta: { profile: [PROFILE.organizationSos] },
    identifier: [identifier(SYSTEM.locationIdentifierType, 'IDNST', SYSTEM.idnst, '399999999000017')],
    name: 'SOS Médecins d’Exemple',
  },
];

const RESOURCES: Readonly<Record<Flow, readonly Model[]>> = { INT_R01: individual, INT_R04: cpts, SOS: sos };
const PROFILES: Readonly<Record<Flow, string>> = {
  INT_R01: PROFILE.bundleIndividual,
  INT_R04: PROFILE.bundleCpts,
  SOS: PROFILE.bundleSos,
};
const BASE = 'https://agenda.example/fhir';

export function modelBundle(flow: Flow): Model {
  const match = flow === 'SOS' ? 'Schedule' : 'Slot';
  return {
    resourceType: 'Bundle',
    meta: { profile: [PROFILES[flow]] },
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: `${BASE}/${match}?status=free` }],
    entry: RESOURCES[flow].map((resource) => ({
      fullUrl: `${BASE}/${String(resource.resourceType)}/${String(resource.id)}`,
      resource,
      search: { mode: resource.resourceType === match ? 'match' : 'include' },
    })),
  };
}

/** What would be right where `expression` points, in an answer of that flow. */
export function showModel(root: unknown, expression: string, flow: Flow): string {
  const { resource, inside } = placeAt(root, expression);
  const type = asObject(resource)?.resourceType;
  const bundle = modelBundle(flow);
  const found =
    type === 'Location' ? findLocation(flow) : RESOURCES[flow].find((one) => one.resourceType === type);
  let value: unknown = found ?? bundle;
  let key = '';
  for (const step of found === undefined ? inside.filter((one) => one !== 'resource') : inside) {
    // The model has fewer items than the answer: its first one serves for all.
    const next = typeof step === 'number' ? asList(value)[0] : asObject(value)?.[step];
    if (next === undefined) break;
    value = next;
    if (typeof step === 'string') key = step;
  }
  return key === '' || typeof value === 'object' ? showJson(trim(value)) : `"${key}": ${showJson(value)}`;
}

function findLocation(flow: Flow): unknown {
  if (flow === 'SOS') return RESOURCES.SOS.find(({ resourceType }) => resourceType === 'Location');
  const role = RESOURCES[flow].find(({ resourceType }) => resourceType === 'PractitionerRole');
  return asList(role?.contained)[0];
}

/** Entries would make the example of an envelope longer than what it shows. */
function trim(value: unknown): unknown {
  const object = asObject(value);
  return object?.resourceType === 'Bundle' ? { ...object, entry: ['… les ressources …'] } : value;
}

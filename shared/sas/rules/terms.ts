// Names the guide fixes: canonical URLs, identifier systems, code systems and the closed code lists, of
// package 1.2.0. Read by the validators. The lists of TRE_* and fr-core value sets are not published with the
// package: only what the guide itself names is pinned.

const SAS = 'http://sas.fr/fhir/StructureDefinition';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition';

export const PROFILE = {
  bundle: `${SAS}/BundleAgregateur`,
  bundleCpts: `${ANS}/sas-cpts-bundle-aggregator`,
  bundleSos: `${ANS}/sas-sos-bundle-aggregator`,
  slot: `${SAS}/FrSlotAgregateur`,
  slotCpts: `${ANS}/sas-cpts-slot-aggregator`,
  slotSos: `${ANS}/sas-sos-slot-aggregator`,
  schedule: `${SAS}/FrScheduleAgregateur`,
  scheduleSos: `${ANS}/sas-sos-schedule-aggregator`,
  practitioner: `${SAS}/FrPractitionerAgregateur`,
  practitionerRole: `${SAS}/FrPractitionerRoleExerciceAgregateur`,
  location: `${SAS}/FrLocationAgregateur`,
  locationSos: `${ANS}/sas-sos-location-aggregator`,
  healthcareService: `${ANS}/sas-cpts-healthcareservice-aggregator`,
  organizationCpts: `${ANS}/sas-cpts-organization-aggregator`,
  organizationSos: `${ANS}/sas-sos-organization-aggregator`,
  appointment: `${SAS}/FrAppointmentSAS`,
  appointmentSos: `${ANS}/sas-sos-appointment`,
  regulator: `${ANS}/FrPractitionerRegul`,
} as const;

export const EXTENSION = {
  serviceTypeReference: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType',
  appointmentOperator: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
  orientationCategory: `${ANS}/sas-categorie-orientation`,
} as const;

/** `identifier.system`. */
export const SYSTEM = {
  practitioner: 'urn:oid:1.2.250.1.71.4.2.1',
  structure: 'urn:oid:1.2.250.1.71.4.2.2',
  sas: 'urn:oid:1.2.250.1.213.3.6',
} as const;

/** `coding.system`. */
export const CODES = {
  identifierType: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203',
  identifierTypeCore: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203',
  locationIdentifierType: 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type',
  organizationType: 'http://interopsante.org/fhir/CodeSystem/fr-v2-3307',
  sector: 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite',
  slotKind: 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau',
  act: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  appointmentType: 'http://terminology.hl7.org/CodeSystem/v2-0276',
  specialty: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
  category:
    'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement',
  orientation: 'https://interop.esante.gouv.fr/ig/fhir/sas/CodeSystem/categorie-orientation-sas-codesystem',
} as const;

/** Part of every known spelling of TRE_R66's system (flows.md A9): tells a wrong spelling from another system. */
export const CATEGORY_SYSTEM_MARK = 'TRE_R66-';
export const CPTS_CATEGORY = '604';

export const SLOT_KINDS: ReadonlySet<unknown> = new Set(['PUBLIC', 'PRO', 'SNP', 'CPTS']);
export const SOS_SLOT_KINDS: ReadonlySet<unknown> = new Set(['PUBLIC', 'SNP']);
/** v3-ActEncounterCode. */
export const ENCOUNTER_ACTS: ReadonlySet<unknown> = new Set(
  'AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR'.split(' '),
);
export const SAS_ACTS: ReadonlySet<unknown> = new Set(['AMB', 'HH', 'VR']);
export const APPOINTMENT_TYPES: ReadonlySet<unknown> = new Set(['ROUTINE', 'WALKIN']);
export const SAS_APPOINTMENT_STATUSES: ReadonlySet<unknown> = new Set(
  'booked fulfilled noshow cancelled pending'.split(' '),
);
export const PARTICIPANT_STATUSES: ReadonlySet<unknown> = new Set(['accepted', 'needs-action']);
export const OPERATOR_TYPES: ReadonlySet<unknown> = new Set(['IDNPS', 'INTRN']);
export const ORIENTATIONS: ReadonlySet<unknown> = new Set(['001', '002', '003']);
export const ORIENTATION_CATEGORIES: ReadonlySet<unknown> = new Set(['604', '603', '124']);

// Every canonical URL, system and code list of the guide, once. Source: docs/guide.md G-109, G-110, G-111, G-601;
// package ans.fhir.fr.sas 1.2.0.

const SAS = 'http://sas.fr/fhir/StructureDefinition/';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/';
const FR = 'http://interopsante.org/fhir/CodeSystem/';
const NOS = 'https://mos.esante.gouv.fr/NOS/';
const THO = 'http://terminology.hl7.org/CodeSystem/';

export const PROFILE = {
  bundleIndividual: `${SAS}BundleAgregateur`,
  bundleCpts: `${ANS}sas-cpts-bundle-aggregator`,
  bundleSos: `${ANS}sas-sos-bundle-aggregator`,
  slotIndividual: `${SAS}FrSlotAgregateur`,
  slotCpts: `${ANS}sas-cpts-slot-aggregator`,
  slotSos: `${ANS}sas-sos-slot-aggregator`,
  schedule: `${SAS}FrScheduleAgregateur`,
  scheduleSos: `${ANS}sas-sos-schedule-aggregator`,
  practitioner: `${SAS}FrPractitionerAgregateur`,
  practitionerRole: `${SAS}FrPractitionerRoleExerciceAgregateur`,
  location: `${SAS}FrLocationAgregateur`,
  locationSos: `${ANS}sas-sos-location-aggregator`,
  healthcareService: `${ANS}sas-cpts-healthcareservice-aggregator`,
  organizationCpts: `${ANS}sas-cpts-organization-aggregator`,
  organizationSos: `${ANS}sas-sos-organization-aggregator`,
  regulator: `${ANS}FrPractitionerRegul`,
  appointment: `${SAS}FrAppointmentSAS`,
  appointmentSos: `${ANS}sas-sos-appointment`,
} as const;

export const SYSTEM = {
  /** National id of a health professional. */
  idnps: 'urn:oid:1.2.250.1.71.4.2.1',
  /** National id of a structure. */
  idnst: 'urn:oid:1.2.250.1.71.4.2.2',
  /** Technical id of a regulator; also `meta.source` of INT_R02. */
  sas: 'urn:oid:1.2.250.1.213.3.6',
  identifierType: `${FR}fr-v2-0203`,
  locationIdentifierType: `${FR}fr-location-identifier-type`,
  identifierTypeHl7Fr: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203',
  slotKind: `${NOS}TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau`,
  establishment: `${NOS}TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement`,
  specialty: `${NOS}TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`,
  actCode: `${THO}v3-ActCode`,
  bookable: `${THO}v2-0276`,
} as const;

export const EXTENSION = {
  slotService: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType',
  appointmentOperator: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
} as const;

/** CPTS in TRE_R66. */
export const CPTS_CODE = '604';
export const SLOT_KINDS = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const SLOT_KINDS_SOS = ['PUBLIC', 'SNP'] as const;
export const CONSULTATION_CODES = ['AMB', 'HH', 'VR'] as const;
export const BOOKABLE_CODES = ['ROUTINE', 'WALKIN'] as const;

/** Last path segment of a canonical URL: how a profile is recognised whatever base it is written with (docs/guide.md G-106). */
export function canonicalName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

// Canonical URLs, systems and codes of the guide, as this side reads them. Deliberately not shared with the
// gateway: a misreading must not hide on both sides.

const SAS = 'http://sas.fr/fhir/StructureDefinition/';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/';
const NOS = 'https://mos.esante.gouv.fr/NOS/';

export const PROFILES = {
  bundle: `${SAS}BundleAgregateur`,
  slot: `${SAS}FrSlotAgregateur`,
  schedule: `${SAS}FrScheduleAgregateur`,
  practitioner: `${SAS}FrPractitionerAgregateur`,
  practitionerRole: `${SAS}FrPractitionerRoleExerciceAgregateur`,
  location: `${SAS}FrLocationAgregateur`,
  cptsBundle: `${ANS}sas-cpts-bundle-aggregator`,
  cptsSlot: `${ANS}sas-cpts-slot-aggregator`,
  cptsHealthcareService: `${ANS}sas-cpts-healthcareservice-aggregator`,
  cptsOrganization: `${ANS}sas-cpts-organization-aggregator`,
  sosBundle: `${ANS}sas-sos-bundle-aggregator`,
  sosSlot: `${ANS}sas-sos-slot-aggregator`,
  sosSchedule: `${ANS}sas-sos-schedule-aggregator`,
  sosLocation: `${ANS}sas-sos-location-aggregator`,
  sosOrganization: `${ANS}sas-sos-organization-aggregator`,
} as const;

export const PROFILE_BASES = { sas: SAS, ans: ANS } as const;

export const IDNPS_SYSTEM = 'urn:oid:1.2.250.1.71.4.2.1';
/** Technical identifier of a regulator, given by SAS. */
export const REGULATOR_SYSTEM = 'urn:oid:1.2.250.1.213.3.6';
export const IDNST_SYSTEM = 'urn:oid:1.2.250.1.71.4.2.2';

export const TYPE_SYSTEMS = {
  professional: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203',
  place: 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type',
  cpts: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203',
} as const;

export const SLOT_KIND_SYSTEM = `${NOS}TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau`;
export const CONSULTATION_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const APPOINTMENT_TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v2-0276';
export const SPECIALTY_SYSTEM = `${NOS}TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`;
export const STRUCTURE_CATEGORY_SYSTEM = `${NOS}TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement`;
export const CPTS_CATEGORY = '604';
export const SERVICE_TYPE_EXTENSION =
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

// Rules of the resources that say who and where: practitioner, role, location, organization, healthcare
// service. Pages: "recherche de créneaux" of PS, CPTS and SOS, FAQ.
import { SYSTEM } from '../../canonical.ts';
import { ORGANIZATION_TYPE_SYSTEM, SECTOR_SYSTEM } from '../../terms.ts';
import { defineRules } from './rule.ts';

const practitioner = defineRules('Practitioner', {
  'practitioner-identifier':
    'error [profil FrPractitionerAgregateur] Un professionnel a au moins un identifiant.',
  'practitioner-identifier-system':
    'error [profil FrPractitionerAgregateur] Le système de chaque identifiant est urn:oid:1.2.250.1.71.4.2.1.',
  'practitioner-identifier-type': `error [profil FrPractitionerAgregateur] Le type de chaque identifiant est ${SYSTEM.identifierType}#IDNPS, un seul code.`,
  'practitioner-identifier-value': 'error [FAQ] Chaque identifiant de professionnel a une valeur.',
  'practitioner-identifier-prefix':
    'error [FAQ] L’identifiant est 8 et le RPPS (11 chiffres), ou 0 et l’ADELI.',
});

const role = defineRules('PractitionerRole', {
  'role-contained':
    'error [profil FrPractitionerRoleExerciceAgregateur] La situation d’exercice contient son lieu, et rien d’autre.',
  'role-location-one':
    'error [profil FrPractitionerRoleExerciceAgregateur] location apparaît exactement une fois.',
  'role-location-contained': 'error [FAQ] location vise le lieu contenu, sous la forme #id.',
  'role-practitioner': 'error [PS] La situation d’exercice référence son professionnel.',
  'role-organization-type': `error [profil FrPractitionerRoleExerciceAgregateur] Le type de l’identifiant de structure est ${SYSTEM.identifierType}#IDNST.`,
  'role-organization-system':
    'error [profil FrPractitionerRoleExerciceAgregateur] Le système de la structure est urn:oid:1.2.250.1.71.4.2.2.',
  'role-organization-prefix':
    'error [FAQ] L’identifiant de structure est 1+FINESS, 3+SIRET, 4+RPPS rang ou 0+ADELI rang.',
  'role-organization-complete':
    'warning [FAQ] La structure est identifiée par un système, un type et une valeur.',
});

const location = defineRules('Location', {
  'location-identifier': 'error [profil FrLocation] Un lieu a au moins un identifiant.',
  'location-identifier-complete':
    'error [FAQ] Chaque identifiant de lieu a un système, un type et une valeur.',
  'location-identifier-type': 'warning [FAQ] Le type d’un identifiant de lieu est INTRN ou IDNST.',
  'location-type-max': 'error [profil FrLocation] type apparaît au plus une fois.',
  'location-address': 'error [profil FrLocationAgregateur] Un lieu a une adresse.',
  'location-address-line': 'error [profil FrLocationAgregateur] L’adresse a exactement une ligne.',
  'location-address-city': 'error [profil FrLocationAgregateur] L’adresse a une commune.',
  'location-address-postal-code': 'error [profil FrLocationAgregateur] L’adresse a un code postal.',
  'location-postal-code-format': 'error [PS] Le code postal compte 5 chiffres.',
});

const sosLocation = defineRules('Location (SOS)', {
  'location-sos-identifier-type': `error [profil sas-sos-location-aggregator] Le type de chaque identifiant est ${SYSTEM.locationIdentifierType}#INTRN.`,
  'location-sos-name': 'error [profil sas-sos-location-aggregator] Un lieu SOS Médecins a un nom.',
  'location-sos-organization':
    'error [profil sas-sos-location-aggregator] Un lieu SOS Médecins référence son association.',
});

const organization = defineRules('Organization', {
  'organization-identifier-one':
    'error [profil sas-sos-organization-aggregator] identifier apparaît exactement une fois.',
  'organization-identifier-type': `error [profil sas-sos-organization-aggregator] Le type est IDNST, dans ${SYSTEM.locationIdentifierType} (SOS) ou ${SYSTEM.identifierTypeHl7Fr} (CPTS).`,
  'organization-identifier-system':
    'error [profil sas-sos-organization-aggregator] Le système de l’identifiant est urn:oid:1.2.250.1.71.4.2.2.',
  'organization-identifier-value': 'error [profil FrOrganization] L’identifiant a une valeur.',
  'organization-type-slice': `error [profil FrOrganization] Chaque nomenclature de type (${ORGANIZATION_TYPE_SYSTEM}, ${SECTOR_SYSTEM}, ${SYSTEM.establishment}) apparaît une fois au plus, avec un seul code.`,
  'r4-org-1': 'error [R4 org-1] Une organisation a un identifiant ou un nom.',
  'r4-org-2': 'error [R4 org-2] Une organisation n’a pas d’adresse personnelle (home).',
  'r4-org-3': 'error [R4 org-3] Une organisation n’a pas de contact personnel (home).',
});

const cptsOrganization = defineRules('Organization (CPTS)', {
  'organization-finess':
    'error [profil sas-cpts-organization-aggregator] L’identifiant d’une CPTS est 1 et son FINESS.',
  'organization-name': 'warning [CPTS] Le nom de la CPTS est attendu.',
  'organization-telecom': 'warning [CPTS] Le téléphone de la CPTS est attendu.',
});

const sosOrganization = defineRules('Organization (SOS)', {
  'organization-siret':
    'error [profil sas-sos-organization-aggregator] L’identifiant d’une association est 3 et son SIRET.',
});

const service = defineRules('HealthcareService', {
  'healthcare-service-id': 'error [profil sas-cpts-healthcareservice-aggregator] Un service a un id.',
  'healthcare-service-provided-by':
    'error [profil sas-cpts-healthcareservice-aggregator] Un service référence sa CPTS (providedBy).',
  'healthcare-service-category-max': 'error [profil FrHealthcareService] category apparaît au plus une fois.',
});

export const DIRECTORY_RULES = {
  ...practitioner,
  ...role,
  ...location,
  ...sosLocation,
  ...organization,
  ...cptsOrganization,
  ...sosOrganization,
  ...service,
} as const;

// Rules of FHIR R4 itself that every resource of the guide must keep. Page: https://hl7.org/fhir/R4/
import { defineRules } from './rule.ts';

const types = defineRules('tout élément', {
  'r4-resource-type': 'error [R4] La valeur est un objet JSON dont resourceType est celui attendu.',
  'r4-element-unknown': "error [R4] L'élément n'existe pas dans ce type de FHIR R4.",
  'r4-type': "error [R4] Le type JSON de l'élément n'est pas celui de FHIR R4.",
  'r4-array': 'error [R4] Un élément répétable est un tableau, un élément simple ne l’est jamais.',
  'r4-required': "error [R4] L'élément obligatoire dans ce type de FHIR R4 est absent.",
  'r4-depth': "error [R4] L'imbrication dépasse la profondeur acceptée (64 niveaux).",
  'r4-ele-1': 'error [R4 ele-1] Un élément n’est jamais vide : ni "", ni [], ni {}, ni null.',
  'r4-modifier': 'error [R4] Un élément modificateur (modifierExtension, implicitRules) n’est pas accepté.',
  'r4-code-list': 'error [R4] Le code n’appartient pas à la liste obligatoire de FHIR R4.',
});

const primitives = defineRules('type primitif', {
  'r4-string': 'error [R4] Une chaîne contient autre chose que des blancs et aucun caractère de contrôle.',
  'r4-string-trim': 'warning [R4] Une chaîne ne commence ni ne finit par un blanc.',
  'r4-string-length': 'error [R4] Une chaîne fait au plus un mégaoctet.',
  'r4-unicode': 'error [R4] Une chaîne est un texte Unicode valide, sans demi-codet isolé.',
  'r4-code': 'error [R4] Un code ne contient pas de blanc autre qu’une espace simple entre deux mots.',
  'r4-id': 'error [R4] Un id compte 1 à 64 caractères parmi A-Z, a-z, 0-9, tiret et point.',
  'r4-uri': 'error [R4] Une URI ne contient aucun blanc.',
  'r4-instant': 'error [R4] Un instant porte une date réelle, les secondes et un décalage horaire.',
  'r4-date-time': 'error [R4] Une date ou une heure suit le format de FHIR R4.',
  'r4-number': 'error [R4] Un nombre est entier, positif ou borné quand FHIR R4 le demande.',
  'r4-base64': 'error [R4] Un contenu binaire est en base64.',
  'r4-xhtml': 'error [R4 txt-1] Le texte narratif est un élément div en XHTML.',
});

const datatypes = defineRules('type de données', {
  'r4-ref-1': 'error [R4 ref-1] Une référence #id désigne une ressource contenue dans la même ressource.',
  'r4-ext-1': 'error [R4 ext-1] Une extension porte soit une valeur, soit des extensions, jamais les deux.',
  'r4-per-1': 'error [R4 per-1] Le début d’une période précède sa fin.',
  'r4-cpt-2': 'error [R4 cpt-2] Un moyen de contact qui a une valeur a aussi un système.',
  'r4-att-1': 'error [R4 att-1] Une pièce jointe qui porte des données en donne le type.',
});

const resources = defineRules('toute ressource', {
  'r4-dom-2': 'error [R4 dom-2] Une ressource contenue n’en contient pas d’autre.',
  'r4-dom-3': 'error [R4 dom-3] Chaque ressource contenue est référencée par la ressource qui la contient.',
  'r4-dom-4': 'error [R4 dom-4] Une ressource contenue n’a ni meta.versionId ni meta.lastUpdated.',
  'r4-dom-5': 'error [R4 dom-5] Une ressource contenue n’a pas de meta.security.',
});

export const R4_RULES = { ...types, ...primitives, ...datatypes, ...resources } as const;

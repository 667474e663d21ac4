// Rules of the searchset Bundle of each flow, and of what its entries owe each other.
// Pages: "recherche de créneaux" of PS, CPTS and SOS, FAQ, R4 Bundle.
import { defineRules } from './rule.ts';

const envelope = defineRules('Bundle', {
  'bundle-searchset': 'error [PS] Le Bundle est de type searchset.',
  'bundle-total-present': 'error [PS] Le Bundle porte un total.',
  'bundle-total': 'error [PS] total est le nombre de créneaux du Bundle.',
  'bundle-link-self': 'error [PS] Le Bundle a exactement un lien, de relation self.',
  'bundle-link-url':
    'warning [R4] Le lien self encode les caractères qu’une URL n’admet pas (|, <, >, guillemets).',
  'bundle-slice-min':
    'error [profil sas-cpts-bundle-aggregator] Un Bundle non vide a une entrée au moins de chaque type du flux.',
  'r4-bdl-1': 'error [R4 bdl-1] total n’apparaît que dans un searchset ou un historique.',
  'r4-bdl-2': 'error [R4 bdl-2] entry.search n’apparaît que dans un searchset.',
});

const entry = defineRules('Bundle.entry', {
  'r4-bdl-3': 'error [R4 bdl-3] Une entrée de recherche ne porte pas de request.',
  'r4-bdl-4': 'error [R4 bdl-4] Une entrée de recherche ne porte pas de response.',
  'r4-bdl-5': 'error [R4 bdl-5] Une entrée porte une ressource.',
  'r4-bdl-7': 'error [R4 bdl-7] Chaque fullUrl est unique dans le Bundle.',
  'r4-bdl-8': 'error [R4 bdl-8] Un fullUrl ne vise pas une version (_history).',
  'bundle-full-url': 'error [profil sas-cpts-bundle-aggregator] Chaque entrée a un fullUrl.',
  'bundle-full-url-absolute': 'error [R4] Un fullUrl est une adresse http ou https absolue et valide.',
  'bundle-full-url-id': 'error [R4] Un fullUrl finit par le type et l’id de sa ressource.',
  'bundle-full-url-base': 'error [PS] Tous les fullUrl d’un Bundle ont la même base.',
  'bundle-search-mode-present': 'warning [PS] Chaque entrée porte search.mode.',
  'bundle-search-mode':
    'error [PS] search.mode est match pour l’élément cherché (Slot ; Schedule pour SOS), include pour le reste.',
  'bundle-entry-foreign': 'warning [PS] Ce type de ressource n’est pas attendu dans ce flux.',
});

const graph = defineRules('Bundle (références)', {
  'bundle-reference': 'error [profil FrSlotAgregateur] La ressource référencée est présente dans le Bundle.',
  'bundle-orphan': 'warning [FAQ] Une ressource incluse est référencée par une autre du Bundle.',
  'bundle-schedule-one': 'error [FAQ] Une situation d’exercice (SOS : un lieu) n’a qu’un agenda.',
  'bundle-schedule-practitioner':
    'error [FAQ] Le professionnel d’un agenda est celui de sa situation d’exercice.',
  'bundle-practitioner-once': 'error [PS] Un professionnel n’apparaît qu’une fois dans le Bundle.',
  'bundle-organization-once': 'error [FAQ] Une organisation n’apparaît qu’une fois dans le Bundle.',
  'bundle-service-one': 'error [FAQ] Une CPTS n’a qu’un HealthcareService.',
});

const answer = defineRules('Bundle (réponse)', {
  'bundle-slot-window':
    'error [PS] Le début de chaque créneau est dans la fenêtre demandée, bornes comprises.',
  'bundle-slot-past': 'error [KIT] Aucun créneau n’a déjà commencé.',
  'bundle-subject': 'error [FAQ] Chaque professionnel ou association du Bundle figure dans la demande.',
});

export const BUNDLE_RULES = { ...envelope, ...entry, ...graph, ...answer } as const;

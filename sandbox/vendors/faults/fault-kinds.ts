// The faults a vendor can be told to make. Each has a stage: `instead` answers in place of the search, `content`
// alters the Bundle, `delivery` alters how the bytes are sent. A mix applies all.

import { HOSTILE_FORMS } from './hostile.ts';

export type FaultStage = 'instead' | 'content' | 'delivery';

export interface FaultEntry {
  readonly stage: FaultStage;
  /** For people: help, control port, documentation. */
  readonly sentence: string;
  /** Parameters with their default value, whose type is what the control port accepts. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** The values a text parameter may take, when not any. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
}

export const FAULTS = {
  hang: { stage: 'instead', sentence: 'Ne répond jamais.' },
  'hang-body': { stage: 'delivery', sentence: 'Envoie les en-têtes, puis plus rien.' },
  drip: {
    stage: 'delivery',
    sentence: 'Envoie le corps par quelques octets à la fois.',
    parameters: { bytes: 16, everyMs: 50 },
  },
  slow: { stage: 'instead', sentence: 'Attend avant de répondre.', parameters: { delayMs: 3000 } },
  'status-400': { stage: 'instead', sentence: 'Refuse la requête : 400 et OperationOutcome.' },
  'status-401': { stage: 'instead', sentence: 'Demande une authentification : 401 et OperationOutcome.' },
  'status-404': {
    stage: 'instead',
    sentence: 'Dit ne pas connaître la ressource : 404 et OperationOutcome.',
  },
  'status-422': { stage: 'instead', sentence: 'Invoque une règle métier : 422 et OperationOutcome.' },
  'status-429': {
    stage: 'instead',
    sentence: 'Se dit trop sollicité : 429 avec Retry-After.',
    parameters: { retryAfterS: 5 },
  },
  'status-500': { stage: 'instead', sentence: 'Tombe en erreur : 500 et OperationOutcome.' },
  'status-503': {
    stage: 'instead',
    sentence: 'Se dit indisponible : 503 avec Retry-After.',
    parameters: { retryAfterS: 5 },
  },
  html: { stage: 'instead', sentence: 'Répond 200 avec une page HTML de maintenance.' },
  truncated: {
    stage: 'delivery',
    sentence: 'Coupe le JSON au milieu, en terminant proprement la réponse HTTP.',
  },
  'content-type': {
    stage: 'delivery',
    sentence: 'Annonce un autre type de contenu que le JSON envoyé.',
    parameters: { value: 'text/plain' },
  },
  gzip: { stage: 'delivery', sentence: 'Comprime le corps (gzip) même sans y être invité.' },
  'gzip-bomb': {
    stage: 'delivery',
    sentence: 'Comprime un corps qui se déploie en un très grand nombre d’octets.',
    parameters: { megabytes: 64 },
  },
  huge: {
    stage: 'delivery',
    sentence: 'Envoie un Bundle de très nombreux mégaoctets.',
    parameters: { megabytes: 64 },
  },
  deep: {
    stage: 'delivery',
    sentence: 'Envoie un JSON imbriqué sur un très grand nombre de niveaux.',
    parameters: { levels: 100_000 },
  },
  reset: { stage: 'delivery', sentence: 'Réinitialise la connexion au milieu du corps.' },
  'reset-early': { stage: 'instead', sentence: 'Réinitialise la connexion avant toute réponse.' },
  'not-bundle': {
    stage: 'instead',
    sentence: 'Répond 200 avec une autre ressource qu’un Bundle.',
    parameters: { as: 'OperationOutcome' },
    choices: { as: ['OperationOutcome', 'Patient'] },
  },
  'outside-window': { stage: 'content', sentence: 'Ajoute des créneaux avant et après la fenêtre demandée.' },
  'someone-else': {
    stage: 'content',
    sentence: 'Ajoute les créneaux de quelqu’un que personne n’a demandé.',
  },
  busy: { stage: 'content', sentence: 'Ajoute les créneaux de la fenêtre qui ne sont pas libres.' },
  'missing-includes': { stage: 'content', sentence: 'N’envoie que les créneaux, sans les ressources liées.' },
  'duplicate-slots': {
    stage: 'content',
    sentence: 'Répète des créneaux, à l’identique puis sous un autre identifiant.',
  },
  'long-ids': {
    stage: 'content',
    sentence: 'Donne aux ressources des identifiants trop longs.',
    parameters: { length: 128 },
  },
  paging: {
    stage: 'content',
    sentence: 'Répond en plusieurs pages liées par next.',
    parameters: { pageSize: 5 },
  },
  'paging-loop': { stage: 'content', sentence: 'Annonce une page suivante qui est toujours la même.' },
  'paging-foreign': {
    stage: 'content',
    sentence: 'Annonce une page suivante chez un autre hôte.',
    parameters: { location: 'https://ailleurs.sandbox.test/fhir?_getpages=1' },
  },
  redirect: {
    stage: 'instead',
    sentence: 'Redirige (302) vers un autre hôte.',
    parameters: { location: 'https://ailleurs.sandbox.test/fhir/Slot' },
  },
  'bad-dates': {
    stage: 'content',
    sentence: 'Écrit les dates sous d’autres formes : sans décalage, Z, précisions diverses, illisible.',
    parameters: { form: 'all' },
    choices: { form: ['all', 'no-offset', 'z', 'no-millis', 'micros', 'minutes', 'garbage'] },
  },
  unprefixed: { stage: 'content', sentence: 'Ôte le préfixe des identifiants nationaux.' },
  'french-phones': {
    stage: 'content',
    sentence: 'Écrit les téléphones à la française, ou des numéros courts.',
  },
  'no-profile': { stage: 'content', sentence: 'N’envoie aucun meta.profile.' },
  'old-canonicals': { stage: 'content', sentence: 'Échange les bases des adresses de profils.' },
  'status-uppercase': { stage: 'content', sentence: 'Écrit le statut des créneaux en majuscules.' },
  'empty-elements': {
    stage: 'content',
    sentence: 'Envoie des éléments vides : chaînes, listes, objets, null.',
  },
  'absolute-refs': { stage: 'content', sentence: 'Écrit les références en adresses absolues.' },
  'urn-refs': { stage: 'content', sentence: 'Désigne les ressources par des urn:uuid.' },
  narrative: { stage: 'content', sentence: 'Ajoute textes narratifs, versionId et lastUpdated.' },
  unsorted: { stage: 'content', sentence: 'Mélange les entrées du Bundle.' },
  'no-total': { stage: 'content', sentence: 'N’envoie pas total.' },
  'schedule-per-day': {
    stage: 'content',
    sentence: 'Fait un Schedule par jour pour une même situation d’exercice.',
  },
  'duplicate-practitioner': {
    stage: 'content',
    sentence: 'Décrit deux fois le même professionnel, sous deux identifiants de ressource.',
  },
  'sos-pro': { stage: 'content', sentence: 'Met le type PRO sur des créneaux SOS Médecins.' },
  'non-http-comment': { stage: 'content', sentence: 'Donne des adresses d’agenda qui ne sont pas en http.' },
  started: { stage: 'content', sentence: 'Ajoute des créneaux déjà commencés.' },
  latin1: {
    stage: 'delivery',
    sentence: 'Écrit le corps en ISO-8859-1, en le disant ou non.',
    parameters: { charset: 'none' },
    choices: { charset: ['none', 'iso-8859-1', 'utf-8'] },
  },
  'entry-shape': {
    stage: 'content',
    sentence: 'Donne à entry une autre forme qu’une liste d’entrées.',
    parameters: { form: 'object' },
    choices: { form: ['object', 'single', 'nested', 'bundles', 'absent'] },
  },
  'mixed-bases': {
    stage: 'content',
    sentence: 'Réunit des cabinets dont les ressources ont les mêmes identifiants.',
    parameters: { fullUrls: 'own' },
    choices: { fullUrls: ['own', 'same'] },
  },
  'out-of-use': {
    stage: 'content',
    sentence: 'Envoie des agendas, situations ou lieux hors service, ou un modificateur inconnu.',
    parameters: { what: 'schedule' },
    choices: { what: ['schedule', 'role', 'location', 'modifier'] },
  },
  'outcome-incomplete': {
    stage: 'content',
    sentence: 'Omet des créneaux et le dit par un OperationOutcome dans le Bundle.',
  },
  'cut-short': { stage: 'content', sentence: 'Omet des créneaux que total compte, sans page suivante.' },
  'shared-schedule': { stage: 'content', sentence: 'Nomme deux professionnels sur un même Schedule.' },
  'foreign-labels': {
    stage: 'content',
    sentence: 'Remplace la nature des créneaux par une étiquette d’un autre système.',
  },
  hostile: {
    stage: 'delivery',
    sentence: 'Coûte à qui le lit tout ce qu’une réponse peut coûter, dans les bornes de taille.',
    parameters: { form: 'values' },
    choices: { form: HOSTILE_FORMS },
  },
  'versioned-refs': { stage: 'content', sentence: 'Écrit les références avec leur version (_history).' },
} as const satisfies Readonly<Record<string, FaultEntry>>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS).filter(isFaultKind);

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULTS, name);
}

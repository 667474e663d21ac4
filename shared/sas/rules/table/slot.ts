// Rules of the slot and schedule profiles (INT_R01, INT_R04, SOS Médecins), and of the elements that several
// profiles share. Pages: "recherche de créneaux" of PS, CPTS and SOS, FAQ.
import { EXTENSION, PROFILE, SLOT_KINDS, SYSTEM } from '../../canonical.ts';
import { ENCOUNTER_ACTS } from '../../terms.ts';
import { defineRules } from './rule.ts';

const shared = defineRules('toute ressource', {
  'meta-profile-one': 'error [PS] Chaque ressource porte exactement une valeur dans meta.profile.',
  'meta-profile-canonical': 'error [PS] meta.profile est l’URL canonique du profil attendu dans ce flux.',
  'reference-relative': 'error [PS] Une référence s’écrit Type/id, sans adresse ni version.',
  'reference-target': 'error [R4] La référence vise un type de ressource que le profil n’admet pas ici.',
  'specialty-coding': `error [FAQ] Une spécialité codée a un système (${SYSTEM.specialty}) et un code.`,
  'specialty-text': `warning [FAQ] La spécialité n’a qu’un texte : le guide l’admet, le profil attend un code de ${SYSTEM.specialty}.`,
  'specialty-code-unknown': `warning [PS] La spécialité codée n’est pas un code connu de TRE_R38 (${SYSTEM.specialty}), comme SM26.`,
  'telecom-complete': 'error [profil FrContactPoint] Un moyen de contact a un système et une valeur.',
  'telecom-phone': 'error [FAQ] Un téléphone s’écrit au format international : + puis les chiffres.',
  'telecom-phone-french':
    'warning [FAQ] Le téléphone attendu est +33 (ou +262, +590, +594, +596) et 9 chiffres.',
  'name-prefix-max': 'error [profil FrHumanName] Un nom porte au plus une civilité (prefix).',
  'identifier-coherent': `error [FAQ] Le type d’un identifiant national ou SAS correspond à son système : IDNPS pour ${SYSTEM.idnps}, IDNST pour ${SYSTEM.idnst}, INTRN pour ${SYSTEM.sas}.`,
});

const slot = defineRules('Slot', {
  'slot-status-free': 'error [PS] Le statut d’un créneau est toujours « free ».',
  'slot-schedule': 'error [profil FrSlotAgregateur] Un créneau référence son agenda (schedule.reference).',
  'slot-start': 'error [profil FrSlotAgregateur] Un créneau a un début.',
  'slot-end': 'error [profil FrSlotAgregateur] Un créneau a une fin.',
  'slot-instant-format': 'error [PS] start et end s’écrivent AAAA-MM-JJThh:mm:ss.SSS±hh:mm, sans Z.',
  'slot-order': 'error [PS] Le début d’un créneau précède sa fin.',
  'slot-service-category-max': 'error [profil FrSlot] serviceCategory apparaît au plus une fois.',
  'slot-kind': `error [PS] Chaque nature de créneau (meta.security) est ${SLOT_KINDS.join(', ')} (JDV_J165), dans ${SYSTEM.slotKind}.`,
  'slot-kind-present': `warning [FAQ] La nature du créneau est attendue, codée, dans meta.security (${SYSTEM.slotKind}).`,
  'slot-consultation-code': `error [profil FrSlotAgregateur] Un type de consultation est ${[...ENCOUNTER_ACTS].join(', ')} (v3-ActEncounterCode), dans ${SYSTEM.actCode}.`,
  'slot-consultation-sas': `warning [PS] Le SAS n’exploite que les types de consultation AMB, HH et VR (${SYSTEM.actCode}).`,
  'slot-consultation-coding': `error [profil FrSlotAgregateur] Un type de consultation ne mêle pas ${SYSTEM.actCode} et un autre système.`,
  'slot-consultation-one': 'warning [PS] Chaque type de consultation occupe sa propre entrée serviceType.',
  'slot-consultation-present': `warning [FAQ] Au moins un type de consultation codé (${SYSTEM.actCode}) est attendu.`,
  'slot-appointment-type': `error [profil sas-cpts-slot-aggregator] appointmentType est ROUTINE ou WALKIN (${SYSTEM.bookable}).`,
  'slot-appointment-type-preferred': `warning [PS] appointmentType est attendu : ROUTINE ou WALKIN (${SYSTEM.bookable}).`,
  'slot-comment-url':
    'error [FAQ] comment est une URL http ou https absolue, sans identifiants de connexion.',
  'slot-comment-present': 'warning [FAQ] Un créneau réservable donne l’URL de l’agenda dans comment.',
  'slot-comment-origin': 'warning [PS] L’éditeur envoie l’URL de réservation sans le paramètre origin.',
});

const cpts = defineRules('Slot (CPTS)', {
  'slot-cpts-kind': `error [CPTS] Un créneau a la nature CPTS si et seulement s’il porte une entrée 604 (${SYSTEM.establishment}).`,
  'slot-cpts-plain': `warning [FAQ] Un créneau sans nature CPTS garde le profil ${PROFILE.slotIndividual}.`,
  'slot-cpts-data': `warning [FAQ] Un créneau hors CPTS ne porte ni nature CPTS, ni entrée 604 (${SYSTEM.establishment}).`,
  'slot-cpts-profile': `error [CPTS] Dans INT_R04, un créneau CPTS porte le profil ${PROFILE.slotCpts}.`,
  'slot-cpts-reference': `error [profil sas-cpts-slot-aggregator] L’entrée 604 porte exactement une extension ${EXTENSION.slotService} vers un HealthcareService.`,
  'slot-cpts-reference-misplaced': `error [profil sas-cpts-slot-aggregator] Un type de consultation ne porte pas l’extension de référence CPTS (${EXTENSION.slotService}).`,
  'slot-cpts-category-system': `error [CPTS] Le système de TRE_R66 s’écrit ${SYSTEM.establishment}.`,
});

const sos = defineRules('Slot (SOS)', {
  'slot-sos-kind': `error [SOS] Un créneau SOS Médecins est de nature PUBLIC ou SNP (${SYSTEM.slotKind}).`,
  'slot-sos-service-type': `error [profil sas-sos-slot-aggregator] Tout serviceType codé est AMB, HH ou VR (${SYSTEM.actCode}).`,
});

const schedule = defineRules('Schedule', {
  'schedule-service-type': 'error [profil FrSchedule] serviceType est interdit sur un agenda.',
  'schedule-service-category-max': 'error [profil FrSchedule] serviceCategory apparaît au plus une fois.',
  'schedule-actor':
    'error [profil FrScheduleAgregateur] Un agenda a au moins un acteur, chacun avec une référence.',
  'schedule-actor-practitioner': 'error [FAQ] Un agenda a exactement un acteur Practitioner.',
  'schedule-actor-role': 'error [FAQ] Un agenda a exactement un acteur PractitionerRole.',
  'schedule-sos-actor-one': 'error [FAQ] Un agenda SOS Médecins a exactement un acteur, son lieu.',
});

export const SLOT_RULES = { ...shared, ...slot, ...cpts, ...sos, ...schedule } as const;

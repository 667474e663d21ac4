// The named reasons for which the reader drops a slot or repairs something of a vendor's answer. A dropped
// slot has exactly one reason: received = shown + dropped. Profile rules stand in ../rules/; these are about
// what may be shown, and about what is put right before it is.

import type { Rule } from '../rules/rule.ts';

export const READ_RULES = {
  'slot-not-free': {
    id: 'slot-not-free',
    severity: 'error',
    on: 'Slot',
    text: "Le créneau n'est pas libre : seuls les créneaux de statut « free » sont affichés.",
    page: 'PS',
  },
  'slot-dates-unreadable': {
    id: 'slot-dates-unreadable',
    severity: 'error',
    on: 'Slot',
    text: "Le début ou la fin du créneau est absent ou n'est pas une date et heure réelle.",
    page: 'PS',
  },
  'slot-end-not-after-start': {
    id: 'slot-end-not-after-start',
    severity: 'error',
    on: 'Slot',
    text: 'La fin du créneau doit être postérieure à son début.',
    page: 'PS',
  },
  'slot-outside-window': {
    id: 'slot-outside-window',
    severity: 'error',
    on: 'Slot',
    text: 'Le début du créneau est hors de la fenêtre demandée.',
    page: 'PS',
  },
  'slot-started': {
    id: 'slot-started',
    severity: 'error',
    on: 'Slot',
    text: 'Le créneau a déjà commencé.',
    page: 'PS',
  },
  'slot-duplicate': {
    id: 'slot-duplicate',
    severity: 'error',
    on: 'Slot',
    text: 'Le même créneau (lieu, début, fin, contenu) est envoyé plusieurs fois : il est affiché une seule fois.',
    page: 'R4',
  },
  'slot-of-someone-else': {
    id: 'slot-of-someone-else',
    severity: 'error',
    on: 'Slot',
    text: "Le créneau est celui d'un professionnel ou d'une association qui n'était pas demandé.",
    page: 'PS',
  },
  'slot-schedule-unresolved': {
    id: 'slot-schedule-unresolved',
    severity: 'error',
    on: 'Slot',
    text: "L'agenda (Schedule) du créneau est absent de la réponse.",
    page: 'PS',
  },
  'slot-holder-unresolved': {
    id: 'slot-holder-unresolved',
    severity: 'error',
    on: 'Schedule',
    text: "Le professionnel (ou l'association) de l'agenda est absent de la réponse ou n'a pas d'identifiant national lisible.",
    page: 'FAQ',
  },
  'slot-site-unresolved': {
    id: 'slot-site-unresolved',
    severity: 'error',
    on: 'Schedule',
    text: "Le lieu de l'agenda (PractitionerRole et son lieu, ou Location) est absent de la réponse.",
    page: 'FAQ',
  },
  'site-address-incomplete': {
    id: 'site-address-incomplete',
    severity: 'error',
    on: 'Location',
    text: "L'adresse du lieu n'a pas de voie, de commune ou de code postal à cinq chiffres.",
    page: 'PS',
  },
  'slot-kind-not-shown': {
    id: 'slot-kind-not-shown',
    severity: 'error',
    on: 'Slot',
    text: "Aucun des types de créneau envoyés n'est affichable pour ce flux.",
    page: 'SOS',
  },
  'slot-not-asked': {
    id: 'slot-not-asked',
    severity: 'warning',
    on: 'Slot',
    text: "Le créneau commence hors de la fenêtre demandée par le SAS : l'éditeur avait été interrogé sur une fenêtre arrondie.",
    page: 'PS',
  },
  'slot-booked': {
    id: 'slot-booked',
    severity: 'error',
    on: 'Slot',
    text: 'Un rendez-vous a été déclaré sur ce créneau : il est encore envoyé alors qu’il est pris.',
    page: 'RDV',
  },
  'editor-switched-off': {
    id: 'editor-switched-off',
    severity: 'warning',
    on: 'Slot',
    text: 'L’exploitant a désactivé cet éditeur : rien de ce qu’il envoie n’est montré.',
    page: 'PS',
  },
  'slot-cpts-unresolved': {
    id: 'slot-cpts-unresolved',
    severity: 'error',
    on: 'Slot',
    text: "Le créneau n'est ouvert qu'à une CPTS, et les ressources de cette CPTS sont absentes ou incomplètes.",
    page: 'CPTS',
  },
  'slot-not-conformant': {
    id: 'slot-not-conformant',
    severity: 'error',
    on: 'Slot',
    text: 'Le créneau reste non conforme à son profil après réparation.',
    page: 'PS',
  },
  'status-spelling': repaired(
    'status-spelling',
    'Slot',
    'Le statut est écrit en majuscules ou avec des blancs.',
    'R4',
  ),
  'instant-form': repaired(
    'instant-form',
    'Slot',
    'La date est réécrite sous la forme AAAA-MM-JJThh:mm:ss.SSS±hh:mm.',
    'PS',
  ),
  'instant-without-offset': repaired(
    'instant-without-offset',
    'Slot',
    "La date n'a pas de décalage horaire : elle est lue à l'heure de Paris.",
    'PS',
  ),
  'kind-unknown': repaired(
    'kind-unknown',
    'Slot',
    'Un type de créneau inconnu pour ce flux est retiré.',
    'FAQ',
  ),
  'consultation-unknown': repaired(
    'consultation-unknown',
    'Slot',
    'Un type de consultation hors AMB, HH et VR est retiré ; son libellé est gardé.',
    'FAQ',
  ),
  'service-type-split': repaired(
    'service-type-split',
    'Slot',
    'Un serviceType qui porte plusieurs codes est séparé en un serviceType par code.',
    'FAQ',
  ),
  'cpts-unresolved': repaired(
    'cpts-unresolved',
    'Slot',
    'La référence à une CPTS ne mène pas à un HealthcareService et une Organization complets : elle est retirée.',
    'CPTS',
  ),
  'kind-cpts-added': repaired(
    'kind-cpts-added',
    'Slot',
    'Le créneau est rattaché à une CPTS sans en avoir la nature : elle est ajoutée.',
    'CPTS',
  ),
  'appointment-type-unknown': repaired(
    'appointment-type-unknown',
    'Slot',
    'appointmentType ne vaut ni ROUTINE ni WALKIN : il est retiré.',
    'PS',
  ),
  'specialty-unknown': repaired(
    'specialty-unknown',
    'Slot',
    'Une spécialité sans code ni texte est retirée.',
    'FAQ',
  ),
  'code-spelling': repaired(
    'code-spelling',
    'Slot',
    "Un code ou son système est ramené à l'écriture du guide.",
    'CPTS',
  ),
  'comment-not-a-link': repaired(
    'comment-not-a-link',
    'Slot',
    "comment n'est pas une adresse http ou https : il est retiré.",
    'FAQ',
  ),
  'identifier-prefix': repaired(
    'identifier-prefix',
    'Practitioner',
    "Le préfixe de l'identifiant national est ajouté.",
    'FAQ',
  ),
  'identifier-pruned': repaired(
    'identifier-pruned',
    'Practitioner',
    "Un identifiant d'un autre système que celui du profil est retiré.",
    'PS',
  ),
  'structure-id-unknown': repaired(
    'structure-id-unknown',
    'PractitionerRole',
    "L'identifiant de la structure n'est ni FINESS, ni SIRET, ni rang : il est retiré.",
    'FAQ',
  ),
  'phone-form': repaired(
    'phone-form',
    'PractitionerRole',
    'Le téléphone est réécrit au format +33XXXXXXXXX.',
    'FAQ',
  ),
  'phone-unusable': repaired(
    'phone-unusable',
    'PractitionerRole',
    'Un numéro court, étranger ou illisible est retiré.',
    'FAQ',
  ),
  'location-contained': repaired(
    'location-contained',
    'PractitionerRole',
    'Le lieu, envoyé à part, est placé dans PractitionerRole.contained.',
    'FAQ',
  ),
  'location-identifier-made': repaired(
    'location-identifier-made',
    'Location',
    "Le lieu n'a pas d'identifiant interne complet (type, système, valeur) : la passerelle le complète.",
    'FAQ',
  ),
  'location-name-made': repaired(
    'location-name-made',
    'Location',
    "Le lieu n'a pas de nom : celui de l'association est repris.",
    'SOS',
  ),
  'address-line-joined': repaired(
    'address-line-joined',
    'Location',
    "Les lignes de l'adresse sont réunies en une seule.",
    'PS',
  ),
  'postal-code-form': repaired(
    'postal-code-form',
    'Location',
    'Le code postal est réduit à ses cinq chiffres.',
    'PS',
  ),
  'practitioner-merged': repaired(
    'practitioner-merged',
    'Practitioner',
    'Le même identifiant national est porté par plusieurs ressources : une seule est affichée.',
    'R4',
  ),
  'schedule-merged': repaired(
    'schedule-merged',
    'Schedule',
    "Plusieurs agendas décrivent le même lieu : ils n'en font plus qu'un.",
    'FAQ',
  ),
  'opening-hours-form': repaired(
    'opening-hours-form',
    'Location',
    "Les jours ou les heures d'ouverture sont réécrits comme R4 les veut, ou retirés.",
    'SOS',
  ),
} as const satisfies Record<string, Rule>;

function repaired<Id extends string>(
  id: Id,
  on: string,
  text: string,
  page: string,
): Rule & { readonly id: Id } {
  return { id, severity: 'repaired', on, text, page };
}

export type ReadRuleId = keyof typeof READ_RULES;

// The named reasons for which the reader drops a slot or repairs something of a vendor's answer. A dropped
// slot has exactly one reason: received = shown + dropped. Profile rules stand in ../rules/; these are about
// what may be shown, and about what is put right before it is.

import { defineRules } from '../../rules/table/rule.ts';

/** Every rule of the reader, by id. */
export const READ_RULES = {
  ...defineRules('Slot', {
    'slot-not-free':
      "error [PS] Le créneau n'est pas libre : seuls les créneaux de statut « free » sont affichés.",
    'slot-dates-unreadable':
      "error [PS] Le début ou la fin du créneau est absent ou n'est pas une date et heure réelle.",
    'slot-end-not-after-start': 'error [PS] La fin du créneau doit être postérieure à son début.',
    'slot-outside-window': 'error [PS] Le début du créneau est hors de la fenêtre demandée.',
    'slot-started': 'error [PS] Le créneau a déjà commencé.',
    'slot-duplicate':
      'error [R4] Le même créneau (lieu, début, fin, contenu) est envoyé plusieurs fois : il est affiché une seule fois.',
    'slot-of-someone-else':
      "error [PS] Le créneau est celui d'un professionnel ou d'une association qui n'était pas demandé.",
    'slot-schedule-unresolved': "error [PS] L'agenda (Schedule) du créneau est absent de la réponse.",
  }),
  ...defineRules('Schedule', {
    'slot-holder-unresolved':
      "error [FAQ] Le professionnel (ou l'association) de l'agenda est absent de la réponse ou n'a pas d'identifiant national lisible.",
    'slot-site-unresolved':
      "error [FAQ] Le lieu de l'agenda (PractitionerRole et son lieu, ou Location) est absent de la réponse.",
  }),
  ...defineRules('Location', {
    'site-address-incomplete':
      "error [PS] L'adresse du lieu n'a pas de voie, de commune ou de code postal à cinq chiffres.",
  }),
  ...defineRules('Slot', {
    'slot-kind-not-shown': "error [SOS] Aucun des types de créneau envoyés n'est affichable pour ce flux.",
    'slot-not-asked':
      "warning [PS] Le créneau commence hors de la fenêtre demandée par le SAS : l'éditeur avait été interrogé sur une fenêtre arrondie.",
    'slot-booked':
      'error [RDV] Un rendez-vous a été déclaré sur ce créneau : il est encore envoyé alors qu’il est pris.',
    'slot-undeclared':
      "error [PS] Le professionnel ne déclare pas cet éditeur, et l'exploitant n'admet que les éditeurs déclarés.",
    'slot-declarations-unread':
      "error [PS] Les éditeurs que le professionnel déclare n'ont pu être lus, et l'exploitant n'admet que ceux-là.",
    'editor-switched-off':
      'warning [PS] L’exploitant a désactivé cet éditeur : rien de ce qu’il envoie n’est montré.',
    'slot-cpts-unresolved':
      "error [CPTS] Le créneau n'est ouvert qu'à une CPTS, et les ressources de cette CPTS sont absentes ou incomplètes.",
    'slot-not-conformant': 'error [PS] Le créneau reste non conforme à son profil après réparation.',
    'slot-status-unknown':
      "error [R4] Le statut du créneau est absent ou n'est pas un statut de FHIR : on ne sait pas s'il est libre.",
    'slot-modifier-unknown':
      'error [R4] Le créneau, ou une ressource sur laquelle il repose, porte modifierExtension, implicitRules ou un état que la passerelle ne connaît pas.',
    'slot-kind-unknown': "error [PS] Le type de créneau envoyé n'est pas l'un de ceux de TRE_R314.",
    'slot-reference-ambiguous':
      "error [R4] Une référence mène à plusieurs ressources différentes : le même identifiant a deux contenus dans une même portée, l'agenda nomme deux lieux, ou un créneau est dit libre et non libre.",
  }),
  ...defineRules('Schedule', {
    'slot-holder-ambiguous':
      "error [PS] L'agenda nomme plusieurs professionnels, ou son professionnel porte les numéros de deux personnes demandées.",
    'schedule-out-of-use': "error [R4] L'agenda n'est plus en service (active: false).",
  }),
  ...defineRules('Practitioner', {
    'practitioner-out-of-use': "error [R4] Le professionnel n'est plus en activité (active: false).",
  }),
  ...defineRules('PractitionerRole', {
    'role-out-of-use': "error [R4] La situation d'exercice n'est plus en service (active: false).",
  }),
  ...defineRules('Location', {
    'location-out-of-use': 'error [R4] Le lieu est suspendu ou fermé (status: suspended, inactive).',
  }),
  ...defineRules('Organization', {
    'organization-out-of-use': "error [R4] L'organisation n'est plus en service (active: false).",
  }),
  ...defineRules('Slot', {
    'slot-cpts-out-of-use':
      "error [CPTS] Le créneau n'est ouvert qu'à une CPTS, et celle-ci n'est plus en service (active: false).",
  }),
  ...defineRules('Slot', {
    'slot-over-limit':
      "error [PS] L'éditeur envoie, pour ce professionnel ou cette recherche, plus de créneaux que sa part n'en admet.",
  }),
  ...defineRules('Bundle', {
    'answer-incomplete':
      "warning [R4] La réponse dit ou montre qu'elle n'est pas entière : OperationOutcome en erreur, total supérieur à ce qui est venu, suite introuvable.",
    'answer-not-understood':
      "warning [R4] Une partie de la réponse n'a pas été comprise : entrée sans ressource, type inconnu, total ou lien illisible.",
  }),
  ...defineRules('Slot', {
    'status-spelling': 'repaired [R4] Le statut est écrit en majuscules ou avec des blancs.',
    'instant-form': 'repaired [PS] La date est réécrite sous la forme AAAA-MM-JJThh:mm:ss.SSS±hh:mm.',
    'instant-without-offset':
      "repaired [PS] La date n'a pas de décalage horaire : elle est lue à l'heure de Paris.",
    'kind-unknown': 'repaired [FAQ] Un type de créneau inconnu pour ce flux est retiré.',
    'consultation-unknown':
      'repaired [FAQ] Un type de consultation hors AMB, HH et VR est retiré ; son libellé est gardé.',
    'service-type-split':
      'repaired [FAQ] Un serviceType qui porte plusieurs codes est séparé en un serviceType par code.',
    'cpts-unresolved':
      'repaired [CPTS] La référence à une CPTS ne mène pas à un HealthcareService et une Organization complets : elle est retirée.',
    'cpts-out-of-use': "repaired [CPTS] Une CPTS qui n'est plus en service est retirée du créneau.",
    'kind-cpts-added':
      'repaired [CPTS] Le créneau est rattaché à une CPTS sans en avoir la nature : elle est ajoutée.',
    'appointment-type-unknown': 'repaired [PS] appointmentType ne vaut ni ROUTINE ni WALKIN : il est retiré.',
    'specialty-unknown': 'repaired [FAQ] Une spécialité sans code ni texte est retirée.',
    'code-spelling': "repaired [CPTS] Un code ou son système est ramené à l'écriture du guide.",
    'comment-not-a-link': "repaired [FAQ] comment n'est pas une adresse http ou https : il est retiré.",
  }),
  ...defineRules('Practitioner', {
    'identifier-prefix': "repaired [FAQ] Le préfixe de l'identifiant national est ajouté.",
    'identifier-pruned': "repaired [PS] Un identifiant d'un autre système que celui du profil est retiré.",
  }),
  ...defineRules('PractitionerRole', {
    'structure-id-unknown':
      "repaired [FAQ] L'identifiant de la structure n'est ni FINESS, ni SIRET, ni rang : il est retiré.",
    'phone-form': 'repaired [FAQ] Le téléphone est réécrit au format +33XXXXXXXXX.',
    'phone-unusable': 'repaired [FAQ] Un numéro court, étranger, illisible ou hors d’usage est retiré.',
    'phone-premium':
      "repaired [FAQ] Un numéro qui coûte plus qu'un appel (08 hors 0800 à 0809, 118, 32 à 39) est retiré, d'un texte aussi.",
    'location-contained': 'repaired [FAQ] Le lieu, envoyé à part, est placé dans PractitionerRole.contained.',
  }),
  ...defineRules('Location', {
    'location-identifier-made':
      "repaired [FAQ] Le lieu n'a pas d'identifiant interne complet (type, système, valeur) : la passerelle le complète.",
    'location-name-made': "repaired [SOS] Le lieu n'a pas de nom : celui de l'association est repris.",
    'address-line-joined': "repaired [PS] Les lignes de l'adresse sont réunies en une seule.",
    'postal-code-form': 'repaired [PS] Le code postal est réduit à ses cinq chiffres.',
  }),
  ...defineRules('Practitioner', {
    'practitioner-merged':
      'repaired [R4] Le même identifiant national est porté par plusieurs ressources : une seule est affichée.',
  }),
  ...defineRules('Schedule', {
    'schedule-merged': "repaired [FAQ] Plusieurs agendas décrivent le même lieu : ils n'en font plus qu'un.",
  }),
  ...defineRules('Location', {
    'opening-hours-form':
      "repaired [SOS] Les jours ou les heures d'ouverture sont réécrits comme R4 les veut, ou retirés.",
  }),
} as const;

export type ReadRuleId = keyof typeof READ_RULES;

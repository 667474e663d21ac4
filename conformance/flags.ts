// The flags of the command line, and the usage that they make. The usage is for people, so in French.

import { statSync } from 'node:fs';
import { type Check, describeUsage, type Flags } from '../shared/command-line.ts';
import { SLOT_KINDS } from '../shared/sas/canonical.ts';
import { ENCOUNTER_ACTS } from '../shared/sas/terms.ts';

const TIMEOUT_S = 10;
const TIMEOUT_S_MAX = 120;
export const RPPS_MAX = 25;
export const SIRET_MAX = 10;

/** Codes with commas. */
function listOf(known: readonly string[]): Check {
  return (value) =>
    value.split(',').every((code) => known.includes(code.trim()))
      ? undefined
      : `des codes parmi ${known.join(', ')} sont attendus, avec des virgules`;
}

const TEXT = { kind: 'text' } as const;

export const FLAGS = {
  config: {
    ...TEXT,
    hint: 'FICHIER',
    required: true,
    about: "configuration du relais : certificats et adresse de l'éditeur",
  },
  editor: { ...TEXT, hint: 'ID', required: true, about: "l'éditeur, tel qu'il y est nommé" },
  rpps: { ...TEXT, hint: 'A,B,…', about: `professionnels qui ont des créneaux libres (${RPPS_MAX} au plus)` },
  'one-place': { ...TEXT, hint: 'RPPS', about: 'celui qui exerce à un seul lieu (deviné sinon)' },
  'two-places': { ...TEXT, hint: 'RPPS', about: 'celui qui exerce à deux lieux (deviné sinon)' },
  siret: { ...TEXT, hint: 'A,B,…', about: `associations SOS Médecins (${SIRET_MAX} au plus)` },
  cpts: { kind: 'switch', about: 'joue aussi la recherche CPTS (INT_R04)' },
  kinds: { ...TEXT, hint: 'PUBLIC,PRO,…', check: listOf(SLOT_KINDS), about: 'natures de créneau attendues' },
  types: {
    ...TEXT,
    hint: 'AMB,HH,VR',
    check: listOf([...ENCOUNTER_ACTS].map(String)),
    about: 'types de consultation attendus',
  },
  accounts: { kind: 'switch', about: "joue les comptes régulateurs : écrit chez l'éditeur" },
  regulator: { ...TEXT, hint: 'ID', about: "identifiant national du compte d'essai" },
  'new-regulator': { ...TEXT, hint: 'ID', about: "celui qu'il prend ensuite" },
  redirect: { kind: 'switch', about: "ouvre la page de réservation d'un créneau" },
  origin: {
    ...TEXT,
    hint: 'VALEUR',
    default: 'sas-preprod',
    check: (value) =>
      /^[A-Za-z0-9_-]{1,40}$/.test(value) ? undefined : 'des lettres, chiffres et tirets sont attendus',
    about: 'paramètre origin de cette page',
  },
  certificates: {
    ...TEXT,
    hint: 'DOSSIER',
    check: (value) =>
      statSync(value, { throwIfNoEntry: false })?.isDirectory() ? undefined : 'un dossier est attendu',
    about: 'certificats à refuser : wrong-cn, wrong-ou, revoked (.crt et .key)',
  },
  declarations: { ...TEXT, hint: 'FICHIER', about: 'réponses à D1..D6, en JSON' },
  appointments: {
    ...TEXT,
    hint: 'FICHIER',
    about: 'rendez-vous à juger : une ressource, une liste ou un Bundle',
  },
  out: { ...TEXT, hint: 'DOSSIER', about: 'report.html, report.json et report.xml (conformance-ID sinon)' },
  previous: { ...TEXT, hint: 'FICHIER', about: 'report.json à comparer (celui de --out sinon)' },
  timeout: {
    ...TEXT,
    hint: 'SECONDES',
    default: String(TIMEOUT_S),
    check: (value) =>
      /^\d+(\.\d+)?$/.test(value) && Number(value) > 0 && Number(value) <= TIMEOUT_S_MAX
        ? undefined
        : `un nombre de secondes est attendu, ${TIMEOUT_S_MAX} au plus`,
    about: "attente d'une réponse",
  },
} as const satisfies Flags;

export const USAGE = `${describeUsage('npm run conformance -- --config FICHIER --editor ID --rpps A,B,… [options]', FLAGS)}
Codes de sortie : 0 tout passe, 1 une exigence obligatoire échoue, 2 ligne de commande, 3 rien n'a pu être joué.
`;

// What relays say of themselves: worker/operators/relay-reports.ts.

import {
  count,
  flag,
  json,
  list,
  type Operations,
  object,
  oneOf,
  type Schema,
  text,
} from '../model/operation.ts';
import { OF_HUB, STORED } from '../model/refusals.ts';

const EDITOR = text('Éditeur.');
const AUTHORITY = text('CN de l’autorité.');
const CERTIFICATE: Schema = object(
  {
    role: oneOf(
      ['client', 'server', 'sender', 'port', 'authority', 'hub-sante'],
      'client : le nôtre, montré à l’éditeur ; server, sender : celui de l’éditeur, vu en l’appelant ou au port mTLS ; port : celui de ce port.',
    ),
    editor: EDITOR,
    authority: AUTHORITY,
    serial: text('Numéro de série, hexadécimal.'),
    notAfterMs: count('Fin de validité, millisecondes depuis 1970.'),
    seenMs: count('Vu pour la dernière fois, millisecondes depuis 1970.'),
  },
  ['editor', 'authority', 'seenMs'],
);
const REPORT: Schema = object({
  version: text('Version du relais.'),
  certificates: list(CERTIFICATE),
  lists: list(
    object(
      {
        editor: EDITOR,
        authority: AUTHORITY,
        thisUpdateMs: count('Faite, millisecondes depuis 1970.'),
        nextUpdateMs: count('Prochaine, millisecondes depuis 1970.'),
      },
      ['editor', 'nextUpdateMs'],
    ),
    'Listes de révocation qui servent.',
  ),
  alarms: list(
    object({ field: text('Champ du fichier.'), text: text('Quoi.'), editor: EDITOR }, ['editor']),
    'Ce qui est à corriger.',
  ),
  queues: list(
    object({
      editor: EDITOR,
      running: count('Appels en cours.'),
      waiting: count('Appels en attente.'),
      connections: count('Connexions ouvertes.'),
    }),
  ),
  reload: oneOf(['done', 'failed'], 'La dernière relecture des fichiers.'),
});

/** /admin/relay-reports. */
export const RELAY_REPORT_OPERATIONS: Operations = {
  'GET /admin/relay-reports': {
    id: 'adminRelayReports',
    tag: 'admin',
    summary: 'Ce que les relais disent d’eux-mêmes',
    description:
      'Certificats, listes de révocation, problèmes et files, redits chaque minute. Un relais sans report est d’une version qui ne le dit pas.',
    answers: {
      200: json(
        'Dans l’ordre des identifiants.',
        object({
          relays: list(
            object(
              {
                relay: text('Relais.'),
                isConnected: flag('Peut être interrogé maintenant.'),
                version: text('Annoncée.'),
                atMs: count(
                  'Dit à ce moment, millisecondes depuis 1970 ; redit chaque heure quand rien ne change.',
                ),
                report: REPORT,
              },
              ['version', 'atMs', 'report'],
            ),
          ),
        }),
        { relays: [{ relay: 'relay-b', isConnected: true, version: '0.1.0' }] },
      ),
    },
    refusals: { ...STORED, ...OF_HUB },
  },
};

// The field `replica` of the host's file: where Litestream copies the databases to as they are written. One of three places.
// docs/exploitation/secours.md. https://litestream.io/reference/config/

import * as v from 'valibot';
import { strict, text, told } from './schema-words.ts';

const BEHIND_S = 10;
const RETENTION_H = 24;

const seconds = v.pipe(
  v.number('un nombre est attendu'),
  v.integer('un nombre entier est attendu'),
  v.minValue(2, 'au moins 2'),
  v.maxValue(3_600, 'au plus 3600'),
);
const hours = v.pipe(
  v.number('un nombre est attendu'),
  v.integer('un nombre entier est attendu'),
  v.minValue(2, 'au moins 2'),
  v.maxValue(720, 'au plus 720'),
);
/** A path in the store, from its root. */
const pathThere = v.pipe(text, v.regex(/^[\w./-]+$/, 'un chemin est attendu'));

export const replicaField = v.pipe(
  strict({
    folder: told(v.optional(text), 'Dossier qui existe, sur un autre disque ou une autre machine.'),
    sftp: v.optional(
      strict({
        host: told(v.pipe(text, v.regex(/^[^\s/@]+:\d+$/, 'nom:port est attendu')), 'Serveur, nom:port.'),
        user: told(text, 'Compte.'),
        keyFile: told(text, 'Clé SSH, lisible par son propriétaire seul.'),
        path: told(pathThere, 'Dossier sur le serveur.'),
      }),
    ),
    s3: v.optional(
      strict({
        bucket: told(text, 'Seau.'),
        path: told(pathThere, 'Préfixe dans le seau.'),
        endpoint: told(
          v.optional(v.pipe(text, v.regex(/^https:\/\//, 'https:// est attendu'))),
          "Adresse du service, https ; absente : celle d'AWS.",
        ),
        region: told(v.optional(text), 'Région.'),
        keyIdFile: told(text, "Fichier de l'identifiant de la clé."),
        secretFile: told(text, 'Fichier de la clé, lisible par son propriétaire seul.'),
      }),
    ),
    litestream: told(
      v.optional(text),
      "Le programme litestream 0.3, s'il n'est pas parmi les paquets installés.",
    ),
    behindS: told(
      v.optional(seconds, BEHIND_S),
      "Retard de la réplique, en secondes, au-delà duquel l'alarme sonne.",
    ),
    retentionHours: told(v.optional(hours, RETENTION_H), "La réplique garde le passé tant d'heures."),
  }),
  v.check(
    ({ folder, sftp, s3 }) => [folder, sftp, s3].filter((one) => one !== undefined).length === 1,
    'un lieu est attendu, et un seul : folder, sftp ou s3',
  ),
);
export type ReplicaField = v.InferOutput<typeof replicaField>;

// What the settings file of the edge's host may hold (docs/hebergement.md tells each field): one schema, whose messages and
// descriptions are read by people. scripts/host-schema.ts writes config.schema.json from it.

import * as v from 'valibot';
import { replicaField } from './replica-schema.ts';
import { strict, text, told } from './schema-words.ts';

const EDGE_PORT = 8787;
const ADMIN_PORT = 9091;

const port = v.pipe(
  v.number('un nombre est attendu'),
  v.integer('un nombre entier est attendu'),
  v.minValue(0, 'au moins 0'),
  v.maxValue(65_535, 'au plus 65535'),
);
const address = v.pipe(text, v.regex(/^[\da-fA-F.:]+$/, 'une adresse IP est attendue'));
const loopback = v.pipe(
  text,
  v.regex(/^(127(\.\d{1,3}){3}|::1)$/, 'une adresse de bouclage est attendue (127.0.0.1 ou ::1)'),
);

/** A value of a setting: what is no text is handed to the Worker as JSON. */
const settingValue = v.union(
  [v.string(), v.number(), v.array(v.unknown()), v.record(v.string(), v.unknown())],
  'un texte, un nombre, une liste ou un objet est attendu',
);

/** The whole file. Paths start from it. */
export const hostFile = strict({
  $schema: v.optional(text),
  listen: v.optional(
    strict({
      host: told(v.optional(address, '127.0.0.1'), "Adresse d'écoute."),
      port: told(v.optional(port, EDGE_PORT), "Port de l'accès ; 0 prend un port libre."),
      tls: v.optional(
        strict({
          certFile: told(text, 'Certificat du serveur et ses intermédiaires, PEM.'),
          keyFile: told(text, 'Sa clé, PEM, lisible par son propriétaire seul.'),
        }),
      ),
      behindProxy: told(
        v.optional(v.boolean('vrai ou faux est attendu'), false),
        "Vrai : tout ce qui arrive vient d'un mandataire, qui écrit l'adresse de l'appelant.",
      ),
    }),
    {},
  ),
  stateFolder: told(v.optional(text, 'edge-state'), 'Bases et objets ; créé, au compte du programme seul.'),
  replica: v.optional(replicaField),
  exportFolder: told(v.optional(text), 'Où chaque nuit exporte les changements des rendez-vous.'),
  settings: told(
    v.optional(v.record(text, settingValue, 'un objet est attendu'), {}),
    "Réglages de l'accès, par leur nom.",
  ),
  settingFiles: told(
    v.optional(v.record(text, text, 'un objet est attendu'), {}),
    'Réglages lus chacun dans un fichier : les secrets.',
  ),
  issuerCaFile: told(
    v.optional(text),
    "Autorités du serveur de l'émetteur de jetons (AUTH_JWKS_URL), PEM, outre celles du système.",
  ),
  admin: v.optional(
    strict({
      host: told(v.optional(loopback, '127.0.0.1'), 'Boucle locale seulement.'),
      port: told(v.optional(port, ADMIN_PORT), 'Santé et mesures.'),
    }),
    {},
  ),
  workerd: told(v.optional(text), "Le programme workerd, s'il n'est pas parmi les paquets installés."),
});

/** As it stands in the file, with what is absent filled in. */
export type HostFile = v.InferOutput<typeof hostFile>;

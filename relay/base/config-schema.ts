// What the relay's settings file may hold (docs/relay.md tells each field): one schema, whose messages and descriptions are
// read by people. scripts/relay-schema.ts writes config.schema.json from it, for editors of JSON.

import * as v from 'valibot';
import { EDITOR_ID } from '../../shared/editor-id.ts';
import { EDITOR_ID_LENGTH_MAX } from '../../shared/limits.ts';
import type { EditorFlow } from '../../shared/link/hub.ts';

/** All that a vendor may serve. */
export const FLOWS = [
  'INT_R01',
  'INT_R02',
  'INT_R03',
  'INT_R04',
  'SOS',
] as const satisfies readonly EditorFlow[];
/** Those of them that are searches. */
export const SEARCHES = ['INT_R01', 'INT_R04', 'SOS'] as const satisfies readonly EditorFlow[];
const ADMIN_PORT = 9090;
const CONCURRENCY = 8;
const CONCURRENCY_MAX = 256;
const QUEUE = 64;
const QUEUE_MAX = 4096;
const EDITORS_MAX = 200;
const AMQPS_PORT = 5671;
const HEARTBEAT_S = 30;
const DAY_MS = 86_400_000;
const OWN_AUTHORITIES = 'Autorités de notre certificat, si ce ne sont pas celles de caFile.';

export const text = v.pipe(
  v.string('un texte est attendu'),
  v.minLength(1, 'ne peut pas être vide'),
  v.maxLength(1024, 'plus de 1024 caractères'),
);
export const host = v.pipe(text, v.regex(/^[A-Za-z0-9.:-]+$/, "un nom d'hôte ou une adresse est attendu"));
/** Of booking pages: `https`, unless it says `http://`; with a port when it is not the scheme's own. */
export const bookingHost = v.pipe(
  text,
  v.regex(/^(https?:\/\/)?[A-Za-z0-9.:[\]-]+$/, "un nom d'hôte ou une adresse est attendu"),
);
const port = integer(0, 65535);

const loopbackHost = v.pipe(
  host,
  v.regex(
    /^(localhost|127(\.\d{1,3}){3}|::1)$/,
    'une adresse de bouclage est attendue (127.0.0.1, ::1 ou localhost)',
  ),
);

const edgeUrl = v.pipe(
  text,
  v.check(
    isEdgeUrl,
    'une URL https est attendue (http seulement vers la machine elle-même), sans identifiants, paramètres ni espaces',
  ),
  v.metadata({
    pattern:
      '^([Hh][Tt][Tt][Pp][Ss]://[^@?#\\s/]+|[Hh][Tt][Tt][Pp]://(localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\])(:[0-9]{1,5})?)(/[^@?#\\s]*)?$',
  }),
  v.description("Adresse de l'edge ; http seulement vers la machine elle-même."),
);

const baseUrl = v.pipe(
  text,
  v.check(isBaseUrl, 'une URL https est attendue, sans identifiants, paramètres, fragment ni espaces'),
  v.metadata({ pattern: '^[Hh][Tt][Tt][Pp][Ss]://[^@?#\\s/]+(/[^@?#\\s]*)?$' }),
  v.transform((value) => value.replace(/\/+$/, '')),
);

const identity = strict({ cn: text, ou: text });

/** One vendor's entry. */
export const editor = strict({
  id: v.pipe(
    text,
    v.maxLength(EDITOR_ID_LENGTH_MAX, `plus de ${EDITOR_ID_LENGTH_MAX} caractères`),
    v.regex(EDITOR_ID, 'des minuscules, chiffres et tirets sont attendus, sans tiret au début'),
  ),
  name: text,
  baseUrl,
  flows: v.pipe(
    v.array(v.picklist(FLOWS, `un flux parmi ${FLOWS.join(', ')} est attendu`), 'une liste est attendue'),
    v.minLength(1, 'au moins un flux est attendu'),
    v.check((flows) => new Set(flows).size === flows.length, 'un flux est cité deux fois'),
    v.metadata({ uniqueItems: true }),
  ),
  certFile: told(text, 'Notre certificat client pour cet éditeur.'),
  keyFile: text,
  caFile: told(text, "Autorités du serveur de l'éditeur."),
  clientCaFile: v.optional(told(text, OWN_AUTHORITIES)),
  crlFiles: v.optional(
    told(files(), 'Une liste par autorité de caFile ; vide : pas de contrôle de révocation.'),
    [],
  ),
  server: v.optional(told(identity, "CN et OU du serveur ; remplace le contrôle du nom d'hôte.")),
  client: v.optional(told(identity, "CN et OU de l'éditeur quand il nous appelle.")),
  servername: v.optional(told(host, "Nom envoyé et vérifié (SNI) à la place de l'hôte.")),
  appointmentSystem: v.optional(text),
  redirectHosts: v.optional(v.array(bookingHost, 'une liste est attendue'), []),
  concurrency: v.optional(integer(1, CONCURRENCY_MAX), CONCURRENCY),
  queue: v.optional(integer(0, QUEUE_MAX), QUEUE),
  traceparent: v.optional(
    told(
      v.boolean('true ou false est attendu'),
      "Envoyer l'en-tête traceparent avec chaque recherche ; non par défaut.",
    ),
  ),
});

const limits = strict({
  connections: v.optional(integer(1, 65_535), 1000),
  handshakeMs: v.optional(integer(1, DAY_MS), 5000),
  headersMs: v.optional(integer(1, DAY_MS), 10_000),
  requestMs: v.optional(told(integer(1, DAY_MS), 'Du premier octet de la requête au dernier.'), 20_000),
  keepAliveMs: v.optional(integer(1, DAY_MS), 65_000),
  requestsPerConnection: v.optional(integer(1, 1_000_000), 10_000),
  edgeMs: v.optional(told(integer(1, DAY_MS), "Ce que l'edge a pour répondre ; ensuite 503."), 8000),
  editorRequestsPerSecond: v.optional(integer(1, 100_000), 50),
  editorBurst: v.optional(integer(1, 1_000_000), 200),
});

export const listen = strict({
  host,
  port,
  certFile: text,
  keyFile: text,
  caFile: told(text, "L'autorité intermédiaire des éditeurs et sa racine, rien d'autre."),
  serverCaFile: v.optional(told(text, OWN_AUTHORITIES)),
  crlFiles: v.optional(told(files(), "Une liste par autorité de caFile ; hard l'exige."), []),
  revocation: v.optional(v.picklist(['hard', 'soft'], 'hard ou soft est attendu'), 'hard'),
  limits: v.optional(told(limits, 'Bornes du port mTLS ; durées en millisecondes.'), {}),
});

/** The way to Hub Santé (INT_L02). */
export const hubSante = strict({
  clientId: told(
    v.pipe(text, v.regex(/^fr\.health(\.[a-z0-9-]+)+$/, 'un identifiant comme fr.health.ptfsas est attendu')),
    'Notre identifiant à Hub Santé ; le CN de notre certificat.',
  ),
  host: told(host, 'Hôte du serveur RabbitMQ de Hub Santé.'),
  port: v.optional(integer(1, 65_535), AMQPS_PORT),
  vhost: v.optional(told(text, 'Hôte virtuel RabbitMQ.'), '/'),
  certFile: told(text, 'Notre certificat pour Hub Santé.'),
  keyFile: text,
  caFile: told(text, 'Autorités du serveur de Hub Santé.'),
  clientCaFile: v.optional(told(text, OWN_AUTHORITIES)),
  crlFiles: v.optional(
    told(files(), 'Une liste par autorité de caFile ; vide : pas de contrôle de révocation.'),
    [],
  ),
  server: v.optional(told(identity, "CN et OU du serveur ; remplace le contrôle du nom d'hôte.")),
  servername: v.optional(told(host, "Nom envoyé et vérifié (SNI) à la place de l'hôte.")),
  heartbeatS: v.optional(told(integer(1, 600), 'Battements de cœur AMQP, en secondes.'), HEARTBEAT_S),
});

/** The whole file; `editors` is only a list here, so that one wrong entry is set aside alone. */
export const settings = strict({
  $schema: v.optional(text),
  relayId: v.pipe(
    text,
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'lettres, chiffres, points et tirets, 64 au plus'),
    v.description('Nom de ce relais : kid et sujet de son jeton.'),
  ),
  edge: strict({ url: edgeUrl, keyFile: told(text, 'Clé privée Ed25519, PEM PKCS#8.') }),
  listen: v.optional(told(listen, 'Port mTLS des rendez-vous.')),
  hubSante: v.optional(told(hubSante, 'Les rendez-vous vers les LRM (INT_L02), par Hub Santé.')),
  stateFolder: v.optional(
    told(
      text,
      'Dossier où le relais note la plus récente des listes de révocation qu’il a vues ; à lui seul.',
    ),
    'relay-state',
  ),
  crlUrls: v.optional(
    told(
      v.array(
        v.pipe(text, v.check(isListUrl, 'une URL http ou https est attendue, sans identifiants ni espaces')),
        'une liste est attendue',
      ),
      'Où fetch-crl cherche des listes, en plus des adresses que disent les certificats.',
    ),
    [],
  ),
  admin: v.optional(
    told(
      strict({ host: v.optional(loopbackHost, '127.0.0.1'), port: v.optional(port, ADMIN_PORT) }),
      'Santé et mesures, sur la boucle locale seulement.',
    ),
    {},
  ),
  editors: editorsOf(v.unknown()),
});

/** The whole file with its entries, for those who only describe it. */
export const wholeFile = strict({ ...settings.entries, editors: editorsOf(editor) });

function editorsOf<const S extends v.GenericSchema>(item: S) {
  return v.pipe(
    v.array(item, 'une liste est attendue'),
    v.maxLength(EDITORS_MAX, `plus de ${EDITORS_MAX} éditeurs`),
    v.description('Les id sont tous différents.'),
  );
}

/** The same schema with its sentence for people who write the file. */
function told<const S extends v.GenericSchema>(schema: S, sentence: string) {
  return v.pipe(schema, v.description(sentence));
}

function strict<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return 'champ inconnu';
    return issue.received === 'undefined' ? 'manque' : 'un objet est attendu';
  });
}

function integer(min: number, max: number) {
  const message = `un nombre entier de ${min} à ${max} est attendu`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

function files() {
  return v.array(text, 'une liste de fichiers est attendue');
}

function isEdgeUrl(value: string): boolean {
  const url = readBareUrl(value);
  if (url === undefined) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

function isBaseUrl(value: string): boolean {
  return readBareUrl(value)?.protocol === 'https:';
}

/** An address that the relay may ask for a revocation list: HTTP, without credentials. */
export function isListUrl(value: string): boolean {
  const url = /\s/.test(value) ? null : URL.parse(value);
  return (
    (url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.password === ''
  );
}

function readBareUrl(value: string): URL | undefined {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  // A blank that the parser forgives would still stand in the path of each request, and fail it.
  return /[?#\s]/.test(value) ? undefined : url;
}

// What the control port is told about appointments, read: a booking, a change, and how wrongly to tell SAS.
// A sentence when it is not acceptable.

import { STATUSES, type Status } from './resource.ts';

export const BOOKING_HOSTILITY = {
  'double-post': 'Envoie deux fois le même POST, en même temps.',
  'retry-after-timeout': 'Coupe la connexion sitôt la demande envoyée, puis l’envoie de nouveau.',
  'other-identifier': 'Donne un identifiant du système d’un autre éditeur.',
  patient: 'Ajoute un participant Patient et un commentaire.',
} as const;

export const CHANGE_HOSTILITY = {
  'crossed-puts': 'Prolonge de cinq minutes puis change, et envoie les deux PUT dans l’ordre inverse.',
  'retry-after-timeout': BOOKING_HOSTILITY['retry-after-timeout'],
  'other-identifier': BOOKING_HOSTILITY['other-identifier'],
  patient: BOOKING_HOSTILITY.patient,
} as const;

export type Hostility = keyof typeof BOOKING_HOSTILITY | keyof typeof CHANGE_HOSTILITY;

interface Telling {
  readonly hostile: Hostility | undefined;
  /** False: no `meta.lastUpdated`. */
  readonly stamp: boolean;
  /** The agenda stays as it is. */
  readonly keepSlot: boolean;
}

export interface BookingRequest extends Telling {
  readonly identifier: string;
  readonly startMs: number | undefined;
}

export interface ChangeRequest extends Telling {
  readonly status: Status | undefined;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  /** Prefixed: who will see the patient, known since, or another than was said. */
  readonly practitioner: string | undefined;
}

const PROFESSIONAL = /^(8\d{11}|0[0-9AB]{9})$/;

type Json = Readonly<Record<string, unknown>>;

export function readBooking(body: unknown): BookingRequest | string {
  if (!isObject(body)) return 'Un rendez-vous se demande par un objet JSON.';
  const unknown = findUnknown(body, ['identifier', 'start', 'hostile', 'stamp', 'keepSlot']);
  if (unknown !== undefined) return unknown;
  const { identifier } = body;
  if (typeof identifier !== 'string') return 'identifier est un numéro RPPS ou SIRET.';
  const telling = readTelling(body, BOOKING_HOSTILITY);
  const startMs = readInstant(body, 'start');
  if (typeof telling === 'string') return telling;
  if (typeof startMs === 'string') return startMs;
  return { ...telling, identifier, startMs };
}

export function readChange(body: unknown): ChangeRequest | string {
  if (!isObject(body)) return 'Un changement se demande par un objet JSON.';
  const unknown = findUnknown(body, [
    'status',
    'start',
    'end',
    'practitioner',
    'hostile',
    'stamp',
    'keepSlot',
  ]);
  if (unknown !== undefined) return unknown;
  const status = STATUSES.find((known) => known === body.status);
  if (body.status !== undefined && status === undefined) return `status vaut ${STATUSES.join(', ')}.`;
  const telling = readTelling(body, CHANGE_HOSTILITY);
  const startMs = readInstant(body, 'start');
  const endMs = readInstant(body, 'end');
  if (typeof telling === 'string') return telling;
  if (typeof startMs === 'string') return startMs;
  if (typeof endMs === 'string') return endMs;
  const { practitioner } = body;
  if (practitioner !== undefined && (typeof practitioner !== 'string' || !PROFESSIONAL.test(practitioner)))
    return 'practitioner est un numéro RPPS ou ADELI avec son préfixe.';
  return { ...telling, status, startMs, endMs, practitioner };
}

function readTelling(body: Json, kinds: Readonly<Partial<Record<Hostility, string>>>): Telling | string {
  const known = Object.keys(kinds) as Hostility[];
  const hostile = known.find((kind) => kind === body.hostile);
  if (body.hostile !== undefined && hostile === undefined) return `hostile vaut ${known.join(', ')}.`;
  const { stamp = true, keepSlot = false } = body;
  if (typeof stamp !== 'boolean' || typeof keepSlot !== 'boolean') {
    return 'stamp et keepSlot valent true ou false.';
  }
  return { hostile, stamp, keepSlot };
}

function readInstant(body: Json, name: 'start' | 'end'): number | undefined | string {
  const text = body[name];
  if (text === undefined) return undefined;
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? `${name} est un instant avec décalage horaire.` : ms;
}

function findUnknown(body: Json, known: readonly string[]): string | undefined {
  const name = Object.keys(body).find((key) => !known.includes(key));
  return name === undefined ? undefined : `champ inconnu : ${name}. On attend ${known.join(', ')}.`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// What can be set on a running vendor, with the checks of what the control port receives.

import type { SasAddress } from './appointments/sas-client.ts';

export interface CallerIdentity {
  readonly cn: string;
  readonly ou: string;
}

interface Share {
  readonly part: number;
  readonly of: number;
}

export interface Settings {
  /** Added before every answer under /fhir. */
  readonly latencyMs: number;
  /** Exactly so many free slots for each practitioner asked; null leaves the agenda as it is. */
  readonly slotsPerPractitioner: number | null;
  /** `any`: every well-formed identifier is known. */
  readonly population: 'known' | 'any';
  /** Of everybody whom `any` lets it know, it knows each whose number leaves `part` when divided by `of`; null: all. */
  readonly share: Share | null;
  /** The vendor's clock, stopped at an instant; null follows the machine's. */
  readonly now: string | null;
  /** Walk-in slots that have a booking page: some of them, or every one as ANS's kit wants. */
  readonly walkInPages: 'some' | 'every';
  /** The only caller accepted; null accepts every certificate of the organisations' authority. */
  readonly caller: CallerIdentity | null;
  /** Where appointments are told; null books nothing. */
  readonly sas: SasAddress | null;
}

export const DEFAULT_SETTINGS: Settings = {
  latencyMs: 0,
  slotsPerPractitioner: null,
  population: 'known',
  share: null,
  now: null,
  walkInPages: 'some',
  caller: null,
  sas: null,
};

const LATENCY_MAX_MS = 600_000;
const SLOTS_MAX = 2_000;
const VENDORS_MAX = 1_000;

/** Settings changed by what was received; a sentence when it is not acceptable. */
export function changeSettings(current: Settings, change: unknown): Settings | string {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    return 'Les réglages sont un objet JSON.';
  }
  let next = current;
  for (const [name, value] of Object.entries(change)) {
    const changed = changeOne(next, name, value);
    if (typeof changed === 'string') return changed;
    next = changed;
  }
  return next;
}

function changeOne(current: Settings, name: string, value: unknown): Settings | string {
  switch (name) {
    case 'latencyMs':
      if (!isWhole(value, LATENCY_MAX_MS)) return `latencyMs est un entier de 0 à ${LATENCY_MAX_MS}.`;
      return { ...current, latencyMs: value };
    case 'slotsPerPractitioner':
      if (value !== null && !isWhole(value, SLOTS_MAX)) {
        return `slotsPerPractitioner est null ou un entier de 0 à ${SLOTS_MAX}.`;
      }
      return { ...current, slotsPerPractitioner: value };
    case 'population':
      if (value !== 'known' && value !== 'any') return 'population vaut known ou any.';
      return { ...current, population: value };
    case 'share':
      if (value !== null && !isShare(value)) return 'share est null ou un objet { part, of }, part < of.';
      return { ...current, share: value };
    case 'now':
      if (value !== null && (typeof value !== 'string' || Number.isNaN(Date.parse(value)))) {
        return 'now est null ou un instant avec décalage horaire.';
      }
      return { ...current, now: value };
    case 'walkInPages':
      if (value !== 'some' && value !== 'every') return 'walkInPages vaut some ou every.';
      return { ...current, walkInPages: value };
    case 'caller':
      if (value !== null && !isIdentity(value)) return 'caller est null ou un objet { cn, ou }.';
      return { ...current, caller: value };
    case 'sas': {
      const sas = readSas(value);
      return typeof sas === 'string' ? sas : { ...current, sas };
    }
    default:
      return `réglage inconnu : ${name}`;
  }
}

/** An address, or `{ url, ca }`. */
function readSas(value: unknown): SasAddress | null | string {
  if (value === null) return null;
  const given = typeof value === 'string' ? { url: value } : value;
  const isObject = typeof given === 'object' && given !== null;
  const url = isObject && 'url' in given ? given.url : undefined;
  const ca = isObject && 'ca' in given ? given.ca : undefined;
  const isAddress = typeof url === 'string' && URL.parse(url)?.protocol === 'https:';
  if (!isAddress || (ca !== undefined && typeof ca !== 'string')) {
    return 'sas est null, une adresse https ou un objet { url, ca } (ca : PEM).';
  }
  return { url: url.replace(/\/+$/, ''), ...(ca !== undefined && { ca }) };
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

function isShare(value: unknown): value is Share {
  return (
    typeof value === 'object' &&
    value !== null &&
    'part' in value &&
    'of' in value &&
    isWhole(value.of, VENDORS_MAX) &&
    isWhole(value.part, value.of - 1)
  );
}

function isIdentity(value: unknown): value is CallerIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'cn' in value &&
    typeof value.cn === 'string' &&
    'ou' in value &&
    typeof value.ou === 'string'
  );
}

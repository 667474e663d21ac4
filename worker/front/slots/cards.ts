// What the SAS front asks: its cards (sheets of the directory, one per place), read tolerantly from the bodies of
// PractitionerSlots (two shapes) and dashboard/getSlots. Unknown fields are passed over; a missing or odd one reads as
// unknown. Pure. docs/guide.md G-905, G-909.

import { GatewayError } from '../../../shared/error.ts';
import { asFiniteNumber, asList, asObject, type JsonObject } from '../../../shared/fhir/json.ts';
import { zoneOfCounty } from '../../base/calendar/zones.ts';
import { countyOfPostalCode } from './county.ts';

/** National identifiers without prefix; what is unknown is empty. */
export interface Card {
  /** Of the directory's sheet, unique in a lot. */
  readonly id: string;
  readonly rpps: string;
  readonly adeli: string;
  readonly finess: string;
  readonly siret: string;
  /** In fact the RPPS activity id in all mocks (docs/guide.md G-921). */
  readonly rppsRang: string;
  readonly postalCode: string;
  /** Street only, or the full address. */
  readonly address: string;
  /** As written, without empty ones. */
  readonly phones: readonly string[];
  readonly position: Position | undefined;
  /** The clock its days are counted on. */
  readonly zone: string;
}

/** WGS 84, degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** One request of the front. */
export interface Lot {
  readonly cards: readonly Card[];
  /** Départements of the search, where places that the directory lacks may be shown; empty: anywhere. */
  readonly counties: ReadonlySet<string>;
  /** Changes nothing in the answer (docs/guide.md G-922). */
  readonly searchType: string;
}

const CARDS_MAX = 500;

const CARD_IDS = ['rpps', 'adeli', 'finess', 'siret'] as const;

/**
 * The body of PractitionerSlots: in the objects of the list, `search_parameter` is the search and any other key a card.
 * @throws GatewayError body-malformed, too-many-subjects.
 */
export function readLot(body: unknown): Lot {
  if (!Array.isArray(body)) {
    throw new GatewayError({ reason: 'body-malformed', text: 'Le corps attendu est une liste de fiches.' });
  }
  let search: JsonObject = {};
  const sent = new Map<string, JsonObject>();
  for (const item of body) {
    for (const [key, value] of Object.entries(asObject(item) ?? {})) {
      const content = asObject(value);
      if (content === undefined) continue;
      if (key === 'search_parameter') search = content;
      else sent.set(key, content);
    }
  }
  const counties = readCounties(search.search_zone, search.county_ids);
  const cards = [...sent].map(([id, card]) =>
    readCard(id, { ...card, rppsRang: card.rpps_rang, postalCode: card.cp, street: card.address }, counties),
  );
  return { cards: bounded(cards), counties, searchType: textOf(search['search-type']) };
}

/**
 * The body of dashboard/getSlots.
 * @throws GatewayError body-malformed, parameter-invalid, too-many-subjects.
 */
export function readDashboard(body: unknown): Lot {
  const search = asObject(body);
  if (search === undefined) {
    throw new GatewayError({ reason: 'body-malformed', text: 'Le corps attendu est un objet.' });
  }
  if (!Array.isArray(search.practitionerCards)) {
    throw new GatewayError({ reason: 'parameter-invalid', text: 'practitionerCards attend une liste.' });
  }
  const counties = readCounties(search.searchZone, search.searchCounties);
  const cards = search.practitionerCards.flatMap((item, rank) => {
    const card = asObject(item);
    if (card === undefined) return [];
    const id = textOf(card.nid);
    return readCard(
      id === '' ? `card-${rank}` : id,
      { ...card, postalCode: card.zipcode, street: card.line },
      counties,
    );
  });
  return { cards: bounded(cards), counties, searchType: textOf(search.searchType) };
}

function bounded(cards: readonly Card[]): readonly Card[] {
  if (cards.length <= CARDS_MAX) return cards;
  throw new GatewayError({ reason: 'too-many-subjects', text: `Plus de ${CARDS_MAX} fiches demandées.` });
}

function readCard(id: string, sent: JsonObject, counties: ReadonlySet<string>): Card {
  const [rpps = '', adeli = '', finess = '', siret = ''] = CARD_IDS.map((name) => textOf(sent[name]));
  const postalCode = textOf(sent.postalCode);
  const [county = ''] = [countyOfPostalCode(postalCode), ...counties].filter((code) => code !== '');
  const phones = Array.isArray(sent.phone) ? asList(sent.phone) : [sent.phone];
  return {
    id,
    rpps,
    adeli,
    finess,
    siret,
    rppsRang: textOf(sent.rppsRang),
    postalCode,
    address: textOf(sent.street),
    phones: phones.map(textOf).filter((phone) => phone !== ''),
    position: readPosition(sent),
    zone: zoneOfCounty(county),
  };
}

/** A decimal, as a number or as text; 0, 0 is nowhere in France but in tables where nothing was filled in. */
function readPosition(sent: JsonObject): Position | undefined {
  const latitude = numberOf(sent.latitude);
  const longitude = numberOf(sent.longitude);
  if (latitude === undefined || longitude === undefined) return undefined;
  const isReal =
    Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0);
  return isReal ? { latitude, longitude } : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return asFiniteNumber(value);
  return /^\s*[+-]?\d{1,3}(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** `2A`, `42`, `974`, also written `2a`, `042` or 1; what is none of these limits nothing. */
function readCounties(zone: unknown, counties: unknown): ReadonlySet<string> {
  const read = (written: unknown): readonly string[] => {
    const [, code = ''] = /^0?(\d[0-9AB]|9[78]\d|\d)$/i.exec(textOf(written)) ?? [];
    return code === '' ? [] : [code.toUpperCase().padStart(2, '0')];
  };
  return new Set([zone, ...asList(counties)].flatMap(read));
}

const TEXT_LENGTH_MAX = 300;

function textOf(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return typeof value === 'string' ? value.trim().slice(0, TEXT_LENGTH_MAX) : '';
}

// The parameters of an appointment search (and of the export, which shares them), read into one filter. Every
// refusal names its parameter; what is unknown is refused unless handling is lenient. R4 Appointment search
// parameters, with `operator` and `vendor` of our own; dates by R4's precision rules. No I/O.

import {
  parseToken,
  type SearchParameter,
  splitValues,
  type Token,
  unescapeValue,
} from '../../../shared/fhir/search.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { normaliseProfessional } from '../../../shared/sas/identifier.ts';
import {
  type Handling,
  readFormat,
  refuse,
  unknownParameter,
} from '../../../shared/sas/search-parameters.ts';
import { APPOINTMENT_STATUSES, isAppointmentStatus } from './lattice.ts';
import { type Range, readRange } from './range.ts';

/** What every appointment found must match; an empty list does not restrict, its items are alternatives. */
export interface AppointmentFilter {
  readonly identifiers: readonly Token[];
  readonly statuses: readonly string[];
  readonly practitioners: readonly string[];
  readonly operators: readonly Token[];
  readonly vendors: readonly string[];
  /** On the appointment's start: R4's `date`. */
  readonly start: Range;
  readonly updated: Range;
}

/** The order of a page; equal keys by id. */
export interface Sort {
  readonly by: 'date' | '_lastUpdated';
  readonly descending: boolean;
}

/** Where a page ended: the sort key, and the id that tells equal keys apart. */
export interface Position {
  readonly ms: number;
  readonly id: string;
}

/** A search as it was asked. `count`: of one page. */
export interface AppointmentSearch {
  readonly filter: AppointmentFilter;
  readonly sort: Sort;
  readonly count: number;
  readonly position: Position | undefined;
  /** Parameters that lenient handling passed over. */
  readonly ignored: readonly string[];
}

/** The parameters that filter. */
export const APPOINTMENT_PARAMETERS = [
  'identifier',
  'status',
  'date',
  'practitioner',
  'operator',
  'vendor',
  '_lastUpdated',
] as const;

const COUNT_DEFAULT = 50;
const COUNT_MAX = 200;
const LIST_MAX = 500;
const CURSOR_LENGTH_MAX = 300;

const FILTER_NAMES: Readonly<Record<string, (typeof APPOINTMENT_PARAMETERS)[number]>> = {
  ...Object.fromEntries(APPOINTMENT_PARAMETERS.map((name) => [name, name])),
  // R4 names for a reference asked by its identifier.
  'practitioner:identifier': 'practitioner',
  'practitioner.identifier': 'practitioner',
};

/** @throws GatewayError parameter-*, format-not-supported. */
export function readAppointmentSearch(
  parameters: readonly SearchParameter[],
  handling: Handling,
): AppointmentSearch {
  const { filter, rest } = readFilter(parameters);
  let sort: Sort = { by: '_lastUpdated', descending: false };
  let count = COUNT_DEFAULT;
  let cursor: string | undefined;
  const ignored: string[] = [];
  for (const { name, value } of rest) {
    if (name === '_sort') sort = readSort(value);
    else if (name === '_count') count = readCount(value);
    else if (name === '_cursor') cursor = value;
    else if (name === '_format') readFormat(value);
    else if (handling === 'lenient') ignored.push(name);
    else throw unknownParameter(name);
  }
  const position = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  return { filter, sort, count, position, ignored };
}

/** A filter, and what is none. */
export interface ReadFilter {
  readonly filter: AppointmentFilter;
  /** The parameters that are no filter. */
  readonly rest: readonly SearchParameter[];
}

/** @throws GatewayError parameter-*, too-many-subjects. */
export function readFilter(parameters: readonly SearchParameter[]): ReadFilter {
  const given = new Map<string, string[]>();
  const rest: SearchParameter[] = [];
  for (const { name, value } of parameters) {
    const known = Object.hasOwn(FILTER_NAMES, name) ? FILTER_NAMES[name] : undefined;
    if (known === undefined) rest.push({ name, value });
    else given.set(known, [...(given.get(known) ?? []), value]);
  }
  const list = <T>(name: string, read: (item: string) => T): T[] => readList(name, given.get(name), read);
  return {
    filter: {
      identifiers: list('identifier', (item) => readToken('identifier', item)),
      statuses: list('status', readStatus),
      practitioners: list('practitioner', readPractitioner),
      operators: list('operator', (item) => readToken('operator', item)),
      vendors: list('vendor', unescapeValue),
      start: readRange('date', given.get('date')),
      updated: readRange('_lastUpdated', given.get('_lastUpdated')),
    },
    rest,
  };
}

/** Values apart by commas are alternatives; a parameter repeated would ask for both at once. */
function readList<T>(name: string, given: readonly string[] | undefined, read: (item: string) => T): T[] {
  if (given === undefined) return [];
  if (given.length > 1) {
    throw refuse(
      'parameter-repeated',
      name,
      `${name} se donne une fois, ses valeurs séparées par des virgules.`,
    );
  }
  const items = splitValues(given[0] ?? '');
  if (items.length > LIST_MAX) throw refuse('too-many-subjects', name, `Plus de ${LIST_MAX} valeurs.`);
  if (items.includes('')) throw refuse('parameter-invalid', name, `${name} attend une valeur.`);
  return items.map(read);
}

function readToken(name: string, item: string): Token {
  const token = parseToken(item);
  if (token !== undefined) return token;
  throw refuse('parameter-invalid', name, `${name} attend système|valeur.`);
}

function readStatus(item: string): string {
  const status = (parseToken(item)?.value ?? '').toLowerCase();
  if (isAppointmentStatus(status)) return status;
  throw refuse('parameter-invalid', 'status', `status attend ${APPOINTMENT_STATUSES.join(', ')}.`);
}

function readPractitioner(item: string): string {
  const { system, value } = readToken('practitioner', item);
  const isNational = system === undefined || system === SYSTEM.idnps || `urn:oid:${system}` === SYSTEM.idnps;
  const national = isNational ? normaliseProfessional(value) : undefined;
  if (national !== undefined) return national;
  throw refuse(
    'parameter-invalid',
    'practitioner',
    'practitioner attend un identifiant national (RPPS, ADELI).',
  );
}

function readSort(value: string): Sort {
  const name = value.trim();
  const by = name.replace(/^-/, '');
  if (by === 'date' || by === '_lastUpdated') return { by, descending: name.startsWith('-') };
  throw refuse('parameter-invalid', '_sort', '_sort attend date, -date, _lastUpdated ou -_lastUpdated.');
}

/** More than a page holds is a page. */
function readCount(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value.trim())) return Math.min(Number(value), COUNT_MAX);
  throw refuse('parameter-invalid', '_count', '_count est un nombre entier positif.');
}

/**
 * The place where a page ended, as an opaque text for its `next` link. It names a sort key and an id, not a number of
 * rows: an appointment inserted or deleted meanwhile moves nothing. It is not signed, since it opens nothing.
 */
export function encodeCursor({ by, descending }: Sort, { ms, id }: Position): string {
  return btoa(JSON.stringify([by, descending, ms, id]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** @throws GatewayError parameter-invalid, also for a cursor of another order. */
export function decodeCursor(text: string, sort: Sort): Position {
  const read = text.length > CURSOR_LENGTH_MAX ? undefined : parseCursor(text);
  if (Array.isArray(read)) {
    const [by, descending, ms, id] = read as unknown[];
    const isSame = by === sort.by && descending === sort.descending;
    if (isSame && Number.isSafeInteger(ms) && typeof id === 'string') return { ms: ms as number, id };
  }
  throw refuse('parameter-invalid', '_cursor', "_cursor n'est pas un lien de cette recherche : suivre next.");
}

function parseCursor(text: string): unknown {
  try {
    return JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}

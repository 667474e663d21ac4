// The published SAS front's browser, as far as slots go: what it makes of an answer to PractitionerSlots, and throws
// where the real one breaks its lot; and the rules that an answer must keep so that it never does. Written from
// docs/guide.md G-906, G-908, § 10, apart from the edge's own code.

export interface FrontCard {
  readonly rpps?: string;
  readonly adeli?: string;
  readonly finess?: string;
  readonly siret?: string;
  readonly rpps_rang?: string;
  readonly cp?: string;
  readonly address?: string;
  readonly phone?: readonly string[] | string;
  readonly latitude?: string;
  readonly longitude?: string;
}
export type FrontCards = Readonly<Record<string, FrontCard>>;

interface ShownSlot {
  readonly start: string;
  readonly end: string;
  /** C, T, D. */
  readonly letters: string;
  readonly link: string;
  /** 0, 1, 2: today and the two next days. */
  readonly column: number;
}

export interface ShownCard {
  /** The card, or the one it was cloned from. */
  readonly card: string;
  readonly isCreated: boolean;
  readonly town: string;
  readonly phone: string;
  readonly slots: readonly ShownSlot[];
  /** The slots of the SAS agenda stand. */
  readonly keepsAgenda: boolean;
}

export interface FrontEntry {
  readonly action: string;
  readonly nid?: number | string;
  readonly id: number;
  readonly id_structure: Readonly<Record<string, string>>;
  readonly address: Readonly<Record<string, string | number>> & { line: string; cp: string; city: string };
  readonly practitioner: {
    readonly phone: string;
    readonly lastname: string;
    readonly firstname: string;
    readonly specialities: readonly string[];
  };
  readonly slot: Readonly<Record<string, readonly FrontSlotEntry[]>>;
}

interface FrontSlotEntry {
  readonly slot_status: string;
  readonly start: string;
  readonly end: string;
  readonly consultation_type: readonly string[];
  readonly slot_reservation_link: string;
}
export type FrontEntries = Readonly<Record<string, FrontEntry>>;

/** The browser's request: the search, then an object per card. */
export function browserLot(cards: FrontCards, zone = '', type = 'filtered'): unknown[] {
  return [
    { search_parameter: { search_zone: zone, county_ids: [], 'search-type': type } },
    ...Object.entries(cards).map(([id, card]) => ({ [id]: card })),
  ];
}

/** The server's: all cards in one object. */
export function serverLot(cards: FrontCards): unknown[] {
  return [cards];
}

const LETTERS: Readonly<Record<string, string>> = { AMB: 'C', VR: 'T', HH: 'D' };
const DAY_MS = 24 * 3600 * 1000;

/** Where the regulator's browser stands, unless told otherwise. */
const BROWSER_ZONE = 'Europe/Paris';

/** What is on the screen after a lot. @throws where the browser's code does. */
export function mergeLot(
  cards: FrontCards,
  answer: unknown,
  nowMs: number,
  browserZone = BROWSER_ZONE,
): ShownCard[] {
  const columns = columnsOf(nowMs, browserZone);
  const entries = Object.entries(answer as Record<string, Partial<FrontEntry>>);
  return Object.entries(cards).flatMap(([id, card]): ShownCard[] => {
    const own = entries.find(([key]) => key === id)?.[1];
    const creates = entries.filter(([, { action, nid }]) => action === 'create' && String(nid) === id);
    const zone = zoneOf(card);
    const shown: ShownCard[] = creates.map(([, entry]) => ({
      card: id,
      isCreated: true,
      town: townOf(entry),
      phone: phoneOf(entry),
      slots: slotsOf(entry, { zone, nowMs, columns }),
      keepsAgenda: false,
    }));
    const known = { card: id, isCreated: false, town: card.cp ?? '' };
    if (own?.action === 'update') {
      const slots = slotsOf(own, { zone, nowMs, columns });
      shown.unshift({ ...known, phone: phoneOf(own), slots, keepsAgenda: false });
    } else if (own?.action !== 'delete' && creates.length === 0) {
      shown.push({ ...known, phone: phonesOf(card)[0] ?? '', slots: [], keepsAgenda: true });
    }
    return shown;
  });
}

function townOf({ address }: Partial<FrontEntry>): string {
  if (address === undefined || address === null) throw new TypeError('address of a created card');
  return `${address.line}, ${address.cp} ${address.city}`;
}

function phoneOf({ practitioner }: Partial<FrontEntry>): string {
  const phone: unknown = practitioner?.phone ?? '';
  // The real one calls replace() on it.
  if (typeof phone !== 'string') throw new TypeError('phone is no string');
  return phone;
}

interface Screen {
  /** The card's. */
  readonly zone: string;
  readonly nowMs: number;
  readonly columns: readonly ReturnType<typeof dayIn>[];
}

function slotsOf({ slot }: Partial<FrontEntry>, { zone, nowMs, columns }: Screen): ShownSlot[] {
  if (slot === null) throw new TypeError('slot is null');
  if (typeof slot !== 'object') return [];
  const shown: ShownSlot[] = [];
  for (const day of Object.values(slot)) {
    // Like the browser's: whatever has no forEach breaks the lot.
    day.forEach((one) => {
      const startMs = Date.parse(one.start);
      const letters: string[] = [];
      one.consultation_type.forEach((type) => {
        letters.push(LETTERS[type.toUpperCase()] ?? '');
      });
      const { day } = dayIn(zone, startMs);
      // By the day of the month alone; -1: lost.
      const column = columns.findIndex((one) => one.day === day);
      if (!(startMs > nowMs) || column < 0) return;
      shown.push({
        start: one.start,
        end: one.end,
        letters: letters.join(''),
        link: one.slot_reservation_link,
        column,
      });
    });
  }
  return shown;
}

/** The browser's own today and the two next days: its clock, whatever the card's zone. */
export function columnsOf(nowMs: number, browserZone = BROWSER_ZONE): ReturnType<typeof dayIn>[] {
  return [0, 1, 2].map((ahead) => dayIn(browserZone, nowMs + ahead * DAY_MS));
}

/**
 * The directory page opened with `?location_id=`, which a card's link carries: creates, then updates, that place first.
 * @throws where the page's code does.
 */
export function openPage(answer: unknown, locationId?: number): [key: string, entry: FrontEntry][] {
  const entries = Object.entries(answer as FrontEntries);
  if (entries.length === 0) throw new TypeError('usort on null');
  const of = (wanted: string) => entries.filter(([, { action }]) => action === wanted);
  const places = [...of('create'), ...of('update')];
  return places.sort(([, a], [, b]) => Number(b.id === locationId) - Number(a.id === locationId));
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** A calendar day on a zone's clock. */
export function dayIn(zone: string, ms: number): { readonly date: string; readonly day: number } {
  let calendar = calendars.get(zone);
  if (calendar === undefined) {
    calendar = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
    calendars.set(zone, calendar);
  }
  const date = calendar.format(ms);
  return { date, day: Number(date.slice(8)) };
}

/** The zone of a card's postal code, for the towns of the sandbox. */
export function zoneOf({ cp = '' }: FrontCard): string {
  const zones: Readonly<Record<string, string>> = {
    971: 'America/Guadeloupe',
    972: 'America/Martinique',
    973: 'America/Cayenne',
    974: 'Indian/Reunion',
    988: 'Pacific/Noumea',
  };
  return zones[cp.slice(0, 3)] ?? 'Europe/Paris';
}

function phonesOf({ phone }: FrontCard): string[] {
  const phones = phone === undefined ? [] : typeof phone === 'string' ? [phone] : phone;
  return phones.filter((one) => one.trim() !== '');
}

const ENTRY_KEYS = new Set(['action', 'nid', 'id', 'id_structure', 'address', 'practitioner', 'slot']);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/;

/** Each breach of AC-07 to AC-11, AC-15 and AC-16, led by its id. */
export function breachesOf(cards: FrontCards, answer: unknown, nowMs: number, origin = 'sas'): string[] {
  const found: string[] = [];
  const check = (rule: string, holds: boolean, what: string): void => {
    if (!holds) found.push(`${rule} ${what}`);
  };
  if (!isObject(answer)) return ['AC-07 the answer is no object'];
  const entries = Object.entries(answer as Readonly<Record<string, unknown>>);
  const creates = new Set<string>();
  for (const [, entry] of entries) {
    if (isObject(entry) && entry.action === 'create') creates.add(String(entry.nid));
  }
  for (const [key, entry] of entries) {
    if (!isObject(entry) || !['update', 'create', 'delete'].includes(String(entry.action))) {
      found.push(`AC-07 ${key} is no action`);
      continue;
    }
    check(
      'AC-07',
      Object.keys(entry).every((name) => ENTRY_KEYS.has(name)),
      `${key} has fields of its own`,
    );
    const { action, nid, id, practitioner, address } = entry as unknown as FrontEntry;
    check('AC-12', Number.isInteger(id) && id > 0 && id < 2 ** 31, `${key} has id ${id}`);
    check('AC-09', typeof practitioner?.phone === 'string', `${key} has no phone`);
    if (action === 'create') {
      check('AC-10', nid !== undefined && Object.hasOwn(cards, String(nid)), `${key} hangs on ${nid}`);
      check('AC-10', !/^\d+$/.test(key), `${key} is numeric`);
      for (const part of ['line', 'cp', 'city'] as const) {
        check('AC-10', typeof address?.[part] === 'string' && address[part] !== '', `${key} has no ${part}`);
      }
    } else {
      check('AC-07', Object.hasOwn(cards, key), `${key} is no card`);
      if (action === 'delete') check('AC-11', creates.has(key), `${key} is deleted for nothing`);
      else if (phonesOf(cards[key] ?? {}).length > 0)
        check('AC-09', practitioner?.phone !== '', `${key} is wiped`);
    }
    const card = cards[action === 'create' ? String(nid) : key] ?? {};
    found.push(...slotBreaches(key, entry.slot, card, nowMs, origin));
  }
  const ids = entries.map(([, entry]) => (entry as unknown as FrontEntry).id);
  check('AC-12', new Set(ids).size === ids.length, 'two places share an id');
  return found;
}

function slotBreaches(key: string, slot: unknown, card: FrontCard, nowMs: number, origin: string): string[] {
  const found: string[] = [];
  if (!isObject(slot)) return [`AC-08 ${key}: slot is no object of days`];
  const seen = new Set<string>();
  const zone = zoneOf(card);
  const dates = new Set([0, 1, 2].map((ahead) => dayIn(zone, nowMs + ahead * DAY_MS).date));
  for (const [day, list] of Object.entries(slot)) {
    if (!/^\d\d-\d\d$/.test(day) || !Array.isArray(list)) {
      found.push(`AC-08 ${key}: ${day} is no list`);
      continue;
    }
    for (const one of list as FrontSlotEntry[]) {
      const types: unknown = one.consultation_type;
      if (!Array.isArray(types) || types.some((type) => typeof type !== 'string')) {
        found.push(`AC-08 ${key}: consultation_type of ${one.start}`);
      }
      if (Object.values(one).includes(null as never)) found.push(`AC-08 ${key}: null in ${one.start}`);
      if (!INSTANT.test(one.start) || !INSTANT.test(one.end)) found.push(`AC-14 ${key}: ${one.start}`);
      const startMs = Date.parse(one.start);
      if (!dates.has(dayIn(zone, startMs).date))
        found.push(`AC-15 ${key}: ${one.start} is outside the three days`);
      const content = `${one.start} ${one.end} ${one.slot_reservation_link}`;
      if (seen.has(content)) found.push(`AC-15 ${key}: ${content} twice`);
      seen.add(content);
      if (!isBookable(one.slot_reservation_link, origin))
        found.push(`AC-16 ${key}: ${one.slot_reservation_link}`);
    }
  }
  return found;
}

function isBookable(link: unknown, origin: string): boolean {
  if (link === '') return true;
  const url = typeof link === 'string' ? URL.parse(link) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.searchParams.getAll('origin').join() === origin;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

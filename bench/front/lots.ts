// A lot of 25 cards through the SAS front's face beside the same search on the FHIR face: the same vendors, practitioners,
// days and edge, asked in turns, nothing kept of answers. Budget (issue F): p50 at most 1.1 times the FHIR face's.

import { Pool } from 'undici';
import { inventAnyone } from '../../sandbox/vendors/world/world.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import { people } from '../search.ts';
import { Stage, Vendors } from '../stage.ts';
import { alignColumns, type Latency, summarise } from '../statistics.ts';

const LOT_RATIO_MAX = 1.1;
const CARDS = 25;
/** Where the front's paths begin. */
export const API = '/aggregator/api-sas/v1';

interface LotCell {
  readonly vendors: number;
  /** Per practitioner and vendor. */
  readonly slots: number;
  /** Of the vendors. */
  readonly latencyMs: number;
}

export interface LotEffort {
  readonly pairs: number;
  readonly warmUps: number;
}

export const FULL_LOTS: LotEffort = { pairs: 300, warmUps: 300 };
export const QUICK_LOTS: LotEffort = { pairs: 100, warmUps: 100 };

const LOT_CELLS: readonly LotCell[] = [1, 5, 20].flatMap((vendors) =>
  [2, 20].flatMap((slots) => [0, 50].map((latencyMs) => ({ vendors, slots, latencyMs }))),
);

export interface LotResult extends LotCell {
  readonly front: Latency;
  readonly fhir: Latency;
  readonly frontBytes: number;
  readonly fhirBytes: number;
  readonly ratio: number;
}

export async function benchLots(effort: LotEffort): Promise<readonly LotResult[]> {
  const results: LotResult[] = [];
  const vendors = await Vendors.start(Math.max(...LOT_CELLS.map((cell) => cell.vendors)));
  try {
    for (const count of new Set(LOT_CELLS.map((cell) => cell.vendors))) {
      const stage = await Stage.start({ vendors, count, settings: { CACHE_TTL_S: '0' } });
      const pool = new Pool(stage.edgeUrl, { connections: 1 });
      try {
        const token = await signIn(pool);
        for (const cell of LOT_CELLS.filter((one) => one.vendors === count)) {
          const { latencyMs, slots } = cell;
          await vendors.set({ latencyMs, slotsPerPractitioner: slots });
          results.push(await measure(cell, effort, { pool, front: token, fhir: stage.token }));
        }
      } finally {
        await pool.destroy();
        await stage.close();
      }
    }
  } finally {
    await vendors.close();
  }
  return results;
}

interface Scene {
  readonly pool: Pool;
  /** Tokens. */
  readonly front: string;
  readonly fhir: string;
}

async function measure(cell: LotCell, { pairs, warmUps }: LotEffort, scene: Scene): Promise<LotResult> {
  const subjects = mainlanders();
  const body = JSON.stringify(lotOf(subjects));
  const path = fhirPath(subjects);
  const expected = cell.vendors * CARDS * cell.slots;
  const front = (): Promise<string> => ask(scene.pool, `${API}/PractitionerSlots`, scene.front, body);
  const fhir = (): Promise<string> => ask(scene.pool, path, scene.fhir);
  const frontText = await front();
  const fhirText = await fhir();
  expectSlots('front', frontText, '"slot_status"', expected);
  expectSlots('fhir', fhirText, '"resourceType":"Slot"', expected);
  for (let i = 0; i < warmUps; i += 1) await (i % 2 === 0 ? front() : fhir());
  const samples = { front: [] as number[], fhir: [] as number[] };
  for (let i = 0; i < pairs; i += 1) {
    // Who goes first alternates.
    for (const name of i % 2 === 0 ? (['front', 'fhir'] as const) : (['fhir', 'front'] as const)) {
      const startedMs = performance.now();
      await (name === 'front' ? front() : fhir());
      samples[name].push(performance.now() - startedMs);
    }
  }
  const sides = { front: summarise(samples.front), fhir: summarise(samples.fhir) };
  return {
    ...cell,
    ...sides,
    frontBytes: frontText.length,
    fhirBytes: fhirText.length,
    ratio: sides.front.p50Ms / sides.fhir.p50Ms,
  };
}

/** Whose days end together: the front shows each card the days of its own clock. */
export function mainlanders(): string[] {
  const isThere = (identifier: string): boolean =>
    inventAnyone(identifier).places[0].town.zone === 'Europe/Paris';
  return people(4 * CARDS)
    .filter(isThere)
    .slice(0, CARDS);
}

function expectSlots(name: string, text: string, mark: string, expected: number): void {
  const count = text.split(mark).length - 1;
  if (count !== expected) throw new Error(`${name} shows ${count} slots instead of ${expected}`);
}

/** The cards of these practitioners, as a server of the front asks for them. */
export function lotOf(subjects: readonly string[]): unknown[] {
  const cards = subjects.map((identifier, rank) => {
    const [{ line, town, phone = '', structure }] = inventAnyone(identifier).places;
    const structureOf = (prefix: string): string => (structure.startsWith(prefix) ? structure.slice(1) : '');
    return {
      [String(810_000 + rank)]: {
        rpps: identifier.slice(1),
        adeli: '',
        finess: structureOf('1'),
        siret: structureOf('3'),
        rpps_rang: structureOf('4'),
        cp: town.postalCode,
        address: line,
        phone: [phone],
        latitude: '',
        longitude: '',
      },
    };
  });
  return [{ search_parameter: { search_zone: '', county_ids: [], 'search-type': 'filtered' } }, ...cards];
}

/** Two days from now: all slots that vendors are told to have lie within, for both faces. */
export function fhirPath(subjects: readonly string[]): string {
  const fromMs = Math.floor(Date.now() / 60_000) * 60_000 + 60_000;
  const question = { flow: 'INT_R04', subjects, fromMs, toMs: fromMs + 48 * 3_600_000 } as const;
  return buildVendorRequest('/fhir', question);
}

/** The answer's text. @throws Error when it is no 200. */
export async function ask(pool: Pool, path: string, token: string, body?: string): Promise<string> {
  const headers = {
    authorization: `bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const reply = await pool.request({
    path,
    headers,
    method: body === undefined ? 'GET' : 'POST',
    body: body ?? null,
  });
  const text = await reply.body.text();
  if (reply.statusCode !== 200)
    throw new Error(`${path.slice(0, 60)}: ${reply.statusCode} ${text.slice(0, 200)}`);
  return text;
}

/** A token of the front. */
export async function signIn(pool: Pool): Promise<string> {
  const body = JSON.stringify({ username: 'read', password: 'secret' });
  return (JSON.parse(await ask(pool, `${API}/login_check`, '', body)) as { token: string }).token;
}

export function lotTables(results: readonly LotResult[]): string[] {
  return [
    `A lot of ${CARDS} cards, milliseconds, one at a time; × = beside the same search on the FHIR face`,
    ...alignColumns([
      [
        'vendors, slots, latency',
        'front p50',
        'FHIR p50',
        '×',
        'front p99',
        'FHIR p99',
        'front kB',
        'FHIR kB',
      ],
      ...results.map(({ vendors, slots, latencyMs, front, fhir, ratio, frontBytes, fhirBytes }) => [
        `${vendors}, ${slots}, ${latencyMs}`,
        front.p50Ms.toFixed(1),
        fhir.p50Ms.toFixed(1),
        ratio.toFixed(2),
        front.p99Ms.toFixed(1),
        fhir.p99Ms.toFixed(1),
        (frontBytes / 1_000).toFixed(0),
        (fhirBytes / 1_000).toFixed(0),
      ]),
    ]),
  ];
}

export function lotMisses(results: readonly LotResult[]): string[] {
  return results
    .filter(({ ratio }) => ratio > LOT_RATIO_MAX)
    .map(
      ({ vendors, slots, latencyMs, ratio }) =>
        `a front lot over ${vendors} vendors of ${slots} slots at ${latencyMs} ms: ${ratio.toFixed(2)} times the FHIR face, at most ${LOT_RATIO_MAX}`,
    );
}

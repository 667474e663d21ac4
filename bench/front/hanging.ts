// Measures how long the front waits while vendors hang (AC-20 and AC-25 of docs/guide.md), and what a search for one practitioner
// takes while they are well (A5 of docs/conformance.md). Three vendors, relay and edge are processes of their own, over
// mTLS on loopback; nothing is kept of answers, and the edge has its own deadline.

import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { Stage, Vendors } from '../stage.ts';
import { alignColumns, summarise } from '../statistics.ts';
import { accountOf, type FrontCall } from './front.ts';
import { API, ask, fhirPath, lotOf, mainlanders, signIn } from './lots.ts';

export interface HangingEffort {
  /** One after the other. */
  readonly lots: number;
  readonly regulators: number;
  readonly searches: number;
}

export const FULL_HANGING: HangingEffort = { lots: 8, regulators: 200, searches: 300 };
export const QUICK_HANGING: HangingEffort = { lots: 2, regulators: 50, searches: 50 };

const VENDORS = 3;

interface Scene {
  readonly pool: Pool;
  /** Of the front. */
  readonly token: string;
}

/** The named calls, for `frontMisses`. */
export async function benchHanging(effort: HangingEffort): Promise<FrontCall[]> {
  const vendors = await Vendors.start(VENDORS);
  try {
    await vendors.set({ latencyMs: 50, slotsPerPractitioner: 2 });
    const stage = await Stage.start({ vendors, count: VENDORS, settings: { CACHE_TTL_S: '0' } });
    const pool = new Pool(stage.edgeUrl, { connections: 4 });
    try {
      const scene = { pool, token: await signIn(pool) };
      const [one = ''] = mainlanders();
      const search = async (): Promise<boolean> =>
        (await ask(pool, fhirPath([one]), stage.token)).includes('"resourceType":"Slot"');
      const well = await timed('one practitioner', effort.searches, search);
      await vendors.fault('hang', VENDORS - 1);
      const lots = await timed('a lot, one vendor hangs', effort.lots, () => lot(scene));
      await vendors.fault('hang');
      return [well, lots, ...(await signIns(scene, effort.regulators))];
    } finally {
      await pool.destroy();
      await stage.close();
    }
  } finally {
    await vendors.close();
  }
}

/** Slots of the vendors that answer. */
async function lot({ pool, token }: Scene): Promise<boolean> {
  const text = await ask(pool, `${API}/PractitionerSlots`, token, JSON.stringify(lotOf(mainlanders())));
  return text.includes('"slot_status"');
}

/** What one sign-in says of its regulator, each call timed. */
async function signIns(scene: Scene, count: number): Promise<FrontCall[]> {
  const accounts = Array.from({ length: count }, () => JSON.stringify(accountOf(randomUUID())));
  const put = async (path: string, rank: number): Promise<boolean> => {
    const { statusCode, body } = await scene.pool.request({
      path: `${API}/${path}`,
      method: 'PUT',
      headers: { authorization: `bearer ${scene.token}`, 'content-type': 'application/json' },
      body: accounts[rank] ?? null,
    });
    await body.dump();
    return statusCode === 200;
  };
  return [
    await timed('regulators/login, all hang', count, (rank) => put('regulators/login', rank)),
    await timed('regulators, all hang', count, (rank) => put('regulators', rank)),
  ];
}

/** One after the other; the first is for warmth, and is not counted. */
async function timed(
  name: string,
  count: number,
  call: (rank: number) => Promise<boolean>,
): Promise<FrontCall> {
  await call(0);
  const samples: number[] = [];
  let failed = 0;
  for (let rank = 0; rank < count; rank += 1) {
    const startedMs = performance.now();
    if (!(await call(rank))) failed += 1;
    samples.push(performance.now() - startedMs);
  }
  return { name, ...summarise(samples), failed };
}

export function hangingTables(calls: readonly FrontCall[]): string[] {
  return [
    `Over ${VENDORS} vendors of 50 ms, milliseconds, one at a time`,
    ...alignColumns([
      ['', 'p50', 'p99', 'n', 'failed'],
      ...calls.map(({ name, p50Ms, p99Ms, count, failed }) => [
        name,
        p50Ms.toFixed(0),
        p99Ms.toFixed(0),
        String(count),
        String(failed),
      ]),
    ]),
  ];
}

// Measures INT_L02 whole, over real sockets: how long an appointment takes at rest from its acknowledged PUT until the edge has its
// LRM's acknowledgement; how fast what an outage has left drains, until each is acknowledged; what the PUTs of INT_R03 beside
// it take, against the same PUTs without, in turns in one run.

import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Latency, summarise } from '../statistics.ts';
import { countWaiting, owe, stateOf } from './backlog.ts';
import { type LrmStage, runningEdge, startLrmStage } from './lrm-stage.ts';
import { Puts } from './puts.ts';
import { type DrainRound, type LrmReport, missesOf } from './report.ts';

/** A poll of the edge's database finds an acknowledgement so much later at most, and is in the figure. */
const POLL_MS = 5;
const DRAIN_POLL_MS = 250;
const SETTLED_MS = 5_000;
const WARM_S = 3;
const HUNG_S = 1_200;

export interface LrmEffort {
  readonly rounds: number;
  /** Messages that wait when a round begins. */
  readonly waiting: number;
  readonly quietS: number;
  readonly atRest: number;
}

export const FULL_LRM: LrmEffort = { rounds: 2, waiting: 10_000, quietS: 20, atRest: 50 };
export const QUICK_LRM: LrmEffort = { rounds: 1, waiting: 2_000, quietS: 5, atRest: 15 };

export async function benchLrm(effort: LrmEffort, say: (line: string) => void): Promise<LrmReport> {
  const stage = await startLrmStage(effort.rounds * effort.waiting);
  const pool = new Pool(stage.edge.url, { connections: 64, keepAliveTimeout: 500, keepAliveMaxTimeout: 500 });
  try {
    const puts = new Puts(pool, stage.edge);
    await puts.pace(after(WARM_S), []);
    const atRest: number[] = [];
    for (let i = 0; i < effort.atRest; i += 1) atRest.push(await timeWhole(stage, puts));
    const rest = summarise(atRest);
    say(`at rest: p50 ${rest.p50Ms.toFixed(0)} ms, p99 ${rest.p99Ms.toFixed(0)} ms`);
    const quiet: number[] = [];
    const beside: number[] = [];
    const drains: DrainRound[] = [];
    for (let round = 0; round < effort.rounds; round += 1) {
      const own: number[] = [];
      await puts.pace(after(effort.quietS), own);
      const drained = await drain(stage, puts, round * effort.waiting, effort.waiting);
      drains.push(drained);
      quiet.push(...own);
      beside.push(...drained.latencies);
      say(roundLine(round, drained, summarise(own), summarise(drained.latencies)));
      await wait(SETTLED_MS);
    }
    const results = {
      waiting: effort.waiting,
      atRest: rest,
      drains: drains.map(({ perSecond, cpu }) => ({ perSecond, cpu })),
      puts: { quiet: summarise(quiet), beside: summarise(beside), failed: puts.failed },
    };
    return { results, misses: missesOf(results) };
  } finally {
    await pool.close();
    await stage.close();
  }
}

/** @throws Error when it hangs. */
async function untilDrained(isSo: () => Promise<boolean>): Promise<void> {
  const isHung = after(HUNG_S);
  while (!(await isSo())) {
    if (isHung()) throw new Error('what waits does not drain');
    await wait(DRAIN_POLL_MS);
  }
}

/** Whether so many seconds from now are over. */
function after(seconds: number): () => boolean {
  const endMs = performance.now() + seconds * 1_000;
  return () => performance.now() >= endMs;
}

function roundLine(round: number, { perSecond }: DrainRound, quiet: Latency, beside: Latency): string {
  return (
    `round ${round + 1}: ${perSecond.toFixed(0)} acknowledged a second; PUTs quiet p50 ${quiet.p50Ms.toFixed(1)} p99 ` +
    `${quiet.p99Ms.toFixed(1)} ms, beside p50 ${beside.p50Ms.toFixed(1)} p99 ${beside.p99Ms.toFixed(1)} ms`
  );
}

/** From the answer to the PUT until the message is `acked` in the edge's database. */
async function timeWhole({ edge }: LrmStage, puts: Puts): Promise<number> {
  const { id } = await puts.put();
  const startedMs = performance.now();
  while ((await stateOf(runningEdge(edge), id)) !== 'acked') {
    if (performance.now() - startedMs > 60_000) throw new Error('an appointment was never acknowledged');
    await wait(POLL_MS);
  }
  return performance.now() - startedMs;
}

/** The next PUT tells the relay; from then on PUTs go on until nothing waits. */
async function drain(
  stage: LrmStage,
  puts: Puts,
  from: number,
  waiting: number,
): Promise<DrainRound & { readonly latencies: readonly number[] }> {
  const edge = runningEdge(stage.edge);
  const madeMs = Date.now();
  await owe(edge, from, from + waiting);
  const enough = (await stage.received()) + waiting;
  const before = await stage.cpu();
  const latencies: number[] = [];
  let isDrained = false;
  const startedMs = performance.now();
  const pacing = puts.pace(() => isDrained, latencies);
  // The edge's database is asked near the end only: each question would cost the PUTs something.
  await untilDrained(async () => (await stage.received()) >= enough);
  await untilDrained(async () => (await countWaiting(edge, madeMs)) === 0);
  const seconds = (performance.now() - startedMs) / 1_000;
  isDrained = true;
  await pacing;
  const after = await stage.cpu();
  const cpu = {
    edge: after.edge - before.edge,
    relay: after.relay - before.relay,
    hubSante: after.hubSante - before.hubSante,
  };
  return { perSecond: waiting / seconds, cpu, latencies };
}

// What the bench of INT_L02 found: its numbers, the budgets it did not keep, its table.

import { alignColumns, type Latency } from '../statistics.ts';
import type { LrmCpu } from './lrm-stage.ts';

export interface DrainRound {
  /** Acknowledged. */
  readonly perSecond: number;
  readonly cpu: LrmCpu;
}

export interface LrmResults {
  readonly waiting: number;
  readonly atRest: Latency;
  readonly drains: readonly DrainRound[];
  readonly puts: { readonly quiet: Latency; readonly beside: Latency; readonly failed: number };
}

export interface LrmReport {
  readonly results: LrmResults;
  readonly misses: readonly string[];
}

const AT_REST_MS = 1_000;
const PER_SECOND = 200;
const BESIDE_RATIO = 1.2;

type Figure = 'meanMs' | 'p50Ms' | 'p95Ms' | 'p99Ms';
const ratioOf = ({ quiet, beside }: LrmResults['puts'], name: Figure): number => beside[name] / quiet[name];
const medianRate = (drains: LrmResults['drains']): number =>
  drains.map(({ perSecond }) => perSecond).sort((a, b) => a - b)[drains.length >> 1] ?? Number.NaN;

export function missesOf({ atRest, drains, puts }: LrmResults): string[] {
  const misses: string[] = [];
  const rate = medianRate(drains);
  const ratio = ratioOf(puts, 'meanMs');
  if (!(atRest.p99Ms < AT_REST_MS)) misses.push(`lrm: p99 at rest is ${atRest.p99Ms.toFixed(0)} ms`);
  if (!(rate >= PER_SECOND)) misses.push(`lrm: ${rate.toFixed(0)} appointments drain a second`);
  if (!(ratio <= BESIDE_RATIO))
    misses.push(`lrm: PUTs beside the drain take ${ratio.toFixed(2)} of quiet on the average`);
  if (puts.failed > 0) misses.push(`lrm: ${puts.failed} PUTs failed`);
  return misses;
}

export function lrmTables({ results }: LrmReport): string[] {
  const { waiting, atRest, drains, puts } = results;
  const row = (name: string, { count, meanMs, p50Ms, p95Ms, p99Ms }: Latency): string[] => [
    name,
    String(count),
    meanMs.toFixed(1),
    p50Ms.toFixed(1),
    p95Ms.toFixed(1),
    p99Ms.toFixed(1),
  ];
  const ratio = (name: Figure): string => ratioOf(puts, name).toFixed(2);
  return [
    `INT_L02: ${waiting} appointments wait after an hour's outage, drained beside a steady pace of PUTs`,
    ...alignColumns([
      ['', 'count', 'mean ms', 'p50 ms', 'p95 ms', 'p99 ms'],
      row('at rest, PUT acknowledged to LRM’s word stored', atRest),
      row('PUT, quiet', puts.quiet),
      row('PUT, beside the drain', puts.beside),
      ['PUT, beside / quiet', '', ratio('meanMs'), ratio('p50Ms'), ratio('p95Ms'), ratio('p99Ms')],
    ]),
    '',
    ...alignColumns([
      ['drain', 'acknowledged/s', 'edge CPU s', 'relay CPU s', 'Hub Santé CPU s'],
      ...drains.map(({ perSecond, cpu }, place) => [
        String(place + 1),
        perSecond.toFixed(0),
        cpu.edge.toFixed(1),
        cpu.relay.toFixed(1),
        cpu.hubSante.toFixed(1),
      ]),
    ]),
  ];
}

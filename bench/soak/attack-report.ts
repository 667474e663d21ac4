// What bench/soak/attack.ts found: times of ordinary traffic in each part of a round, as a table, and what was not kept. Pure.

import { alignColumns, summarise } from '../statistics.ts';

/** Of a round, in this order; `busy`: beside harmless partners who ask for as much as was let in of the attackers. */
export const PARTS = ['quiet', 'attacked', 'busy'] as const;
export type Part = (typeof PARTS)[number];

/** Milliseconds. `parts`: until every ordinary vendor's part was there, infinite when one never was; `whole`: until the end. */
export interface Samples {
  readonly partsMs: number[];
  readonly wholeMs: number[];
  readonly bookingsMs: number[];
}

export type SamplesByPart = Readonly<Record<Part, Samples>>;

/** Over the p99 beside harmless partners. */
const P99_RATIO_MAX = 1.5;
const ROWS = [
  ['partsMs', "ordinary vendors' parts"],
  ['wholeMs', 'whole answers'],
  ['bookingsMs', 'appointments'],
] as const;
/** A whole answer waits for every vendor, the hostile one too: told, not judged. */
const JUDGED: readonly (typeof ROWS)[number][0][] = ['partsMs', 'bookingsMs'];

export function emptySamples(): SamplesByPart {
  const one = (): Samples => ({ partsMs: [], wholeMs: [], bookingsMs: [] });
  return { quiet: one(), attacked: one(), busy: one() };
}

/** Lines for people: per kind and part count, p50 and p99; then the attacked p99 over that of the other parts. */
export function tableOf(samples: SamplesByPart): readonly string[] {
  const rows = ROWS.map(([key, name]) => {
    const cells = PARTS.flatMap((part) => {
      const { count, p50Ms, p99Ms } = summarise(samples[part][key]);
      return [String(count), p50Ms.toFixed(0), p99Ms.toFixed(0)];
    });
    return [
      name,
      ...cells,
      ratioOf(samples, key, 'busy').toFixed(2),
      ratioOf(samples, key, 'quiet').toFixed(2),
    ];
  });
  const heads = PARTS.flatMap((part) => [part, 'p50 ms', 'p99 ms']);
  return alignColumns([['', ...heads, 'p99 to busy', 'to quiet'], ...rows]);
}

/** One sentence for each bound that is not kept. */
export function judgeSamples(samples: SamplesByPart): readonly string[] {
  return ROWS.filter(([key]) => JUDGED.includes(key)).flatMap(([key, name]) => {
    const ratio = ratioOf(samples, key, 'busy');
    // Also when there is no sample, or when more than one in a hundred never came.
    return ratio <= P99_RATIO_MAX ? [] : [`${name}: p99 ratio ${ratio.toFixed(2)}, bound ${P99_RATIO_MAX}`];
  });
}

function ratioOf(samples: SamplesByPart, key: keyof Samples, to: Part): number {
  return summarise(samples.attacked[key]).p99Ms / summarise(samples[to][key]).p99Ms;
}

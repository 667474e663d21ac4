// The seed of every test that draws its cases. CI takes always the same one, so that a change is judged and not the luck of
// a draw; everywhere else each run draws anew, and a failure's title gives the number to replay it. How many, too.

const CI_SEED = 20_261_130;

/** `FUZZ_SEED=n` replays; whole, below 2^31. */
export const SEED = Number(
  process.env.FUZZ_SEED ?? (process.env.CI === 'true' ? CI_SEED : Math.floor(Math.random() * 2 ** 31)),
);

/** So many cases, or `FUZZ_TIMES` times as many (10, 0.5): one at least. */
export const drawn = (count: number): number =>
  Math.max(1, Math.round(count * Number(process.env.FUZZ_TIMES ?? 1)));

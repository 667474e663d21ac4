// Claim: whatever four vendors do wrong at once, a search answers inside its deadline, with exactly what the others
// have, and its ledger says of every identifier and every vendor what is true. Phases: each vendor goes through each
// of twelve faults once, and is well four times, in an order drawn by chance, so that every round is another
// combination; in each, two searches at the same time. An oracle knows the agendas and who is well. End state: nothing
// is under way. Replay with FUZZ_SEED=<the seed in the title>.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draw } from '../../../sandbox/vendors/world/random.ts';
import { expectOf, slotsIn } from '../../support/oracles/agenda-oracle.ts';
import { expectConformant } from '../../support/oracles/bundle-checks.ts';
import { peopleOf } from '../../support/samples/people.ts';
import {
  dealRounds,
  edgeMs,
  expectLedger,
  isRpps,
  KINDS,
  SteeredVendors,
  shuffled,
  titleOf,
} from '../../support/scenes/fault-matrix.ts';
import { laterWindow, type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

/** Longer than any answer takes: vendors that stay silent have deadlines of their own. */
const DEADLINE_MS = 25_000;
const VENDOR_SEEDS = [1, 2, 3, 4] as const;
/** Known to no vendor. */
const STRANGERS = ['899900999999', '899900999998'];
const ROUNDS = dealRounds(SEED, VENDOR_SEEDS.length);

let system: System;
let steered: SteeredVendors;
let everyone: readonly string[];

beforeAll(async () => {
  system = await System.start({
    vendors: VENDOR_SEEDS.map((seed) => ({ seed })),
    settings: { DEADLINE_MS: String(DEADLINE_MS) },
  });
  steered = await SteeredVendors.of(system);
  const people = peopleOf(steered.vendors).map(({ identifier }) => identifier);
  everyone = [...people.filter(isRpps), ...STRANGERS];
});

afterAll(async () => {
  await steered?.close();
  await system?.stop();
});

describe(`seed ${SEED}`, () => {
  it.each(ROUNDS.map((kinds, round) => ({ round, kinds, title: titleOf(kinds) })))(
    'round $round: $title',
    async ({ round, kinds }) => {
      await steered.steer(kinds);
      const window = laterWindow();
      const cpts = draw(SEED, 'cpts', round) < 0.5;
      const questions = ['one', 'two'].map((name) => ({ subjects: choose(round, name), window, cpts }));
      const answers = await Promise.all(
        questions.map(({ subjects }) => system.search(slotPath(subjects, window, cpts))),
      );
      const well = steered.vendors.filter((_, rank) => kinds[rank]?.reasons.length === 0);
      for (const [index, question] of questions.entries()) {
        const answer = answers[index] as SearchAnswer;
        expectConformant(answer, { flow: cpts ? 'INT_R04' : 'INT_R01', ...question });
        const { slots, states } = expectOf(question, () => ({
          told: well,
          isWhole: well.length === steered.vendors.length,
        }));
        expect(slotsIn(answer, steered.ids)).toEqual(slots);
        const unknown = question.subjects.filter((subject) => states.get(subject) === 'unknown').sort();
        expectLedger(
          answer,
          states,
          kinds.map((kind, rank) => ({
            id: steered.ids[rank] ?? '',
            kind,
            unknown: kind.reasons.length === 0 ? undefined : unknown,
          })),
        );
        expect(edgeMs(answer)).toBeLessThan(DEADLINE_MS);
      }
    },
  );

  it('had each vendor fail in each way, and slots to lose', () => {
    for (const rank of VENDOR_SEEDS.keys()) {
      expect(new Set(ROUNDS.map((kinds) => kinds[rank]?.name)).size).toBe(KINDS.length + 1);
    }
    const window = laterWindow();
    const whole = () => ({ told: steered.vendors, isWhole: true });
    expect(expectOf({ subjects: everyone, window, cpts: false }, whole).slots.length).toBeGreaterThan(500);
  });

  it('leaves nothing under way', async () => {
    await until('every vendor idle', () => steered.vendors.every((vendor) => vendor.state().inFlight === 0));
  });
});

/** One to forty of everybody, at times more than one vendor call holds. */
function choose(round: number, name: string): readonly string[] {
  const count = 1 + Math.floor(draw(SEED, round, name) * 40);
  return shuffled(everyone, SEED, 'choose', round, name).slice(0, count);
}

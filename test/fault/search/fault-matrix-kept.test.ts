// Claim: the same with answers kept: whoever fails, what he said before still serves,
// what he never said is unknown, and no answer says otherwise. Phases: as in fault-matrix.test.ts, but one window for all
// rounds, one search at a time, and each kept before the next; the oracle remembers who has told of whom. End state:
// nothing is under way. Replay with FUZZ_SEED=<the seed in the title>.

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
  SteeredVendors,
  shuffled,
  titleOf,
} from '../../support/scenes/fault-matrix.ts';
import { laterWindow, System, slotPath } from '../../support/scenes/system.ts';
import { SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

/** Longer than any answer takes: vendors that stay silent have deadlines of their own. */
const DEADLINE_MS = 25_000;
const VENDOR_SEEDS = [1, 2, 3, 4] as const;
const PEOPLE = 60;
const LIST_MAX = 25;
const ROUNDS = dealRounds(SEED, VENDOR_SEEDS.length);

let system: System;
let steered: SteeredVendors;
let everyone: readonly string[];
const window = laterWindow();
/** `flow vendor subject` of what was told in good order. */
const kept = new Set<string>();
let fromKept = 0;

beforeAll(async () => {
  system = await System.start({
    vendors: VENDOR_SEEDS.map((seed) => ({ seed })),
    settings: { DEADLINE_MS: String(DEADLINE_MS), CACHE_TTL_S: '3600' },
  });
  steered = await SteeredVendors.of(system);
  const people = peopleOf(steered.vendors)
    .map(({ identifier }) => identifier)
    .filter(isRpps);
  everyone = shuffled(people, SEED, 'people').slice(0, PEOPLE);
});

afterAll(async () => {
  await steered?.close();
  await system?.stop();
});

const rowsKept = (): number => system.edgeLog.filter((line) => line.includes('"availability-kept"')).length;

describe(`seed ${SEED}`, () => {
  it.each(ROUNDS.map((kinds, round) => ({ round, kinds, title: titleOf(kinds) })))(
    'round $round: $title',
    async ({ round, kinds }) => {
      await steered.steer(kinds);
      const cpts = draw(SEED, 'cpts', round) < 0.3;
      const subjects = shuffled(everyone, SEED, 'choose', round).slice(
        0,
        1 + Math.floor(draw(SEED, 'count', round) * LIST_MAX),
      );
      const question = { subjects, window, cpts };
      const before = rowsKept();
      const answer = await system.search(slotPath(subjects, window, cpts));
      expectConformant(answer, { flow: cpts ? 'INT_R04' : 'INT_R01', ...question });
      const key = (id: string, subject: string): string => `${cpts} ${id} ${subject}`;
      const isWell = (rank: number): boolean => kinds[rank]?.reasons.length === 0;
      const { slots, states } = expectOf(question, (subject) => {
        const told = steered.vendors.filter(({ id }, rank) => isWell(rank) || kept.has(key(id, subject)));
        fromKept += told.filter(({ id }) => kept.has(key(id, subject))).length;
        return { told, isWhole: told.length === steered.vendors.length };
      });
      expect(slotsIn(answer, steered.ids)).toEqual(slots);
      const failures = kinds.map((kind, rank) => {
        const id = steered.ids[rank] ?? '';
        const asked = subjects.filter((subject) => !kept.has(key(id, subject)));
        const unknown = asked.filter((subject) => states.get(subject) === 'unknown').sort();
        return {
          id,
          kind,
          unknown: isWell(rank) || asked.length === 0 ? undefined : unknown,
          asked,
        };
      });
      expectLedger(answer, states, failures);
      expect(edgeMs(answer)).toBeLessThan(DEADLINE_MS);
      const told = failures.filter(({ asked }, rank) => isWell(rank) && asked.length > 0);
      for (const { id, asked } of told) for (const subject of asked) kept.add(key(id, subject));
      if (told.length > 0) await until('what was told is kept', () => rowsKept() > before);
    },
  );

  it('had much to take from what was kept', () => expect(fromKept).toBeGreaterThan(100));

  it('leaves nothing under way', async () => {
    await until('every vendor idle', () => steered.vendors.every((vendor) => vendor.state().inFlight === 0));
  });
});

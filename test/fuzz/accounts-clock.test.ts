// A clock that jumps, either way and by up to months, while regulators come, go, are renamed and sign in, and vendors are
// away. Claim: once the clock is right, every withdrawal is tried within the longest pause and a run of the schedule, so
// that with its vendors back everybody without right is closed; and nothing else waits for the day that a clock had named.

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import type { RegulatorContent } from '../../shared/sas/regulator.ts';
import { NEXT_TRY_MS_MAX } from '../../worker/accounts/model/ledger.ts';
import { AccountBench, type Fate } from '../support/scenes/accounts-bench.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(25);
const VENDORS = ['agenda-a', 'agenda-b'];
const PEOPLE = 3;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let bench: AccountBench;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  bench = await AccountBench.start(VENDORS);
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

type Step =
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'save'; readonly who: number; readonly active: boolean; readonly isRenamed: boolean }
  | { readonly kind: 'login'; readonly who: number }
  | { readonly kind: 'fates'; readonly vendor: number; readonly fates: readonly Fate[] }
  | { readonly kind: 'away'; readonly vendor: number; readonly isAway: boolean }
  | { readonly kind: 'run' };

const who = fc.nat(PEOPLE - 1);
const vendor = fc.nat(VENDORS.length - 1);
const fate = fc.constantFrom<Fate>('lost-before', 'lost-after', 'error', 'refused', 'doubted-before', 'late');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      ms: fc.integer({ min: -90 * DAY_MS, max: 90 * DAY_MS }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: DAY_MS }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('save' as const),
      who,
      active: fc.boolean(),
      isRenamed: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('login' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fates' as const),
      vendor,
      fates: fc.array(fate, { maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('away' as const), vendor, isAway: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'run' as const }) },
);

/** How far ahead of the truth the clock is. */
interface World {
  realMs: number;
  aheadMs: number;
  readonly people: Map<number, { readonly id: string; content: RegulatorContent }>;
  numbers: number;
}

const content = (value: string, person: number, active: boolean): RegulatorContent => ({
  identifier: { system: SYSTEM.sas, value },
  active,
  family: 'Imaginaire',
  given: 'Camille',
  email: `p${person}.${value}@regulation.example`,
});

async function take(world: World, one: Step): Promise<void> {
  switch (one.kind) {
    case 'jump':
      world.aheadMs = one.ms;
      break;
    case 'wait':
      world.realMs += one.ms;
      break;
    case 'save': {
      const known = world.people.get(one.who);
      if (known === undefined || one.isRenamed) world.numbers += 1;
      const value =
        known === undefined || one.isRenamed ? `n${world.numbers}` : known.content.identifier.value;
      const wanted = content(value, one.who, one.active);
      const key =
        known === undefined
          ? ({ by: 'nobody' } as const)
          : ({ by: 'identifier', identifier: known.content.identifier } as const);
      const { regulator } = await bench.save(key, wanted);
      world.people.set(one.who, { id: regulator.id, content: wanted });
      break;
    }
    case 'login': {
      const known = world.people.get(one.who);
      if (known !== undefined) await bench.logIn(known.id);
      break;
    }
    case 'fates':
      bench.vendor(VENDORS[one.vendor] ?? '').fates.push(...one.fates);
      break;
    case 'away':
      bench.vendor(VENDORS[one.vendor] ?? '').isDown = one.isAway;
      break;
    case 'run':
      await bench.runDue();
      break;
  }
  bench.nowMs = world.realMs + world.aheadMs;
}

async function withdrawn(): Promise<string[]> {
  const rows = await bench.rows<{ regulator: string; editor: string }>(
    'SELECT regulator, editor FROM accounts WHERE withdrawing = 1 ORDER BY regulator, editor',
  );
  return rows.map(({ regulator, editor }) => `${regulator} ${editor}`);
}

const seen = { left: 0, parked: 0 };

test(`a clock that was wrong parks nothing (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
      await bench.clear();
      const startMs = Date.parse('2026-03-02T08:00:00Z');
      const world: World = { realMs: startMs, aheadMs: 0, people: new Map(), numbers: 0 };
      bench.nowMs = startMs;
      for (const one of steps) await take(world, one);
      for (const each of bench.vendors.values()) {
        each.isDown = false;
        each.fates.length = 0;
      }
      // The clock is right again.
      bench.nowMs = world.realMs;
      seen.left += (await withdrawn()).length;
      const parked = await bench.rows(
        'SELECT 1 FROM accounts WHERE withdrawing = 1 AND next_try_ms > ?1',
        world.realMs + NEXT_TRY_MS_MAX,
      );
      seen.parked += parked.length;
      await bench.runFor(NEXT_TRY_MS_MAX / MINUTE_MS + 1);
      expect(await withdrawn()).toEqual([]);
      const open = new Set(
        VENDORS.flatMap((id) =>
          bench
            .vendor(id)
            .accounts.list()
            .filter(({ active }) => active)
            .map(({ email }) => email.split('.')[0]),
        ),
      );
      for (const [person, { content: wanted }] of world.people) {
        if (!wanted.active) expect(open.has(`p${person}`), `p${person} is open`).toBe(false);
      }
      // Those who have the right sign in, and are as they should be everywhere: no lease, doubt or name holds them.
      for (const { id, content: wanted } of world.people.values()) {
        if (!wanted.active) continue;
        await bench.logIn(id);
        await bench.runFor(5);
        const { vendors } = await bench.logIn(id);
        expect(vendors.map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(seen.left).toBeGreaterThan(0);
  expect(seen.parked).toBeGreaterThan(0);
});

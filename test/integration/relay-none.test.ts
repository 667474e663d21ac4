// "None needs proof" through a relay process and its link: fewer answers than test/fuzz/none-needs-proof.test.ts, the same
// second reader. Replay with FUZZ_SEED=n.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawCase } from '../support/samples/vendor-answers/draw.ts';
import { type Door, openProcessDoor } from '../support/scenes/answer-door.ts';
import { tryCase } from '../support/scenes/try-answer.ts';
import { SEED } from '../support/seed.ts';

const RUNS = 200;

let door: Door;
beforeAll(async () => {
  door = await openProcessDoor();
});
afterAll(() => door?.close());

test(`a relay tells "none" and slots as a second reader does, with seed ${SEED}`, async () => {
  const failed: unknown[] = [];
  const states = { slots: 0, none: 0, unknown: 0 };
  for (let run = 0; run < RUNS; run += 1) {
    const drawn = drawCase({ seed: SEED + run, baseUrl: door.baseUrl, mutated: run % 4 > 0 });
    const result = await tryCase(door, drawn);
    for (const state of result.states.values()) states[state] += 1;
    if (result.faults.length > 0)
      failed.push({ seed: SEED + run, kinds: drawn.kinds, faults: result.faults });
  }
  expect(failed).toEqual([]);
  for (const count of Object.values(states)) expect(count).toBeGreaterThan(RUNS / 10);
});

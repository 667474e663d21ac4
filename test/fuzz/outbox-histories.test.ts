// What LRMs are told of appointments, over 800 of them (FUZZ_TIMES) whose lives, relays, edge, broker and LRM are drawn: kills in the midst of
// anything, partitions, confirmations and acknowledgements that are lost, late, doubled or out of order. The outbox is the
// Worker's own code and tables; who carries, and who reads, are small models (test/support/outbox). The seed is in the title.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { OutboxEdge } from '../support/outbox/edge.ts';
import { judge, Tally } from '../support/outbox/oracle.ts';
import { OutboxWorld } from '../support/outbox/world.ts';
import { drawn, SEED } from '../support/seed.ts';

/** Each with so many appointments. */
const WORLDS = drawn(200);
const LIVES = 4;

let edge: OutboxEdge;
beforeAll(async () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockReturnValue(undefined);
  // What is tried again is tried at once.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers({ toFake: ['Date'] });
  edge = await OutboxEdge.start();
});
afterAll(() => {
  edge?.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it(`every version reaches its LRM in order, or is shown with its reason (${WORLDS * LIVES} lives, seed ${SEED})`, async () => {
  const tally = new Tally();
  for (let count = 0; count < WORLDS; count += 1) {
    const seed = SEED + count;
    try {
      await judge(await OutboxWorld.play(edge, seed, LIVES), tally);
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed} FUZZ_TIMES=0.005: ${String(cause)}`, { cause });
    }
  }
  if (WORLDS < 100) return;
  for (const what of ['acked', 'errored', 'superseded', 'merged', 'erased', 'doubles', 'doubted']) {
    expect(tally.counts.get(what) ?? 0, what).toBeGreaterThan(WORLDS / 20);
  }
});

// Who may spend what until when: the reserve for merging, one race against a deadline, and how long a hub that has just
// begun waits for its relays. ARCHITECTURE.md, "A search's budget".
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejectLate, within } from '../../../shared/deadline.ts';
import { AwaitedRelays, waitEndMs } from '../../../worker/hub/link/awaited-relays.ts';
import { Deadline } from '../../../worker/search/deadline.ts';

const START = Date.UTC(2026, 10, 24, 9);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what vendors may still take', () => {
  it.each([
    [0, 7_000, 6_700],
    [1_000, 7_000, 5_700],
    [6_699, 7_000, 1],
    [6_700, 7_000, 0],
    [7_000, 7_000, 0],
    [60_000, 7_000, 0],
    [0, 5_000, 4_700],
    [0, 200, 0],
  ])('after %d of %d ms: %d, with the merge kept back', (passedMs, deadlineMs, expected) => {
    expect(new Deadline(START, deadlineMs).vendorBudgetMs(START + passedMs)).toBe(expected);
  });
});

describe('until when a call waits for a relay', () => {
  it.each([
    [0, 0],
    [1_000, 500],
    [2_999, 1_499.5],
    [3_000, 1_500],
    [3_001, 1_501],
    [6_700, 5_200],
    [10_000, 8_500],
  ])('of a budget of %d ms: %d', (budgetMs, waitedMs) => {
    expect(waitEndMs(START, budgetMs)).toBe(START + waitedMs);
  });
});

describe('a race against a deadline', () => {
  const later = <T>(ms: number, settle: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      setTimeout(() => {
        try {
          resolve(settle());
        } catch (cause) {
          reject(cause);
        }
      }, ms);
    });
  const failing = (): never => {
    throw new Error('failed');
  };
  it.each<[string, number, () => string, () => string, string]>([
    ['the work in time', 99, () => 'done', () => 'late', 'done'],
    ['its failure in time', 99, failing, () => 'late', 'Error: failed'],
    ['lateness', 101, () => 'done', () => 'late', 'late'],
    ['lateness as a rejection', 101, () => 'done', rejectLate, 'Error: late'],
    ['lateness before a failure', 101, failing, () => 'late', 'late'],
  ])('settles as %s', async (_name, ms, settle, late, expected) => {
    const ended = within(later(ms, settle), 100, late).catch(String);
    await vi.advanceTimersByTimeAsync(99);
    await vi.advanceTimersByTimeAsync(50);
    expect(await ended).toBe(expected);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind work that is done, nor one that failed', async () => {
    await within(Promise.resolve(1), 100, () => 2);
    await within(Promise.reject(new Error('no')), 100, () => 2).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('relays that a hub which has just begun waits for', () => {
  const RELAYS = new Map([
    ['relay-1', ['agenda-a']],
    ['relay-2', ['agenda-b', 'agenda-c']],
  ]);
  const YOUNG_MS = 10_000;
  const begun = (): AwaitedRelays => {
    const relays = new AwaitedRelays();
    relays.expect(RELAYS, START);
    return relays;
  };

  it.each<[string, string[], number, Record<string, boolean>]>([
    ['none is here', [], 0, { any: true, 'agenda-a': true, 'agenda-c': true, 'agenda-z': false }],
    ['one is here', ['relay-1'], 0, { any: true, 'agenda-a': false, 'agenda-c': true }],
    ['a stranger is here', ['relay-9'], 0, { any: true, 'agenda-a': true }],
    ['all are here', ['relay-1', 'relay-2'], 0, { any: false, 'agenda-a': false }],
    ['the last moment', [], YOUNG_MS - 1, { any: true, 'agenda-a': true }],
    ['not young any more', [], YOUNG_MS, { any: false, 'agenda-a': false }],
  ])('may come: %s', (_name, here, passedMs, expected) => {
    const relays = begun();
    for (const relay of here) relays.arrived(relay);
    vi.setSystemTime(START + passedMs);
    for (const [vendor, may] of Object.entries(expected))
      expect(relays.mayCome(vendor === 'any' ? undefined : vendor), vendor).toBe(may);
  });

  const NEVER = START + 60_000;
  it.each<
    [string, { here?: string; atMs?: number; vendor?: string; untilMs?: number; isThere?: boolean }, number]
  >([
    ['when it is there already', { isThere: true }, 0],
    ['when no relay served it', { vendor: 'agenda-z' }, 0],
    ['when its relay came', { here: 'relay-1', atMs: 300, vendor: 'agenda-a' }, 300],
    ['not when another came', { here: 'relay-2', atMs: 300, vendor: 'agenda-a', untilMs: START + 900 }, 900],
    ['not when a stranger came', { here: 'relay-9', atMs: 300, untilMs: START + 900 }, 900],
    ['when the time is up', { untilMs: START + 700 }, 700],
    ['at once when it was up', { untilMs: START }, 0],
    ['when the hub is not young any more', {}, YOUNG_MS],
  ])('a wait ends %s', async (_name, { here, atMs, vendor, untilMs = NEVER, isThere = false }, endMs) => {
    const relays = begun();
    let endedMs: number | undefined;
    const wait = relays
      .wait({ isThere: () => isThere, untilMs, ...(vendor !== undefined && { vendor }) })
      .then(() => {
        endedMs = Date.now() - START;
      });
    if (here !== undefined) setTimeout(() => relays.arrived(here), atMs);
    for (let ms = 0; ms < YOUNG_MS + 200; ms += 100) await vi.advanceTimersByTimeAsync(100);
    await wait;
    expect(endedMs).toBe(endMs);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends each wait with an arrival, not the first alone', async () => {
    const relays = begun();
    const ends: number[] = [];
    const waitTwice = async (): Promise<void> => {
      for (let turn = 0; turn < 2; turn += 1) {
        await relays.nextUntil(START + 9_000);
        ends.push(Date.now() - START);
      }
    };
    const waits = waitTwice();
    setTimeout(() => relays.arrived('relay-1'), 100);
    setTimeout(() => relays.arrived('relay-1'), 200);
    setTimeout(() => relays.arrived('relay-2'), 300);
    await vi.advanceTimersByTimeAsync(1_000);
    await waits;
    expect(ends).toEqual([100, 300]);
  });
});

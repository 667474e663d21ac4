// What an isolate remembers of D1 between requests (worker/store/remembered.ts): fresh, aged, forgotten, D1 away or slow.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Limits, orAfter, type Reader, remember } from '../../../worker/store/remembered.ts';

describe('what is remembered', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const LIMITS = { freshMs: 1_000, patienceMs: 50 };
  /** A request at that time; what outlives it is in `behind`. */
  const behind: Promise<unknown>[] = [];
  const at = (startedMs: number): Reader => ({
    env: { DB: {} as Reader['env']['DB'] },
    startedMs,
    waitUntil: (promise) => behind.push(promise),
  });
  const counting = (answers: readonly (number | Error | Promise<number>)[]) => {
    let asked = 0;
    const memory = remember<number>(async () => {
      const answer = answers[asked] ?? new Error('no more');
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    });
    return {
      read: (nowMs: number, limits: Limits = LIMITS) => memory.read(at(nowMs), limits),
      memory,
      asked: () => asked,
    };
  };

  it('is read once while fresh, again when aged or forgotten', async () => {
    const { read, memory, asked } = counting([1, 2, 3]);
    expect(await read(0)).toBe(1);
    expect(await read(999)).toBe(1);
    expect(await read(1_000)).toBe(2);
    memory.forget();
    expect(await read(1_000)).toBe(3);
    expect(asked()).toBe(3);
  });

  it('stays when the store fails, and fails when nothing is known', async () => {
    const { read } = counting([1, new Error('away'), 3]);
    expect(await read(0)).toBe(1);
    expect(await read(5_000)).toBe(1);
    expect(await read(5_000)).toBe(3);
    await expect(counting([new Error('away')]).read(0)).rejects.toMatchObject({
      reason: 'storage-unavailable',
    });
  });

  it('a read that began before a change does not outlive it', async () => {
    const gate = Promise.withResolvers<number>();
    const { read, memory } = counting([gate.promise, 2]);
    const early = read(0);
    memory.forget();
    gate.resolve(1);
    expect(await early).toBe(1);
    expect(await read(0)).toBe(2);
  });

  it('is renewed behind the answer by one request, whatever D1 takes, while others go on with what is known', async () => {
    const gate = Promise.withResolvers<number>();
    const { read, asked } = counting([1, gate.promise]);
    expect(await read(0)).toBe(1);
    behind.length = 0;
    expect(await read(5_000)).toBe(1);
    expect(await read(5_001)).toBe(1);
    expect([asked(), behind.length]).toEqual([2, 1]);
    gate.resolve(2);
    await Promise.all(behind);
    expect(await read(5_002)).toBe(2);
  });

  it('is tried again when a renewal has died with its request', async () => {
    const { read } = counting([1, new Promise<number>(() => undefined), 3]);
    expect(await read(0)).toBe(1);
    expect(await read(5_000)).toBe(1);
    expect(await read(15_000)).toBe(3);
  });

  it('is given up in time when nothing is known and the store hangs', async () => {
    vi.useFakeTimers();
    const { read } = counting([new Promise<number>(() => undefined)]);
    const refused = expect(read(0, { ...LIMITS, firstMs: 20 })).rejects.toMatchObject({
      reason: 'storage-unavailable',
    });
    // Without that limit a store call may take six seconds.
    await vi.advanceTimersByTimeAsync(20);
    await refused;
  });

  it('is answered in time when the store hangs', async () => {
    expect(await orAfter(new Promise<number>(() => undefined), 5, 7)).toBe(7);
  });
});

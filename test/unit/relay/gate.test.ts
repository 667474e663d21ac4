// A vendor's places at the relay, and the queue of fair turns behind them.

import { describe, expect, it } from 'vitest';
import { Gate, GateFull } from '../../../relay/vendor/gate.ts';
import { FairQueue, type Turn } from '../../../shared/link/fair-queue.ts';

const turn = (caller: string, search = caller, weight?: number): Turn => ({
  caller,
  search,
  ...(weight !== undefined && { weight }),
});

describe('a fair queue', () => {
  const drain = (queue: FairQueue<string>): string[] => {
    const order: string[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next);
    return order;
  };

  it('serves callers in turn, and within a caller its searches', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'a4']) queue.push(turn('a', 'big'), item);
    queue.push(turn('a', 'small'), 'a-small');
    queue.push(turn('b'), 'b1');
    queue.push(turn('b'), 'b2');
    expect(drain(queue)).toEqual(['a1', 'b1', 'a-small', 'b2', 'a2', 'a3', 'a4']);
    expect(queue.size).toBe(0);
  });

  it('gives a caller its weight in each round', () => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 6; i += 1) queue.push(turn('a', 'a', 3), `a${i}`);
    for (let i = 0; i < 3; i += 1) queue.push(turn('b'), `b${i}`);
    expect(drain(queue)).toEqual(['a0', 'a1', 'a2', 'b0', 'a3', 'a4', 'a5', 'b1', 'b2']);
  });

  it('passes over turns that may not come, and keeps them', () => {
    const queue = new FairQueue<string>();
    queue.push(turn('a'), 'a1');
    queue.push(turn('b'), 'b1');
    expect(queue.shift(({ caller }) => caller === 'b')).toBe('b1');
    expect(queue.shift(({ caller }) => caller === 'b')).toBeUndefined();
    expect(drain(queue)).toEqual(['a1']);
  });

  it('takes away what came last of the longest search of the caller with most, by its weight', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3']) queue.push(turn('a', 'big'), item);
    queue.push(turn('a', 'small'), 'a-small');
    for (let i = 0; i < 6; i += 1) queue.push(turn('heavy', 'heavy', 4), `h${i}`);
    expect(queue.pop()).toBe('a3');
    expect(queue.delete(turn('a', 'big'), 'a3')).toBe(false);
    expect(queue.delete(turn('a', 'big'), 'a2')).toBe(true);
    expect(queue.size).toBe(8);
  });
});

describe('a gate', () => {
  const never = new AbortController().signal;
  /** Names in the order in which they were let in; `refused` of those that were not. */
  const enterAll = (gate: Gate, turns: readonly (readonly [string, Turn])[]) => {
    const entered: string[] = [];
    const refused: string[] = [];
    for (const [name, its] of turns) {
      const place = gate.enter(never, its);
      if (place === undefined) entered.push(name);
      else {
        place.then(
          () => entered.push(name),
          (error) => refused.push(error instanceof GateFull ? name : `${name}: ${error}`),
        );
      }
    }
    return { entered, refused };
  };
  const calls = (count: number, name: string, its: Turn): (readonly [string, Turn])[] =>
    Array.from({ length: count }, (_, i) => [`${name}${i}`, its]);
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('keeps its last places for a search and for a caller that have nothing under way', () => {
    const gate = new Gate(8, 100);
    const { entered } = enterAll(gate, [
      ...calls(20, 'big', turn('a', 'big')),
      ...calls(2, 'small', turn('a', 'small')),
      ...calls(2, 'other', turn('b', 'other')),
    ]);
    expect(entered).toEqual(['big0', 'big1', 'big2', 'big3', 'big4', 'big5', 'small0', 'other0']);
    expect([gate.running, gate.waiting]).toEqual([8, 16]);
  });

  it.each([1, 2, 3])('of %i places keeps none', (places) => {
    const gate = new Gate(places, 100);
    expect(enterAll(gate, calls(5, 'a', turn('a'))).entered).toHaveLength(places);
  });

  it('lets a small search in at the next place that is free, before what waited longer', async () => {
    const gate = new Gate(2, 100);
    const big = turn('a', 'big');
    const { entered } = enterAll(gate, calls(10, 'big', big));
    const later = enterAll(gate, calls(1, 'small', turn('b')));
    gate.leave(big);
    gate.leave(big);
    await settled();
    expect(entered).toEqual(['big0', 'big1', 'big2']);
    expect(later.entered).toEqual(['small0']);
  });

  it('is full at the cost of whoever waits for most', async () => {
    const gate = new Gate(1, 4);
    const big = enterAll(gate, calls(5, 'big', turn('a', 'big')));
    const small = enterAll(gate, calls(2, 'small', turn('b')));
    await settled();
    expect([big.refused, small.refused]).toEqual([['big4', 'big3'], []]);
    expect(gate.waiting).toBe(4);
    const more = enterAll(gate, calls(1, 'more', turn('a', 'big')));
    await settled();
    expect(more.refused).toEqual(['more0']);
  });

  it('fills all its places again when those who kept them free have gone', async () => {
    const gate = new Gate(8, 100);
    const a = turn('a');
    const b = turn('b');
    const { entered } = enterAll(gate, [...calls(10, 'a', a), ...calls(1, 'b', b)]);
    expect(entered).toHaveLength(7);
    for (let i = 0; i < 6; i += 1) gate.leave(a);
    gate.leave(b);
    await settled();
    expect(entered.slice(7)).toEqual(['a6', 'a7', 'a8', 'a9']);
    expect([gate.running, gate.waiting]).toEqual([4, 0]);
  });

  it('lets what is urgent pass all that waits, into any place', async () => {
    const gate = new Gate(4, 10);
    const a = turn('a');
    const { entered } = enterAll(gate, calls(6, 'a', a));
    expect(entered).toHaveLength(3);
    expect(gate.enter(never, undefined, true)).toBeUndefined();
    const urgent = gate.enter(never, undefined, true);
    gate.leave(a);
    await urgent;
    expect(entered).toHaveLength(3);
  });

  it('forgets what gives up', async () => {
    const gate = new Gate(1, 10);
    gate.enter(never, turn('a'));
    const leaving = new AbortController();
    const place = gate.enter(leaving.signal, turn('a'));
    leaving.abort(new Error('gone'));
    await expect(place).rejects.toThrow('gone');
    expect(gate.waiting).toBe(0);
    gate.leave(turn('a'));
    expect(gate.running).toBe(0);
  });
});

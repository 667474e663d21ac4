// The map that stays bounded, against a list that is kept in order by hand.
import { describe, expect, it } from 'vitest';
import { LruMap } from '../../../worker/base/lru-map.ts';

describe('bounded by count', () => {
  it('the least recently used gives way, and is told; looking changes nothing, reading does', () => {
    const gone: string[] = [];
    const map = new LruMap<string, number>({ max: 2, onEvicted: (key) => gone.push(key) });
    map.set('a', 1);
    map.set('b', 2);
    expect([map.peek('a'), map.size]).toEqual([1, 2]);
    map.set('c', 3);
    expect([gone, map.has('a'), map.get('b')]).toEqual([['a'], false, 2]);
    map.set('d', 4);
    expect([gone, [...map.keys()]]).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
    map.set('b', 5);
    map.delete('d');
    // What is set anew or deleted does not give way.
    expect([gone, [...map.keys()], map.get('b')]).toEqual([['a', 'c'], ['b'], 5]);
  });
});

describe('bounded by weight', () => {
  const make = () => new LruMap<string, string>({ maxWeight: 10, weigh: (value) => value.length });

  it('as many give way as it takes, at the bound none', () => {
    const map = make();
    for (const key of ['a', 'b']) map.set(key, '12345');
    expect([map.size, map.weight]).toEqual([2, 10]);
    map.set('c', '123456');
    expect([[...map.keys()], map.weight]).toEqual([['c'], 6]);
  });

  it('what weighs more alone is not taken, and what it was to replace is gone', () => {
    const map = make();
    map.set('a', '1');
    map.set('b', '2');
    map.set('a', '12345678901');
    expect([[...map.keys()], map.weight]).toEqual([['b'], 1]);
  });

  it('weighs right whatever is set, replaced and deleted, the key that is told included', () => {
    const map = make();
    let left = 1;
    for (let turn = 0; turn < 5_000; turn += 1) {
      // A fixed walk: a multiplicative generator.
      left = (left * 48_271) % 2_147_483_647;
      const key = `k${left % 7}`;
      if (left % 5 === 0) map.delete(key);
      else map.set(key, 'x'.repeat(left % 6));
      let weight = 0;
      map.forEach((value) => {
        weight += value.length;
      });
      expect(map.weight).toBe(weight);
      expect(weight).toBeLessThanOrEqual(10);
    }
    for (const key of map.keys()) map.delete(key);
    expect([map.size, map.weight]).toEqual([0, 0]);
  });
});

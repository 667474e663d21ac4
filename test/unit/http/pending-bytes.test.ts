// Who gives way when an isolate holds more for slow callers than it may.

import { describe, expect, it } from 'vitest';
import { callerLimits } from '../../../worker/base/caller-limits.ts';
import { PendingBytes } from '../../../worker/base/callers/pending-bytes.ts';

describe('pending bytes', () => {
  function scene(room: number, max = room) {
    const pending = new PendingBytes(room, max);
    const cut: string[] = [];
    const hold = (caller: string, name: string, bytes: number, nowMs = 0) => {
      const held = pending.hold(caller, () => cut.push(name), nowMs);
      held.add(bytes, nowMs);
      return held;
    };
    return { pending, cut, hold };
  }

  it('cuts, of the caller for whom most is held, what has not moved for longest', () => {
    const { pending, cut, hold } = scene(100);
    const first = hold('slow', 's1', 30, 1);
    hold('slow', 's2', 30, 2);
    hold('quick', 'q1', 40, 0);
    expect(cut).toEqual([]);
    first.take(10, 3);
    hold('quick', 'q2', 10, 4);
    expect(cut).toEqual([]);
    hold('other', 'o1', 1, 5);
    expect(cut).toEqual(['s2']);
    hold('other', 'o2', 40, 6);
    expect(cut).toEqual(['s2', 'q1']);
    expect([pending.of('slow'), pending.of('quick'), pending.of('other')]).toEqual([20, 10, 41]);
    expect(pending.bytes).toBe(71);
  });

  it('lets what moves pass the bound, up to the higher one, and cuts first what stands still', () => {
    const { pending, cut, hold } = scene(100, 300);
    hold('still', 'alone', 10, 0);
    const moving = hold('reader', 'r1', 90, 0);
    hold('reader', 'r2', 90, 1);
    hold('reader', 'r3', 90, 1_999);
    expect(cut).toEqual([]);
    moving.take(1, 1_999);
    hold('reader', 'r4', 1, 2_000);
    expect(cut).toEqual(['alone']);
    hold('other', 'o1', 100, 2_000);
    expect(cut).toEqual(['alone', 'r2']);
    expect(pending.bytes).toBe(280);
  });

  it('lets one caller read six answers of 11.5 MB at once', () => {
    const pending = new PendingBytes();
    const cut: number[] = [];
    const held = [0, 1, 2, 3, 4, 5].map((name) => pending.hold('sas', () => cut.push(name), 0));
    for (const one of held.slice(0, 5)) one.add(11.5e6, 0);
    expect(pending.of('sas')).toBeLessThan(callerLimits({})('front:sas').pendingMiB * 1024 * 1024);
    held[5]?.add(11.5e6, 1_000);
    expect(cut).toEqual([]);
  });

  it('lets one alone be larger than the bound, and cuts it for the next', () => {
    const { pending, cut, hold } = scene(100);
    hold('one', 'large', 500);
    expect(cut).toEqual([]);
    hold('two', 'small', 1);
    expect(cut).toEqual(['large']);
    expect(pending.bytes).toBe(1);
  });

  it('counts nothing any more of what has ended or was cut', () => {
    const { pending, cut, hold } = scene(100);
    const large = hold('one', 'large', 90);
    hold('two', 'small', 20);
    large.take(90, 1);
    large.add(50, 2);
    large.end();
    const ended = hold('three', 'ended', 10);
    ended.end();
    ended.end();
    expect([pending.bytes, pending.of('three')]).toEqual([20, 0]);
    expect(cut).toEqual(['large']);
  });
});

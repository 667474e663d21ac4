// What an isolate has been told of kept answers, and what the hub keeps: both stay within their bound, and nothing told
// once is told again while it stands.
import { describe, expect, it } from 'vitest';
import { KeptAnswers } from '../../../worker/hub/memory/kept/answers.ts';
import type { SubjectPart } from '../../../worker/hub/memory/kept/part.ts';
import { KnownRows } from '../../../worker/memory/known-rows.ts';

const NOW = 1_000;
const part = (subject: string, length: number, over: Partial<SubjectPart> = {}): SubjectPart => ({
  flow: 'INT_R01',
  subject,
  vendor: 'a',
  window: { fromMs: 0, toMs: 1 },
  saidMs: NOW,
  untilMs: NOW + 1,
  lines: 'x'.repeat(length),
  ...over,
});
const linesOf = (
  known: KnownRows,
  hub: KeptAnswers,
  subject: string,
  flow = 'INT_R01' as const,
): string[] => {
  const recalled = known.recall(flow, [subject]);
  const news = hub.newsFor(flow, [subject], recalled.known, NOW);
  const taken = known.take(flow, [subject], recalled, news, NOW).get(subject);
  return [...(taken?.values() ?? [])].map(({ lines }) => lines);
};
/** How many parts the hub would tell the isolate. */
const told = (known: KnownRows, hub: KeptAnswers, subject: string): number =>
  hub
    .newsFor('INT_R01', [subject], known.recall('INT_R01', [subject]).known, NOW)
    .rows.reduce((sum, { parts }) => sum + parts.length, 0);

describe('what an isolate knows', () => {
  it('is told once, and then only what is new', () => {
    const hub = new KeptAnswers('one');
    const known = new KnownRows();
    hub.keep([part('8a', 1), part('8a', 2, { vendor: 'b' })], NOW);
    expect(told(known, hub, '8a')).toBe(2);
    expect(linesOf(known, hub, '8a')).toEqual(['x', 'xx']);
    expect(told(known, hub, '8a')).toBe(0);
    expect(linesOf(known, hub, '8a')).toEqual(['x', 'xx']);
    hub.keep([part('8a', 3, { vendor: 'b', saidMs: NOW + 1 })], NOW);
    expect(told(known, hub, '8a')).toBe(1);
    expect(linesOf(known, hub, '8a')).toEqual(['x', 'xxx']);
  });

  it('is told anew by another hub, whose revisions say other things', () => {
    const known = new KnownRows();
    const first = new KeptAnswers('one');
    first.keep([part('8a', 1), part('8b', 1)], NOW);
    for (const subject of ['8a', '8b']) linesOf(known, first, subject);
    const second = new KeptAnswers('two');
    second.keep([part('8a', 2)], NOW);
    expect(linesOf(known, second, '8a')).toEqual(['xx']);
    expect(linesOf(known, second, '8b')).toEqual([]);
  });

  it('is not undone by a search that began before another one was told more', () => {
    const hub = new KeptAnswers('one');
    const known = new KnownRows();
    hub.keep([part('8a', 1)], NOW);
    const early = known.recall('INT_R01', ['8a']);
    const earlyNews = hub.newsFor('INT_R01', ['8a'], early.known, NOW);
    hub.keep([part('8a', 2, { saidMs: NOW + 1 })], NOW);
    linesOf(known, hub, '8a');
    known.take('INT_R01', ['8a'], early, earlyNews, NOW);
    expect(told(known, hub, '8a')).toBe(0);
    expect(linesOf(known, hub, '8a')).toEqual(['xx']);
  });

  it('keeps flows and people apart', () => {
    const hub = new KeptAnswers('one');
    const known = new KnownRows();
    hub.keep([part('8a', 1), part('8b', 2), part('8a', 3, { flow: 'INT_R04' })], NOW);
    expect(linesOf(known, hub, '8a')).toEqual(['x']);
    expect(linesOf(known, hub, '8b')).toEqual(['xx']);
    expect(known.recall('INT_R04', ['8a']).known.revisions).toEqual([0]);
  });

  it('stays within its bound: the least recently used leaves first, and what is larger is not remembered', () => {
    const hub = new KeptAnswers('one');
    const known = new KnownRows(10_000);
    for (let i = 0; i < 50; i += 1) {
      hub.keep([part('first', 100), part(`8${i}`, 200)], NOW);
      linesOf(known, hub, 'first');
      linesOf(known, hub, `8${i}`);
    }
    const subjects = ['first', ...Array.from({ length: 50 }, (_, i) => `8${i}`)];
    const { revisions } = known.recall('INT_R01', subjects).known;
    const kept = subjects.filter((_, i) => revisions[i] !== 0);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept).toEqual(['first', ...['846', '847', '848', '849'].slice(1 - kept.length)]);
    hub.keep([part('huge', 5_000)], NOW);
    expect(linesOf(known, hub, 'huge')).toHaveLength(1);
    expect(known.recall('INT_R01', ['huge']).known.revisions).toEqual([0]);
  });

  it('lets go of what is past its time, once it is the oldest', () => {
    const hub = new KeptAnswers('one');
    const known = new KnownRows();
    hub.keep([part('8a', 1), part('8b', 1, { untilMs: NOW + 100 })], NOW);
    for (const subject of ['8a', '8b']) linesOf(known, hub, subject);
    expect(known.size).toBe(2);
    const recalled = known.recall('INT_R01', ['8b']);
    known.take('INT_R01', ['8b'], recalled, { epoch: 'one', rows: [] }, NOW + 1);
    expect(known.size).toBe(1);
  });
});

describe('what the hub keeps', () => {
  const vendorsOf = (hub: KeptAnswers, subject = '8a'): string[] =>
    (hub.find('INT_R01', [subject]).get(subject) ?? [])
      .map(({ vendor, lines }) => `${vendor}${lines.length}`)
      .sort();

  it('is of all searches: two that keep parts of one subject lose nothing of each other', () => {
    const hub = new KeptAnswers('one');
    hub.keep([part('8a', 1, { vendor: 'a' }), part('8a', 1, { vendor: 'b' })], NOW);
    hub.keep([part('8a', 2, { vendor: 'b', saidMs: NOW + 2 }), part('8a', 1, { vendor: 'c' })], NOW);
    // Began earlier, told later.
    hub.keep([part('8a', 3, { vendor: 'b', saidMs: NOW + 1 }), part('8a', 1, { vendor: 'd' })], NOW);
    expect(vendorsOf(hub)).toEqual(['a1', 'b2', 'c1', 'd1']);
  });

  it('stays within its bound, counting "none" and every part that is added', () => {
    const hub = new KeptAnswers('one', 1_000_000);
    for (let i = 0; i < 1_000; i += 1)
      for (let vendor = 0; vendor < 20; vendor += 1)
        hub.keep([part(`8${i}`, 0, { vendor: `v${vendor}` })], NOW);
    expect(hub.size).toBeGreaterThan(100);
    expect(hub.size).toBeLessThan(200);
    expect(hub.fullness).toBeLessThanOrEqual(1);
  });

  it('holds nothing past its time', () => {
    const hub = new KeptAnswers('one');
    hub.keep([part('8a', 1, { untilMs: NOW })], NOW);
    expect(hub.size).toBe(0);
    hub.keep([part('8a', 1), part('8a', 1, { vendor: 'b', untilMs: NOW + 100 })], NOW);
    hub.keep([part('8a', 1, { vendor: 'c', untilMs: NOW + 100 })], NOW + 1);
    expect(vendorsOf(hub)).toEqual(['b1', 'c1']);
  });

  it('is written once, the last word of each, and only what outlives the writing', () => {
    const hub = new KeptAnswers('one');
    const written = (nowMs = NOW): string[] =>
      hub.takeUnwritten(nowMs, 10).map(({ subject, vendor, lines }) => `${subject} ${vendor}${lines.length}`);
    const long = { untilMs: NOW + 100 };
    hub.keep([part('8a', 1, long), part('8b', 1, { untilMs: NOW + 9 })], NOW);
    hub.keep([part('8a', 2, { ...long, saidMs: NOW + 1 })], NOW);
    expect(written()).toEqual(['8a a2']);
    expect(written()).toEqual([]);
    hub.keep([part('8a', 3, { ...long, vendor: 'b' })], NOW);
    expect(written()).toEqual(['8a b3']);
    hub.restore([part('8c', 3, long)], NOW);
    expect(written()).toEqual([]);
    expect(vendorsOf(hub, '8c')).toEqual(['a3']);
  });

  it('takes what is read back for no more than it is: the newer word stands', () => {
    const hub = new KeptAnswers('one');
    hub.keep([part('8a', 2, { saidMs: NOW + 1 })], NOW);
    hub.restore([part('8a', 1), part('8a', 1, { vendor: 'b' })], NOW);
    expect(vendorsOf(hub)).toEqual(['a2', 'b1']);
  });
});

import { expect, it } from 'vitest';
import type { KeptPart, KeptRow } from '../../../worker/memory/kept-row.ts';
import { KnownRows } from '../../../worker/memory/known-rows.ts';

const NOW = 1_000;
const part = (length: number, untilMs = NOW + 1): KeptPart => ({
  vendor: 'a',
  window: { fromMs: 0, toMs: 1 },
  saidMs: 0,
  untilMs,
  lines: 'x'.repeat(length),
});
const row = (subject: string, length: number, version = '1', untilMs = NOW + 1): KeptRow => ({
  subject,
  version,
  parts: [part(length, untilMs)],
});

it('keeps flows and people apart, and the newest version of each', () => {
  const known = new KnownRows();
  known.remember('INT_R01', row('8a', 10), NOW);
  known.remember('INT_R04', row('8a', 10, '2'), NOW);
  known.remember('INT_R01', row('8b', 10, '3'), NOW);
  known.remember('INT_R01', row('8b', 10, '4'), NOW);
  expect(known.get('INT_R01', '8a')?.version).toBe('1');
  expect(known.get('INT_R04', '8a')?.version).toBe('2');
  expect(known.get('INT_R01', '8b')?.version).toBe('4');
  expect(known.get('SOS', '8a')).toBeUndefined();
});

it('stays within its bound: the least recently remembered leaves first', () => {
  const known = new KnownRows(10_000);
  for (let i = 0; i < 50; i += 1) {
    known.remember('INT_R01', row('first', 100), NOW);
    known.remember('INT_R01', row(`8${i}`, 200), NOW);
  }
  expect(known.get('INT_R01', 'first')).toBeDefined();
  const kept = Array.from({ length: 50 }, (_, i) => known.get('INT_R01', `8${i}`)).filter(
    (one) => one !== undefined,
  );
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.map(({ subject }) => subject)).toEqual(['846', '847', '848', '849'].slice(-kept.length));
  known.remember('INT_R01', row('huge', 5_000), NOW);
  expect(known.get('INT_R01', 'huge')).toBeUndefined();
  known.remember('INT_R01', row('small', 10), NOW);
  expect(known.get('INT_R01', 'small')).toBeDefined();
});

it('counts a "none" too: many people of whom twenty vendors have nothing stay within the bound', () => {
  const known = new KnownRows(1_000_000);
  const none = Array.from({ length: 20 }, () => part(0));
  for (let i = 0; i < 1_000; i += 1)
    known.remember('INT_R01', { subject: `8${i}`, version: '1', parts: none }, NOW);
  expect(known.size).toBeGreaterThan(100);
  expect(known.size).toBeLessThan(200);
});

it('lets go of what is past its time, once it is the oldest', () => {
  const known = new KnownRows();
  known.remember('INT_R01', row('8a', 10, '1', NOW + 1), NOW);
  known.remember('INT_R01', row('8b', 10, '1', NOW + 100), NOW);
  expect(known.size).toBe(2);
  known.remember('INT_R01', row('8c', 10, '1', NOW + 100), NOW + 1);
  expect(known.get('INT_R01', '8a')).toBeUndefined();
  expect(known.size).toBe(2);
});

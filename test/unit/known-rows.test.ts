import { expect, it } from 'vitest';
import type { KeptRow } from '../../worker/vendors/kept-row.ts';
import { KnownRows } from '../../worker/vendors/known-rows.ts';

const row = (subject: string, length: number, version = '1'): KeptRow => ({
  subject,
  version,
  parts: [{ editor: 'a', window: { fromMs: 0, toMs: 1 }, saidMs: 0, untilMs: 1, lines: 'x'.repeat(length) }],
});

it('keeps flows and people apart, and the newest version of each', () => {
  const known = new KnownRows(1_000);
  known.remember('INT_R01', row('8a', 10));
  known.remember('INT_R04', row('8a', 10, '2'));
  known.remember('INT_R01', row('8b', 10, '3'));
  known.remember('INT_R01', row('8b', 10, '4'));
  expect(known.get('INT_R01', '8a')?.version).toBe('1');
  expect(known.get('INT_R04', '8a')?.version).toBe('2');
  expect(known.get('INT_R01', '8b')?.version).toBe('4');
  expect(known.get('SOS', '8a')).toBeUndefined();
});

it('stays within its bound: the least recently remembered leaves first', () => {
  const known = new KnownRows(1_000);
  for (let i = 0; i < 50; i += 1) {
    known.remember('INT_R01', row('first', 100));
    known.remember('INT_R01', row(`8${i}`, 200));
  }
  expect(known.get('INT_R01', 'first')).toBeDefined();
  const kept = Array.from({ length: 50 }, (_, i) => known.get('INT_R01', `8${i}`)).filter(
    (one) => one !== undefined,
  );
  expect(kept.map(({ subject }) => subject)).toEqual(['846', '847', '848', '849'].slice(-kept.length));
  known.remember('INT_R01', row('huge', 5_000));
  expect(known.get('INT_R01', 'huge')).toBeUndefined();
  known.remember('INT_R01', row('small', 10));
  expect(known.get('INT_R01', 'small')).toBeDefined();
});

// What comes out of the entries known is what JSON.parse gives, whatever was read before; what is met again is the very
// same object; and no more is kept than allowed.

import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { KnownEntries } from '../../../relay/reading/bundle-bytes/known-entries.ts';

const DEPTH = 64;
const BOUNDS = { depthMax: DEPTH, valuesMax: 100_000 };
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const entry = (id: string, more = {}) => ({
  fullUrl: `https://agenda.example/fhir/Slot/${id}`,
  resource: { resourceType: 'Slot', id, comment: 'x'.repeat(100), ...more },
});
const bundle = (...entries: unknown[]) => ({ resourceType: 'Bundle', type: 'searchset', entry: entries });

function jsonOf(known: KnownEntries, body: Buffer): unknown {
  const read = known.read(body, BOUNDS);
  return typeof read === 'object' ? read.json : read;
}

function entriesOf(known: KnownEntries, value: unknown): readonly unknown[] {
  const read = jsonOf(known, bytes(value)) as { entry: unknown[] };
  expect(read).toEqual(value);
  return read.entry;
}

afterEach(() => {
  vi.useRealTimers();
});

test('gives out the same object for the same bytes, wherever they stand', () => {
  const known = new KnownEntries();
  const [a, b, c] = entriesOf(known, bundle(entry('a'), entry('b'), entry('c')));
  expect(entriesOf(known, bundle(entry('c'), entry('a')))).toEqual([c, a]);
  const again = entriesOf(known, bundle(entry('x'), entry('b'), entry('a'), entry('c')));
  expect(again[1]).toBe(b);
  expect(again[2]).toBe(a);
  expect(again[3]).toBe(c);
});

test('takes nothing for known that differs in one byte', () => {
  const known = new KnownEntries();
  const [before] = entriesOf(known, bundle(entry('a', { start: '2026-11-24T10:00:00.000+01:00' })));
  const [after] = entriesOf(known, bundle(entry('a', { start: '2026-11-24T11:00:00.000+01:00' })));
  expect(after).not.toBe(before);
  const [longer] = entriesOf(known, bundle(entry('a', { start: '2026-11-24T11:00:00.000+01:00', end: 1 })));
  expect(longer).not.toBe(after);
});

test.each([
  ['blanks', ' {"resourceType" : "Bundle",\n\t"entry" : [ {"a":[]} ,\r\n {"b":"]}"} ] } '],
  ['no entry at all', '{"resourceType":"Bundle","entry":[]}'],
  ['entry first', '{"entry":[{"a":1}],"total":1}'],
  ['the word elsewhere', '{"type":"entry","x":{"entry":[{"a":1}]},"entry":[{"b":"\\"entry\\":["}]}'],
  [
    'accents and bytes that are no UTF-8',
    Buffer.from('{"entry":[{"a":"\xc3\xa9\xff"}],"b":"\xe2"}', 'latin1'),
  ],
])('reads a Bundle with %s', (_what, text) => {
  const body = Buffer.from(text as string);
  const parsed: unknown = JSON.parse(body.toString());
  const known = new KnownEntries();
  for (let times = 0; times < 3; times += 1) expect(jsonOf(known, body)).toEqual(parsed);
});

test.each([
  ['no entry', '{"resourceType":"Bundle"}'],
  ['an entry that is no list', '{"entry":{}}'],
  ['an entry that is no object', '{"entry":[{},1]}'],
  ['entry twice', '{"entry":[{"a":1}],"entry":[{"b":1}]}'],
  ['entry twice, once escaped', '{"entry":[{"a":1}],"\\u0065ntry":[]}'],
  ['a list', '["entry",[{}]]'],
  ['a comma too many', '{"entry":[{},]}'],
  ['an entry cut short', '{"entry":[{"a":1'],
  ['a list cut short', '{"entry":[{"a":1}'],
  ['brackets that do not match', '{"entry":[{"a":[}]}]}'],
  ['something behind it', '{"entry":[{"a":1}]} x'],
  ['nothing', ''],
])('leaves %s to be parsed as a whole', (_what, text) => {
  const known = new KnownEntries();
  expect(jsonOf(known, Buffer.from(text))).toBeUndefined();
  expect(jsonOf(known, Buffer.from(text))).toBeUndefined();
});

test('accepts the depth allowed and refuses one more, in an entry and beside', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  for (const [make, around] of [
    [(inner: string) => `{"entry":[{"a":${inner}}]}`, 3],
    [(inner: string) => `{"entry":[{}],"a":${inner}}`, 1],
    [(inner: string) => `{"a":${inner},"entry":[{}]}`, 1],
  ] as const) {
    const read = (depth: number): unknown =>
      jsonOf(new KnownEntries(), Buffer.from(make(nested(depth - around))));
    expect(read(DEPTH)).toBeInstanceOf(Object);
    expect(['too-deep', undefined]).toContain(read(DEPTH + 1));
  }
});

test('is JSON.parse, whatever was read before', () => {
  const known = new KnownEntries();
  let reused = 0;
  const texts = fc.array(
    fc.oneof(
      fc.nat(30).map((n) => entry(`slot-${n}`)),
      fc.object({ maxDepth: 3 }),
    ),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(texts, fc.object({ maxDepth: 1 }), fc.nat(), (entries, more, cut) => {
      const text = JSON.stringify({ ...more, entry: entries, total: entries.length });
      const read = jsonOf(known, Buffer.from(text));
      if (read !== undefined) {
        expect(read).toEqual(JSON.parse(text));
        reused += 1;
      }
      const broken = text.slice(0, cut % text.length);
      expect(jsonOf(known, Buffer.from(broken))).toBeUndefined();
    }),
    { numRuns: 500 },
  );
  expect(reused).toBeGreaterThan(350);
});

test('keeps no more than its bytes', () => {
  const known = new KnownEntries();
  const filler = 'x'.repeat(10_000);
  for (let page = 0; page < 400; page += 1) {
    jsonOf(known, bytes(bundle(...Array.from({ length: 20 }, (_, n) => entry(`${page}-${n}`, { filler })))));
  }
  expect(known.size).toBeGreaterThan(50);
  expect(known.size).toBeLessThan(220);
});

test('forgets what is not met again for ten minutes, and keeps what is', () => {
  vi.useFakeTimers();
  const known = new KnownEntries();
  const [kept] = entriesOf(known, bundle(entry('kept'), entry('left')));
  for (let minute = 0; minute < 20; minute += 4) {
    vi.advanceTimersByTime(4 * 60_000);
    expect(entriesOf(known, bundle(entry('kept')))[0]).toBe(kept);
  }
  expect(known.size).toBe(1);
  vi.advanceTimersByTime(10 * 60_000);
  expect(known.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('reads as a whole what is mostly new, learns some of it, and more as soon as something is known', () => {
  const known = new KnownEntries();
  const filler = 'x'.repeat(1_000);
  const page = (name: string) =>
    bundle(...Array.from({ length: 40 }, (_, n) => entry(`${name}-${n}`, { filler })));
  const learnt = (names: string): string =>
    [...names].filter((name) => jsonOf(known, bytes(page(name))) !== undefined).join('');
  expect(learnt('abcdefghijkl')).toBe('acg');
  expect(learnt('a')).toBe('a');
  expect(learnt('mnop')).toBe('mo');
});

test('leaves an answer that it could not keep', () => {
  const known = new KnownEntries();
  const page = (length: number) => bytes(bundle(entry('a', { filler: 'x'.repeat(length) })));
  expect(jsonOf(known, page(2_000_000))).toBeDefined();
  expect(jsonOf(known, page(2_100_000))).toBeUndefined();
});

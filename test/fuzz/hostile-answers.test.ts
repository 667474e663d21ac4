// A vendor's answers drawn to cost as much as they can: any value, text or key, as often as there is room for, anywhere in a
// sound answer, under any coding, whole or cut, on any number of pages. Each ends by name, or is read, within a bound of
// CPU on the thread that holds the link, of CPU on the reader's, and of memory; and another vendor's answer that waits
// behind it is whole. Prints what the worst took. Replay with FUZZ_SEED=n; more by FUZZ_RUNS=n.

import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { SentPage } from '../../relay/reading/answer-reading.ts';
import { Readers, type VendorReader } from '../../relay/reading/readers.ts';
import { VENDOR_BODY_BYTES_MAX } from '../../shared/limits.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { formatInstant } from '../../shared/time.ts';
import { answer, type Json, RPPS, SIRET, slot, sosAnswer } from '../support/samples/vendor-bundle.ts';
import { SEED } from '../support/seed.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 24);
const PAGES_MAX = 3;
/** Of the main thread, in one answer: the link's heartbeat waits for no longer. A page that is read there takes a few. */
const MAIN_CPU_MS_MAX = 200;
/** Of a reader's thread, in one page: it is ended at a second, found out a tick or two later. */
const READER_CPU_MS_MAX = 3_000;
/** Of this whole process: two threads with all that they may hold, and more than that for the answers that are made here. */
const MEMORY_BYTES_MAX = 2_500_000_000;

const worst = { mainMs: 0, readerMs: 0, bytes: 0 };
const ends = new Map<string, number>();
const readers = new Readers({
  threads: 1,
  onLost: (_editor, bound) =>
    void ends.set(`thread ended: ${bound}`, (ends.get(`thread ended: ${bound}`) ?? 0) + 1),
});
afterAll(() => readers.close());

const HOLE = 'the-hole';
const NUMBERS = ['0', '-0', '9'.repeat(400), `0.${'0'.repeat(300)}1e-300`, '1e400', '1E+2'];
const TEXTS = [
  'a',
  ' ',
  '0',
  '\\"',
  '\\\\',
  '\\u0000',
  '\\ud800',
  '\\u005c',
  'é',
  '🩺',
  '+33 8',
  '08 ',
  '2026-11-24T',
  ':',
  '://',
  '%2F',
  '#',
  '|',
  '.',
];

/** What stands in the hole, once; `rank` is a number that no other has. */
const item = fc.oneof(
  fc.constantFrom('{}', '[]', '""', 'null', ...NUMBERS).map((text) => () => text),
  fc
    .tuple(fc.constantFrom(...TEXTS), fc.integer({ min: 1, max: 200_000 }))
    .map(([text, length]) => once(() => `"${text.repeat(Math.ceil(length / text.length))}"`)),
  fc.integer({ min: 1, max: 70 }).map((depth) => once(() => `${'['.repeat(depth)}${']'.repeat(depth)}`)),
  fc.integer({ min: 1, max: 70 }).map((depth) => once(() => `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`)),
  fc
    .integer({ min: 1, max: 40 })
    .map(
      (keys) => (rank: number) =>
        `{${Array.from({ length: keys }, (_, key) => `"k${rank}-${key}":0`).join(',')}}`,
    ),
  fc.constant((rank: number) => `{"system":"phone","value":"+3356${String(rank).padStart(7, '0')}"}`),
  fc.constant((rank: number) => `{"reference":"Schedule/${rank}","identifier":{"value":"${RPPS}"}}`),
  fc.constant((rank: number) => `{"relation":"next","url":"https://vendor.example/fhir/Slot?${rank}"}`),
  fc.constant((rank: number) => `{"resource":{"resourceType":"Slot","id":"s${rank}","status":"free"}}`),
  fc.constant((rank: number) => `{"url":"u${rank}","extension":[{"url":"v","valueString":"w"}]}`),
);
type Item = typeof item extends fc.Arbitrary<infer Value> ? Value : never;

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** How the items stand in the hole. */
const FILLS: Readonly<Record<string, (items: Iterable<string>) => string>> = {
  list: (items) => `[${[...items].join(',')}]`,
  keys: (items) => `{${[...items].map((one, rank) => `"k${rank}":${one}`).join(',')}}`,
  'one key': (items) => `{${[...items].map((one) => `"a":${one}`).join(',')}}`,
  'lists in lists': (items) => `[[${[...items].join('],[')}]]`,
};

const FROM_MS = Date.now();
const HOUR_MS = 3_600_000;
const free = slot({
  start: formatInstant(FROM_MS + 10 * HOUR_MS, 60),
  end: formatInstant(FROM_MS + 10 * HOUR_MS + 900_000, 60),
});
const SOUND: Readonly<Record<Flow, Json>> = {
  INT_R01: answer([free]),
  INT_R04: answer([free]),
  SOS: sosAnswer([free]),
};

/** Each value of a sound answer, by its path. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

/** The answer with the hole in place of what stands at the path. */
function withHole(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (key === undefined) return HOLE;
  if (Array.isArray(value))
    return value.map((inner, at) => (String(at) === key ? withHole(inner, rest) : inner));
  const object = value as Json;
  return { ...object, [key]: withHole(object[key], rest) };
}

const CODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body, { level: 1 }),
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  deflate: (body) => deflateSync(body, { level: 1 }),
  'deflate raw': (body) => deflateRawSync(body, { level: 1 }),
  zstd: (body) => zstdCompressSync(body),
  'gzip in gzip': (body) => gzipSync(gzipSync(body, { level: 1 })),
  'gzip members': (body) => {
    const half = body.length >> 1;
    return Buffer.concat([gzipSync(body.subarray(0, half)), gzipSync(body.subarray(half))]);
  },
  none: (body) => body,
};
const ENCODINGS: Readonly<Record<string, string>> = {
  'deflate raw': 'deflate',
  'gzip in gzip': 'gzip, gzip',
  'gzip members': 'gzip',
};

/** Nine times of ten one of the first. */
const often = <T>(first: readonly T[], others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const page = fc.record({
  flow: fc.constantFrom<Flow>('INT_R01', 'INT_R04', 'SOS'),
  where: fc.nat(),
  item,
  fill: fc.constantFrom(...Object.keys(FILLS)),
  /** Of the text, as a power of two: a little more than is taken of an answer. */
  size: fc.oneof(...[10, 20].map((min) => fc.double({ min, max: 24.2, noNaN: true }))),
  coder: often(['gzip', 'br', 'deflate', 'none'], Object.keys(CODERS)),
  charset: often(['utf8'], ['utf16le', 'latin1']),
  cut: often([0], [1, 9]),
});
type Page = typeof page extends fc.Arbitrary<infer Value> ? Value : never;

function write({ flow, where, item, fill, size, coder, charset, cut }: Page): SentPage {
  const paths = pathsOf(SOUND[flow]);
  const holed = JSON.stringify(withHole(SOUND[flow], paths[where % paths.length] ?? []));
  const text = holed.replace(`"${HOLE}"`, () =>
    (FILLS[fill] as (typeof FILLS)[string])(itemsFor(item, 2 ** size)),
  );
  const mark = charset === 'utf16le' ? '\ufeff' : '';
  const whole = (CODERS[coder] as (typeof CODERS)[string])(
    Buffer.from(mark + text, charset as BufferEncoding),
  );
  const sent = whole.subarray(0, whole.length - cut).subarray(0, VENDOR_BODY_BYTES_MAX);
  // As the relay holds it: threads share it.
  const body = new Uint8Array(new SharedArrayBuffer(sent.length));
  body.set(sent);
  return {
    body,
    encoding: coder === 'none' ? undefined : (ENCODINGS[coder] ?? coder),
    contentType: `application/fhir+json; charset=${charset === 'utf16le' ? 'utf-16' : charset}`,
    status: 200,
    noStore: false,
  };
}

function* itemsFor(item: Item, size: number): Generator<string> {
  for (let rank = 0, length = 0; length < size; rank += 1) {
    const text = item(rank);
    length += text.length + 1;
    yield text;
  }
}

function ask(vendor: VendorReader, flow: Flow) {
  const subjects = [flow === 'SOS' ? SIRET : RPPS];
  const question = { call: 0, editor: vendor.editor, flow, subjects, trace: false };
  return vendor.ask({ ...question, fromMs: FROM_MS, toMs: FROM_MS + 48 * HOUR_MS, startedMs: 0 });
}

/** Only a hang reaches it. */
const forever = (): AbortSignal => AbortSignal.timeout(240_000);
const lateness = () => ({ reason: 'timeout' }) as const;

/** What became of the pages, in a word. */
async function read(vendor: VendorReader, pages: readonly SentPage[], flow: Flow): Promise<string> {
  const call = ask(vendor, flow);
  for (const sent of pages) {
    const step = await call.add(sent, forever(), lateness);
    if (step.kind === 'next') continue;
    const { failure, shown } = step.answer.facts;
    return failure === undefined
      ? shown > 0
        ? 'read'
        : 'read, nothing shown'
      : `${failure.reason} ${failure.bound ?? ''}`;
  }
  const step = await call.finish({ reason: 'too-many-pages' }, forever());
  return step.kind === 'done' ? (step.answer.facts.failure?.reason ?? 'read') : 'asks for more';
}

const other = readers.open('agenda-other');
const neighbour: SentPage = { ...write0(), status: 200, noStore: false };

/** Read on a thread, as it is compressed. */
function write0(): Pick<SentPage, 'body' | 'encoding' | 'contentType'> {
  return { body: gzipSync(JSON.stringify(answer([free]))), encoding: 'gzip', contentType: undefined };
}

it(`costs a share, however it is written (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: PAGES_MAX }), async (drawn) => {
      const pages = drawn.map(write);
      const flow = drawn[0]?.flow ?? 'INT_R01';
      const hostile = readers.open('agenda-hostile');
      const before = process.threadCpuUsage();
      const [end, beside] = await Promise.all([
        read(hostile, pages, flow),
        read(other, [neighbour], 'INT_R01'),
      ]);
      const { user, system } = process.threadCpuUsage(before);
      hostile.close();
      ends.set(end, (ends.get(end) ?? 0) + 1);
      worst.mainMs = Math.max(worst.mainMs, (user + system) / 1_000);
      worst.readerMs = Math.max(worst.readerMs, hostile.cpuMs / pages.length);
      worst.bytes = Math.max(worst.bytes, process.memoryUsage.rss());
      expect(beside).toBe('read');
      expect((user + system) / 1_000).toBeLessThan(MAIN_CPU_MS_MAX);
      expect(hostile.cpuMs).toBeLessThan(READER_CPU_MS_MAX * pages.length);
      expect(worst.bytes).toBeLessThan(MEMORY_BYTES_MAX);
    }),
    { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 3_000_000, endOnFailure: true },
  );
  const told = [...ends]
    .sort(([, one], [, two]) => two - one)
    .map(([end, count]) => `${count} ${end.trim()}`);
  console.info(
    `hostile answers: ${RUNS} drawn; at worst ${Math.round(worst.mainMs)} ms of the main thread, ` +
      `${Math.round(worst.readerMs)} ms of a reader a page, ${Math.round(worst.bytes / 1e6)} MB; ${told.join(', ')}`,
  );
  // It drew something that is refused by its count, and not only that.
  expect(ends.size).toBeGreaterThan(2);
}, 3_600_000);

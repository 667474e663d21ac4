// A vendor that means harm: answers within every bound of bytes that cost whoever reads them as much as they can in memory,
// CPU or time. Bodies are written compressed where that makes them small to send. Each has a name; docs/sandbox.md lists them.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Exchange, Reply } from '../exchange.ts';

const gzipAsync = promisify(gzip);
const MEBIBYTE = 1 << 20;
/** Just inside of what SAS's callers take of one answer. */
const BODY_BYTES = 16 * MEBIBYTE - 64 * 1024;

type Json = Record<string, unknown>;

/** Bodies, from the sound answer to the same question. */
const BODIES: Readonly<Record<string, (sound: string, url: string) => string>> = {
  values: () => list('{}'),
  contained: () => bundleOf(`{"resource":{"resourceType":"Slot","id":"s","contained":${list('{}')}}}`),
  extension: () =>
    bundleOf(`{"resource":{"resourceType":"Slot","id":"s","extension":${list('{"url":""}')}}}`),
  numbers: () => bundleOf(list(`${'9'.repeat(400)}.${'9'.repeat(400)}e-99`)),
  duplicates: () => `{"resourceType":"Bundle","type":"searchset"${',"entry":[]'.repeat(BODY_BYTES / 11)}}`,
  nested: () => bundleOf(list(`${'['.repeat(56)}${']'.repeat(56)}`)),
  escapes: () =>
    bundleOf(`{"resource":{"resourceType":"Slot","id":"${String.raw`\"[{,`.repeat(BODY_BYTES / 6)}"}}`),
  keys: () => bundleOf(Array.from({ length: 19_999 }, (_, rank) => slotOfOwnKeys(rank)).join(',')),
  slots: (sound) => manySlots(sound, 6_000),
  strings: (sound) => longTexts(sound, 200_000),
  agendas: (sound) => manyAgendas(sound, 1_500),
  next: (sound) => withNext(sound, `https://ailleurs.sandbox.test/${'?'.repeat(8 * MEBIBYTE)}`),
  pages: (sound, url) => withNext(sound, nextPage(url), { filling: list('0', 40_000) }),
  'small-pages': (sound, url) => withNext(sound, nextPage(url), { filling: list('0', 1_000) }),
};

const SENDERS: Readonly<Record<string, (exchange: Exchange, reply: Reply) => Promise<void>>> = {
  drip: async (exchange) => {
    exchange.response.writeHead(200, { 'Content-Type': 'application/fhir+json' });
    for (;;) {
      await exchange.write(' ');
      await exchange.wait(50);
    }
  },
  pieces: async (exchange) => {
    exchange.response.writeHead(200, {
      'Content-Type': 'application/fhir+json',
      'Transfer-Encoding': 'chunked',
    });
    exchange.response.flushHeaders();
    // Node would join them.
    const pieces = '1\r\n \r\n'.repeat(10_000);
    for (;;) {
      exchange.response.socket?.write(pieces);
      await exchange.wait(5);
    }
  },
  interim: async (exchange) => {
    for (;;) {
      for (let answer = 0; answer < 100; answer += 1) exchange.response.writeProcessing();
      await exchange.wait(1);
    }
  },
  unfinished: async (exchange) => {
    exchange.response.writeHead(200, { 'Content-Type': 'application/fhir+json' });
    const blanks = Buffer.alloc(MEBIBYTE, ' ');
    for (let sent = 0; sent < BODY_BYTES - MEBIBYTE; sent += MEBIBYTE) await exchange.write(blanks);
    await exchange.waitForever();
  },
};

export const HOSTILE_FORMS: readonly string[] = [...Object.keys(BODIES), ...Object.keys(SENDERS)];

/** The same bytes each time: made once. */
const made = new Map<string, Promise<Buffer>>();

export async function deliverHostile(exchange: Exchange, reply: Reply, form: string): Promise<void> {
  const send = SENDERS[form];
  if (send !== undefined) return send(exchange, reply);
  const make = BODIES[form];
  if (make === undefined) throw new Error(`pas de forme ${form}`);
  const write = (): Promise<Buffer> =>
    gzipAsync(make(Buffer.from(reply.body).toString('utf8'), exchange.request.url ?? ''), { level: 1 });
  let body = made.get(form);
  // What does not begin with the sound answer is always the same.
  if (body === undefined) {
    body = write();
    if (make.length === 0) made.set(form, body);
  }
  exchange.send({ ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' }, body: await body });
}

/** As many as there is room for, or so many. */
function list(item: string, count = Math.floor(BODY_BYTES / (item.length + 1))): string {
  return `[${`${item},`.repeat(count)}${item}]`;
}

function bundleOf(entries: string): string {
  return `{"resourceType":"Bundle","type":"searchset","entry":[${entries}]}`;
}

function entriesOf(
  sound: string,
  type: string,
): { readonly bundle: Json; readonly all: Json[]; readonly mine: Json[] } {
  const bundle = JSON.parse(sound) as Json;
  const all = (bundle.entry ?? []) as Json[];
  return { bundle, all, mine: all.filter(({ resource }) => (resource as Json).resourceType === type) };
}

/** The first slot so many times, each at a time of its own. */
function manySlots(sound: string, count: number): string {
  const { bundle, all, mine } = entriesOf(sound, 'Slot');
  const [first] = mine;
  if (first === undefined) return sound;
  const slot = first.resource as Json;
  const startMs = Date.parse(String(slot.start));
  const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
  const slots = Array.from({ length: count }, (_, rank) => {
    const id = `hostile-${rank}`;
    const at = startMs + rank * 1000;
    const resource = { ...slot, id, start: iso(at), end: iso(at + 900_000) };
    return { ...first, fullUrl: String(first.fullUrl).replace(/[^/]+$/, id), resource };
  });
  const others = all.filter((entry) => !mine.includes(entry)).slice(0, 900);
  return JSON.stringify({ ...bundle, total: count, entry: [...slots, ...others] });
}

function slotOfOwnKeys(rank: number): string {
  const keys = Array.from({ length: 9 }, (_, key) => `"k${rank}-${key}":0`).join(',');
  return `{"resource":{"resourceType":"Slot","id":"s${rank}",${keys}}}`;
}

/** Every text of the answer becomes a long one that looks as if it went on being what it is. */
function longTexts(sound: string, length: number): string {
  const { bundle, all } = entriesOf(sound, 'Slot');
  let left = BODY_BYTES / 2;
  const grow = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(grow);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, grow(inner)]));
    if (typeof value !== 'string' || left < length) return value;
    left -= length;
    const last = value.slice(-1) || ' ';
    return value + ` ${last}`.repeat(length / 2);
  };
  return JSON.stringify({
    ...bundle,
    entry: all.map((entry) => ({ ...entry, resource: grow(entry.resource) })),
  });
}

/** The same place under thousands of agendas, roles and names. */
function manyAgendas(sound: string, count: number): string {
  const { bundle, all } = entriesOf(sound, 'Schedule');
  const of = (type: string): Json | undefined =>
    all.find(({ resource }) => (resource as Json).resourceType === type)?.resource as Json | undefined;
  const [slot, schedule, role, person] = ['Slot', 'Schedule', 'PractitionerRole', 'Practitioner'].map(of);
  if (!slot || !schedule || !role || !person) return sound;
  const entries = [{ resource: person }] as Json[];
  for (let rank = 0; rank < count; rank += 1) {
    const actor = [{ reference: `PractitionerRole/r${rank}` }];
    entries.push(
      { resource: { ...slot, id: `s${rank}`, schedule: { reference: `Schedule/a${rank}` } } },
      { resource: { ...schedule, id: `a${rank}`, actor } },
      {
        resource: {
          ...role,
          id: `r${rank}`,
          practitioner: { reference: `Practitioner/${String(person.id)}` },
        },
      },
    );
  }
  return JSON.stringify({ ...bundle, total: count, entry: entries });
}

function withNext(sound: string, url: string, more: { readonly filling?: string } = {}): string {
  const head = JSON.stringify({ ...(JSON.parse(sound) as Json), link: [{ relation: 'next', url }] });
  return more.filling === undefined ? head : `${head.slice(0, -1)},"extension":${more.filling}}`;
}

/** The search itself again, at an address that is not the same. */
function nextPage(url: string): string {
  return url.replace('?', '/?');
}

// Table `availability`: kept answers as the hub writes them behind, many of one moment in one compressed page, so that a
// hub that starts again finds what still holds. Nothing waits for it, and what cannot be written is asked again.
// docs/cache.md.

import * as v from 'valibot';
import { guardIdempotent, guardStore } from '../../../store/guard.ts';
import type { SubjectPart } from './part.ts';

/** Characters before compression, which takes the hub's thread some 25 ms for so many: searches pass between two pages. */
const PAGE_LENGTH_MAX = 1_000_000;
/** D1 holds 2 MB in a row. */
const PAGE_BYTES_MAX = 1_900_000;

/** Of what a page holds. A page of another form is another release's, and is not read. */
const FORMAT = 1;
const pageSchema = v.object({
  format: v.literal(FORMAT),
  parts: v.array(
    v.tuple([
      v.picklist(['INT_R01', 'INT_R04', 'SOS']),
      v.string(),
      v.string(),
      v.number(),
      v.number(),
      v.number(),
      v.number(),
      v.string(),
    ]),
  ),
});
type PageRow = v.InferOutput<typeof pageSchema>['parts'][number];

/** Some pages of kept answers; `id` orders them by when they were written. */
export interface KeptPage {
  readonly id: number;
  readonly parts: readonly SubjectPart[];
}

/** Writes these parts as one page or a few; returns the bytes written. @throws GatewayError storage-unavailable. */
export async function writePages(db: D1Database, parts: readonly SubjectPart[]): Promise<number> {
  let bytes = 0;
  for (const page of divide(parts)) {
    const body = await compress(JSON.stringify({ format: FORMAT, parts: page.map(toRow) }));
    if (body.byteLength > PAGE_BYTES_MAX) continue;
    const untilMs = Math.max(...page.map((part) => part.untilMs));
    const insert = db
      .prepare('INSERT INTO availability (until_ms, body) VALUES (?1, ?2)')
      .bind(untilMs, body);
    await guardStore(() => insert.run());
    bytes += body.byteLength;
  }
  return bytes;
}

/** The newest page written before that one in which something may still hold. @throws GatewayError storage-unavailable. */
export async function readPageBefore(
  db: D1Database,
  id: number,
  nowMs: number,
): Promise<KeptPage | undefined> {
  const row = await guardIdempotent(() =>
    db
      .prepare('SELECT id, body FROM availability WHERE id < ?1 AND until_ms > ?2 ORDER BY id DESC LIMIT 1')
      .bind(id, nowMs)
      .first<{ id: number; body: ArrayBuffer | readonly number[] }>(),
  );
  return row === null ? undefined : { id: row.id, parts: await readPage(new Uint8Array(row.body)) };
}

/** How many pages were forgotten. @throws GatewayError storage-unavailable. */
export async function purgePages(db: D1Database, nowMs: number): Promise<number> {
  const { meta } = await guardIdempotent(() =>
    db.prepare('DELETE FROM availability WHERE until_ms <= ?1').bind(nowMs).run(),
  );
  return meta.changes;
}

/** Nothing when it is not whole, or of another release's form: it is then as good as not kept. */
async function readPage(body: Uint8Array): Promise<SubjectPart[]> {
  try {
    return v.parse(pageSchema, JSON.parse(await decompress(body))).parts.map(toPart);
  } catch {
    return [];
  }
}

function toRow({ flow, subject, vendor, window, saidMs, untilMs, lines }: SubjectPart): PageRow {
  return [flow, subject, vendor, window.fromMs, window.toMs, saidMs, untilMs, lines];
}

function toPart([flow, subject, vendor, fromMs, toMs, saidMs, untilMs, lines]: PageRow): SubjectPart {
  return { flow, subject, vendor, window: { fromMs, toMs }, saidMs, untilMs, lines };
}

function divide(parts: readonly SubjectPart[]): SubjectPart[][] {
  const pages: SubjectPart[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    length += part.lines.length;
    if (length > PAGE_LENGTH_MAX) {
      pages.push([]);
      length = part.lines.length;
    }
    pages.at(-1)?.push(part);
  }
  return pages;
}

function compress(text: string): Promise<ArrayBuffer> {
  return new Response(new Response(text).body?.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
}

function decompress(bytes: Uint8Array): Promise<string> {
  return new Response(
    new Response(bytes as BodyInit).body?.pipeThrough(new DecompressionStream('gzip')),
  ).text();
}

// The kept answers that this isolate of the Worker has been told, so that the hub need not tell them again and they are
// parsed once. The hub says which of them still hold. Bounded by the memory they take; the least recently used leaves
// first, and those past their time with it. docs/cache.md, docs/decisions/0015-lru-cache.md.

import { LRUCache } from 'lru-cache';
import type { Flow } from '../../shared/sas/query.ts';
import type { KeptNews, KeptPart, KnownRevisions } from '../hub/memory/kept/part.ts';

/** An isolate has 128 MB for everything. */
const BYTES_MAX = 48_000_000;
/** Measured on rows of twenty vendors that said "none": objects and keys, whatever was said. */
const ROW_BYTES = 300;
const PART_BYTES = 250;
/** A character of the text, what it is parsed to, and the Bundle entries written of it (bundle.ts). */
const BYTES_PER_CHARACTER = 10;

/** What an isolate knows of one subject. */
interface KnownRow {
  /** Of the hub that told it. */
  readonly epoch: string;
  /** Up to which it was told. */
  readonly revision: number;
  readonly parts: ReadonlyMap<string, KeptPart>;
}

/** What the isolate knew of a search's subjects when the search began. */
export interface RecalledRows {
  readonly known: KnownRevisions;
  readonly rows: readonly (KnownRow | undefined)[];
}

/** By subject asked and vendor. */
export type KeptParts = ReadonlyMap<string, ReadonlyMap<string, KeptPart>>;

/** An isolate's copy of what the hub keeps. */
export class KnownRows {
  readonly #rows: LRUCache<string, KnownRow>;
  #epoch = '';

  /** `bytesMax`: estimated, of all rows together. */
  constructor(bytesMax = BYTES_MAX) {
    this.#rows = new LRUCache({ maxSize: bytesMax, sizeCalculation: weigh });
  }

  get size(): number {
    return this.#rows.size;
  }

  /** What is known of these subjects, to be said in the question. Leaves the order of use as it is. */
  recall(flow: Flow, subjects: readonly string[]): RecalledRows {
    const epoch = this.#epoch;
    const rows = subjects.map((subject) => {
      const row = this.#rows.peek(keyOf(flow, subject));
      return row?.epoch === epoch ? row : undefined;
    });
    return { known: { epoch, revisions: rows.map((row) => row?.revision ?? 0) }, rows };
  }

  /** What was known then and what the hub has told since. A row larger than the bound is not remembered. */
  take(
    flow: Flow,
    subjects: readonly string[],
    recalled: RecalledRows,
    { epoch, rows: news }: KeptNews,
    nowMs: number,
  ): KeptParts {
    this.#epoch = epoch;
    const told = new Map(news.map((one) => [one.subject, one]));
    const taken = new Map<string, ReadonlyMap<string, KeptPart>>();
    for (const [index, subject] of subjects.entries()) {
      const before = recalled.known.epoch === epoch ? recalled.rows[index] : undefined;
      const since = told.get(index);
      const row =
        since === undefined
          ? before
          : {
              epoch,
              revision: since.revision,
              parts: new Map([
                ...(before?.parts ?? []),
                ...since.parts.map((part) => [part.vendor, part] as const),
              ]),
            };
      if (row === undefined) continue;
      taken.set(subject, row.parts);
      this.#remember(keyOf(flow, subject), row);
    }
    this.#forgetOver(nowMs);
    return taken;
  }

  /** As the most recently used, unless another search has been told more meanwhile. */
  #remember(key: string, row: KnownRow): void {
    const known = this.#rows.get(key);
    if (known?.epoch === row.epoch && known.revision >= row.revision) return;
    this.#rows.set(key, row);
  }

  #forgetOver(nowMs: number): void {
    for (const oldest of this.#rows.rkeys()) {
      const parts = this.#rows.peek(oldest)?.parts.values() ?? [];
      if ([...parts].some(({ untilMs }) => untilMs > nowMs)) break;
      this.#rows.delete(oldest);
    }
  }
}

const knownRows: KnownRows[] = [];

/** What this isolate has been told of the kept answers of one hub; the hubs share the room. */
export function rowsKnownOf(hub: number, hubs: number): KnownRows {
  knownRows[hub] ??= new KnownRows(BYTES_MAX / hubs);
  return knownRows[hub];
}

/** Estimated bytes in memory. */
function weigh({ parts }: KnownRow): number {
  let bytes = ROW_BYTES;
  for (const { lines } of parts.values()) bytes += PART_BYTES + BYTES_PER_CHARACTER * lines.length;
  return bytes;
}

function keyOf(flow: Flow, subject: string): string {
  return `${flow} ${subject}`;
}

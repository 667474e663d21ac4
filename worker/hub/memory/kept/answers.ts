// Kept answers in the hub's memory: one row per flow and practitioner or association, in it what each vendor said. The hub
// is the one writer, so that two searches that keep parts of one row lose nothing of each other. Bounded by the memory
// they take; the least recently used row leaves first. No I/O, no clock. docs/cache.md, docs/decisions/0015-lru-cache.md.

import { LRUCache } from 'lru-cache';
import type { Flow } from '../../../../shared/sas/query.ts';
import type { KeptNews, KeptPart, KnownRevisions, SubjectNews, SubjectPart } from './part.ts';

/** All hubs together: an isolate has 128 MB for everything. */
export const KEPT_BYTES_MAX = 48_000_000;
/** Measured on rows of twenty vendors that said "none": objects and keys, whatever was said. */
const ROW_BYTES = 300;
const PART_BYTES = 250;
/** Text with any character beyond Latin-1 takes two bytes for each. */
const BYTES_PER_CHARACTER = 2;

interface HeldPart extends KeptPart {
  /** Of the whole hub: larger for what came later. */
  readonly revision: number;
}

/** Everything kept of one subject, by vendor. */
interface Row {
  readonly flow: Flow;
  readonly subject: string;
  readonly parts: Map<string, HeldPart>;
}

/** The kept answers of one hub, from its start to its end. */
export class KeptAnswers {
  readonly #epoch: string;
  readonly #rows: LRUCache<string, Row>;
  /** Rows with parts that are not written yet. */
  #unwritten = new Set<string>();
  #writtenRevision = 0;
  #revision = 0;

  /** `epoch`: names this hub's life. `bytesMax`: estimated, of all rows together. */
  constructor(epoch: string, bytesMax = KEPT_BYTES_MAX) {
    this.#epoch = epoch;
    this.#rows = new LRUCache({ maxSize: bytesMax, sizeCalculation: weigh });
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Estimated share of its memory that is taken, from 0 to 1. */
  get fullness(): number {
    return this.#rows.calculatedSize / this.#rows.maxSize;
  }

  /** By subject, what vendors said of it; without those of whom nothing is kept. */
  find(flow: Flow, subjects: readonly string[]): Map<string, readonly KeptPart[]> {
    const found = new Map<string, readonly KeptPart[]>();
    for (const subject of subjects) {
      const row = this.#rows.get(keyOf(flow, subject));
      if (row !== undefined) found.set(subject, [...row.parts.values()]);
    }
    return found;
  }

  /** What of these subjects the isolate does not know and may still hold. */
  newsFor(
    flow: Flow,
    subjects: readonly string[],
    known: KnownRevisions | undefined,
    nowMs: number,
  ): KeptNews {
    const isOurs = known?.epoch === this.#epoch;
    const rows: SubjectNews[] = [];
    for (const [index, subject] of subjects.entries()) {
      const row = this.#rows.peek(keyOf(flow, subject));
      if (row === undefined) continue;
      const since = isOurs ? (known.revisions[index] ?? 0) : 0;
      const news = [...row.parts.values()].filter(
        ({ revision, untilMs }) => revision > since && untilMs > nowMs,
      );
      if (news.length === 0) continue;
      const revision = Math.max(...news.map((part) => part.revision));
      rows.push({ subject: index, revision, parts: news.map(({ revision: _, ...part }) => part) });
    }
    return { epoch: this.#epoch, rows };
  }

  /** Fresh parts, to be written too. Of one vendor's two words on a subject the later said stands, whichever comes first; of two of one moment the later told. */
  keep(parts: readonly SubjectPart[], nowMs: number): void {
    for (const key of this.#merge(parts, nowMs)) this.#unwritten.add(key);
  }

  /** Parts that a hub before had written. */
  restore(parts: readonly SubjectPart[], nowMs: number): void {
    this.#merge(parts, nowMs);
  }

  /** What was kept since the last time and will outlive `leastMs`; from now on it counts as written. */
  takeUnwritten(nowMs: number, leastMs: number): SubjectPart[] {
    const since = this.#writtenRevision;
    const keys = this.#unwritten;
    this.#unwritten = new Set();
    this.#writtenRevision = this.#revision;
    return [...keys].flatMap((key) => {
      const row = this.#rows.peek(key);
      if (row === undefined) return [];
      const { flow, subject, parts } = row;
      return [...parts.values()]
        .filter(({ revision, untilMs }) => revision > since && untilMs - nowMs >= leastMs)
        .map(({ revision: _, ...part }): SubjectPart => ({ flow, subject, ...part }));
    });
  }

  /** Keys of the rows that changed. */
  #merge(parts: readonly SubjectPart[], nowMs: number): Set<string> {
    const changed = new Map<string, Row>();
    for (const { flow, subject, ...part } of parts) {
      if (part.untilMs <= nowMs) continue;
      const key = keyOf(flow, subject);
      const row = changed.get(key) ??
        copyOf(this.#rows.peek(key), nowMs) ?? { flow, subject, parts: new Map() };
      const before = row.parts.get(part.vendor);
      if (before !== undefined && before.saidMs > part.saidMs) continue;
      this.#revision += 1;
      row.parts.set(part.vendor, { ...part, revision: this.#revision });
      changed.set(key, row);
    }
    for (const [key, row] of changed) this.#rows.set(key, row);
    this.#forgetOver(nowMs);
    return new Set(changed.keys());
  }

  /** Those whose time is over, as long as they are the least recently used. */
  #forgetOver(nowMs: number): void {
    for (const oldest of this.#rows.rkeys()) {
      const parts = this.#rows.peek(oldest)?.parts.values() ?? [];
      if ([...parts].some(({ untilMs }) => untilMs > nowMs)) break;
      this.#rows.delete(oldest);
    }
  }
}

/** Another object, as the cache weighs a row only when it takes a new one; without what is over. */
function copyOf(row: Row | undefined, nowMs: number): Row | undefined {
  return row && { ...row, parts: new Map([...row.parts].filter(([, { untilMs }]) => untilMs > nowMs)) };
}

/** Estimated bytes in memory. */
function weigh({ parts }: Row): number {
  let bytes = ROW_BYTES;
  for (const { lines } of parts.values()) bytes += PART_BYTES + BYTES_PER_CHARACTER * lines.length;
  return bytes;
}

function keyOf(flow: Flow, subject: string): string {
  return `${flow} ${subject}`;
}

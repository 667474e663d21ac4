// What is kept of vendors' answers, per practitioner or association: written as a row's text, read back, and laid
// beside a question to see what it covers. "None" is kept like slots; an error never is. Pure. docs/cache.md.

import { readAnswerLines, writeAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer, CptsService, SlotShape, SubjectAnswer } from '../../shared/link/relay.ts';
import type { SlotQuery, SlotWindow } from '../../shared/sas/query.ts';
import type { EditorRow } from '../store/editors.ts';
import type { CallResult } from './fan-out.ts';
import { failureOf } from './ledger.ts';

/** What one vendor said of one subject over a window. Times in milliseconds. */
export interface KeptPart {
  readonly editor: string;
  readonly window: SlotWindow;
  readonly saidMs: number;
  readonly untilMs: number;
  /** An answer with this one subject, as lines of answer-frame.ts; empty: it had no free slot. */
  readonly lines: string;
}

/** One row: everything kept of a subject. */
export interface KeptRow {
  readonly subject: string;
  readonly parts: readonly KeptPart[];
}

type Head = readonly [
  editor: string,
  fromMs: number,
  toMs: number,
  saidMs: number,
  untilMs: number,
  length: number,
];

/** A first line of heads in JSON, then each part's lines, told apart by their lengths: what is not needed is not read. */
export function writeParts(parts: readonly KeptPart[]): string {
  const heads = parts.map(
    ({ editor, window, saidMs, untilMs, lines }): Head => [
      editor,
      window.fromMs,
      window.toMs,
      saidMs,
      untilMs,
      lines.length,
    ],
  );
  return `${JSON.stringify(heads)}\n${parts.map(({ lines }) => lines).join('')}`;
}

/** Nothing when the text is not whole: it is then as good as not kept. */
export function readParts(text: string): KeptPart[] {
  const end = text.indexOf('\n');
  try {
    const heads = JSON.parse(text.slice(0, end)) as Head[];
    let at = end + 1;
    return heads.map(([editor, fromMs, toMs, saidMs, untilMs, length]) => {
      const lines = text.slice(at, at + length);
      at += length;
      if (lines.length !== length) throw new TypeError('row cut short');
      return { editor, window: { fromMs, toMs }, saidMs, untilMs, lines };
    });
  } catch {
    return [];
  }
}

/** What the rows answer of a question. */
export interface Coverage {
  /** As if the vendors had just answered; each says when they did. */
  readonly results: readonly CallResult[];
  /** By vendor, whom it need not be asked for. */
  readonly covered: ReadonlyMap<string, ReadonlySet<string>>;
}

export const NO_COVERAGE: Coverage = { results: [], covered: new Map() };

export interface CoverageContext {
  readonly query: SlotQuery;
  /** The vendors that would be asked. */
  readonly editors: readonly EditorRow[];
  readonly nowMs: number;
  /** How long what a vendor said is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (editor: EditorRow) => number;
}

export function coverageOf(rows: readonly KeptRow[], context: CoverageContext): Coverage {
  const { query, editors, nowMs, ttlMs } = context;
  const asked = new Set(query.subjects);
  // What started before now is not shown anyway.
  const fromMs = Math.max(query.window.fromMs, nowMs);
  const isUsable = (part: KeptPart, ttl: number): boolean =>
    part.window.fromMs <= fromMs &&
    part.window.toMs >= query.window.toMs &&
    nowMs < Math.min(part.untilMs, part.saidMs + ttl) &&
    part.saidMs <= nowMs;
  const covered = new Map<string, Set<string>>();
  const results: CallResult[] = [];
  for (const editor of editors) {
    const ttl = ttlMs(editor);
    if (ttl === 0) continue;
    const subjects = new Set<string>();
    const without: string[] = [];
    let withoutSaidMs = nowMs;
    for (const row of rows) {
      if (!asked.has(row.subject)) continue;
      const part = row.parts.find((one) => one.editor === editor.id && isUsable(one, ttl));
      const answer = part === undefined ? undefined : answerIn(part, row.subject);
      if (part === undefined || answer === undefined) continue;
      subjects.add(row.subject);
      if (answer !== 'none') {
        const call = { editor: editor.id, subjects: [row.subject] };
        results.push({ call, answer, saidMs: part.saidMs });
        continue;
      }
      without.push(row.subject);
      withoutSaidMs = Math.min(withoutSaidMs, part.saidMs);
    }
    if (without.length > 0) {
      results.push({
        call: { editor: editor.id, subjects: without },
        answer: NOTHING,
        saidMs: withoutSaidMs,
      });
    }
    if (subjects.size > 0) covered.set(editor.id, subjects);
  }
  return { results, covered };
}

const NOTHING: CallAnswer = {
  call: 0,
  subjects: [],
  shapes: [],
  services: [],
  received: 0,
  shown: 0,
  dropped: [],
  repaired: [],
  durationMs: 0,
  bytes: 0,
  pages: 0,
  noStore: false,
};

/** Undefined when it cannot be read or is not this subject's: it is then asked again. */
function answerIn({ lines }: KeptPart, subject: string): CallAnswer | 'none' | undefined {
  if (lines === '') return 'none';
  try {
    const [answer] = readAnswerLines(lines);
    return answer?.subjects.every((one) => one.subject === subject) === true ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** What of a search's fresh answers is worth keeping, beside what its rows still hold. */
export function rowsToKeep(
  results: readonly CallResult[],
  window: SlotWindow,
  before: readonly KeptRow[],
  { editors, nowMs, ttlMs }: Omit<CoverageContext, 'query'>,
): KeptRow[] {
  const ttls = new Map(editors.map((editor) => [editor.id, ttlMs(editor)]));
  const fresh = new Map<string, KeptPart[]>();
  for (const result of results) {
    const { call, answer, saidMs, isShared } = result;
    const ttl = ttls.get(call.editor) ?? 0;
    // Who began a shared call keeps its answer.
    if (saidMs !== undefined || isShared === true || ttl === 0) continue;
    if (answer === undefined || answer.noStore || failureOf(result) !== undefined) continue;
    const bySubject = new Map(answer.subjects.map((one) => [one.subject, one]));
    for (const subject of call.subjects) {
      const one = bySubject.get(subject);
      const lines = one === undefined ? '' : writeAnswerLines(answerOfOne(one, answer));
      const part = { editor: call.editor, window, saidMs: nowMs, untilMs: nowMs + ttl, lines };
      const known = fresh.get(subject);
      if (known === undefined) fresh.set(subject, [part]);
      else known.push(part);
    }
  }
  const old = new Map(before.map(({ subject, parts }) => [subject, parts]));
  return [...fresh].map(([subject, parts]) => {
    const replaced = new Set(parts.map(({ editor }) => editor));
    const stillGood = (old.get(subject) ?? []).filter(
      ({ editor, untilMs }) => untilMs > nowMs && !replaced.has(editor),
    );
    return { subject, parts: [...stillGood, ...parts] };
  });
}

/** The part of an answer that is one subject's, with the shapes and services its slots point to and no other. */
function answerOfOne(subject: SubjectAnswer, { shapes, services }: CallAnswer): CallAnswer {
  const keptShapes = new Renumbered<SlotShape>(shapes);
  const keptServices = new Renumbered<CptsService>(services);
  const places = subject.places.map((place) => ({
    ...place,
    slots: place.slots.map((row) => row.with(0, keptShapes.numberOf(row[0])) as unknown as typeof row),
  }));
  return {
    ...NOTHING,
    subjects: [{ ...subject, places }],
    shapes: keptShapes.kept.map((shape) => ({
      ...shape,
      services: shape.services.map((index) => keptServices.numberOf(index)),
    })),
    services: keptServices.kept,
  };
}

/** The items that were asked for by number, numbered anew in the order of asking. */
class Renumbered<T> {
  readonly kept: T[] = [];
  readonly #items: readonly T[];
  readonly #numbers = new Map<number, number>();

  constructor(items: readonly T[]) {
    this.#items = items;
  }

  numberOf(index: number): number {
    const known = this.#numbers.get(index);
    if (known !== undefined) return known;
    const item = this.#items[index];
    if (item === undefined) return index;
    const number = this.kept.push(item) - 1;
    this.#numbers.set(index, number);
    return number;
  }
}

// A row of the table `availability`: what each vendor said of one practitioner or association, written as text and read
// back. What an isolate has read once it need not move or parse again while the row's version stands. docs/cache.md.

import { readAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../shared/sas/answer.ts';
import type { SlotWindow } from '../../shared/sas/query.ts';

/** What one vendor said of one subject over a window. Times in milliseconds. */
export interface KeptPart {
  readonly vendor: string;
  readonly window: SlotWindow;
  readonly saidMs: number;
  readonly untilMs: number;
  /** An answer with this one subject, as lines of answer-frame.ts; empty: it had no free slot. */
  readonly lines: string;
}

/** One row: everything kept of a subject. */
export interface KeptRow {
  readonly subject: string;
  /** Another with each writing. */
  readonly version: string;
  readonly parts: readonly KeptPart[];
}

type Head = readonly [
  vendor: string,
  fromMs: number,
  toMs: number,
  saidMs: number,
  untilMs: number,
  length: number,
];

/** A first line of heads in JSON, then each part's lines, told apart by their lengths: what is not needed is not read. */
export function writeParts(parts: readonly KeptPart[]): string {
  const heads = parts.map(
    ({ vendor, window, saidMs, untilMs, lines }): Head => [
      vendor,
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
    return heads.map(([vendor, fromMs, toMs, saidMs, untilMs, length]) => {
      const lines = text.slice(at, at + length);
      at += length;
      if (lines.length !== length) throw new TypeError('row cut short');
      return { vendor, window: { fromMs, toMs }, saidMs, untilMs, lines };
    });
  } catch {
    return [];
  }
}

/** Parsed once for as long as the part is remembered. */
const answers = new WeakMap<KeptPart, CallAnswer | 'none'>();

/** What a part says of its subject; undefined when it cannot be read or is another subject's: it is then asked again. */
export function answerIn(part: KeptPart, subject: string): CallAnswer | 'none' | undefined {
  if (part.lines === '') return 'none';
  const known = answers.get(part);
  if (known !== undefined) return known;
  try {
    const [answer] = readAnswerLines(part.lines);
    if (answer?.subjects.every((one) => one.subject === subject) !== true) return undefined;
    answers.set(part, answer);
    return answer;
  } catch {
    return undefined;
  }
}

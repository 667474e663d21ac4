// What kept answers say of a question: whom each vendor need not be asked for, and whose answer grows old. Pure.
// docs/cache.md.

import type { CallAnswer } from '../../shared/link/relay.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { EditorRow } from '../store/editors.ts';
import type { CallResult } from './fan-out.ts';
import type { AskedCall } from './hub-search.ts';
import { answerIn, type KeptPart, type KeptRow } from './kept-row.ts';
import { failureOf } from './ledger.ts';

export interface CoverageContext {
  readonly query: SlotQuery;
  /** The vendors that would be asked. */
  readonly editors: readonly EditorRow[];
  readonly nowMs: number;
  /** How long what a vendor said is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (editor: EditorRow) => number;
}

/** By vendor, some of the subjects asked. */
export type EditorSubjects = ReadonlyMap<string, ReadonlySet<string>>;

interface Known {
  readonly answer: CallAnswer | 'none';
  readonly saidMs: number;
  readonly isAging: boolean;
}

/** Past this share of its time an answer is renewed by a call that is made anyway. */
const AGING_SHARE = 0.1;

export class Coverage {
  readonly #known = new Map<string, Map<string, Known>>();

  constructor(rows: readonly KeptRow[], context: CoverageContext) {
    const { editors, query } = context;
    const asked = new Set(query.subjects);
    const mine = rows.filter(({ subject }) => asked.has(subject));
    if (mine.length === 0) return;
    for (const editor of editors) {
      const known = knownOf(editor, mine, context);
      if (known.size > 0) this.#known.set(editor.id, known);
    }
  }

  /** Whom each vendor need not be asked for. */
  get covered(): EditorSubjects {
    return this.#subjects(() => true);
  }

  /** Those of them whose answer a call that is made anyway may renew. */
  get aging(): EditorSubjects {
    return this.#subjects(({ isAging }) => isAging);
  }

  /** As if the vendors had just answered; each says when it did. `without`: these are being asked again. */
  results(without: EditorSubjects = new Map()): CallResult[] {
    return this.#results((editor, subject) => without.get(editor)?.has(subject) !== true);
  }

  /** What still stands of those who were asked for again in vain. */
  standing(results: readonly CallResult[], renewed: EditorSubjects): CallResult[] {
    const inVain = new Map<string, Set<string>>();
    for (const result of results) {
      const { editor, subjects } = result.call;
      const again = renewed.get(editor);
      if (again === undefined || failureOf(result) === undefined) continue;
      const known = inVain.get(editor) ?? new Set();
      inVain.set(editor, known);
      for (const subject of subjects) if (again.has(subject)) known.add(subject);
    }
    return this.#results((editor, subject) => inVain.get(editor)?.has(subject) === true);
  }

  #subjects(isWanted: (known: Known) => boolean): EditorSubjects {
    const subjects = new Map<string, Set<string>>();
    for (const [editor, known] of this.#known) {
      const wanted = [...known].filter(([, one]) => isWanted(one)).map(([subject]) => subject);
      if (wanted.length > 0) subjects.set(editor, new Set(wanted));
    }
    return subjects;
  }

  #results(isWanted: (editor: string, subject: string) => boolean): CallResult[] {
    const results: CallResult[] = [];
    for (const [editor, known] of this.#known) {
      const without: string[] = [];
      let withoutSaidMs = Number.POSITIVE_INFINITY;
      for (const [subject, { answer, saidMs }] of known) {
        if (!isWanted(editor, subject)) continue;
        if (answer !== 'none') results.push({ call: { editor, subjects: [subject] }, answer, saidMs });
        else {
          without.push(subject);
          withoutSaidMs = Math.min(withoutSaidMs, saidMs);
        }
      }
      if (without.length > 0) results.push({ call: { editor, subjects: without }, saidMs: withoutSaidMs });
    }
    return results;
  }
}

/** Those asked for in these calls although their vendor's word still holds. */
export function renewedBy(calls: readonly AskedCall[], covered: EditorSubjects): EditorSubjects {
  const renewed = new Map<string, Set<string>>();
  for (const { editor, subjects } of calls) {
    const again = subjects.filter((subject) => covered.get(editor)?.has(subject) === true);
    if (again.length > 0) renewed.set(editor, new Set([...(renewed.get(editor) ?? []), ...again]));
  }
  return renewed;
}

/** A call that failed says nothing of those whose earlier word stands. */
export function trimRenewed(result: CallResult, renewed: EditorSubjects): CallResult {
  const { call, answer } = result;
  const again = renewed.get(call.editor);
  if (again === undefined || failureOf(result) === undefined) return result;
  return {
    ...result,
    call: { ...call, subjects: call.subjects.filter((subject) => !again.has(subject)) },
    ...(answer && {
      answer: { ...answer, subjects: answer.subjects.filter(({ subject }) => !again.has(subject)) },
    }),
  };
}

function knownOf(
  editor: EditorRow,
  rows: readonly KeptRow[],
  { query, nowMs, ttlMs }: CoverageContext,
): Map<string, Known> {
  const known = new Map<string, Known>();
  const ttl = ttlMs(editor);
  // What started before now is not shown anyway.
  const fromMs = Math.max(query.window.fromMs, nowMs);
  const isUsable = ({ editor: of, window, saidMs, untilMs }: KeptPart): boolean =>
    of === editor.id &&
    window.fromMs <= fromMs &&
    window.toMs >= query.window.toMs &&
    saidMs <= nowMs &&
    nowMs < Math.min(untilMs, saidMs + ttl);
  for (const { subject, parts } of rows) {
    const part = parts.find(isUsable);
    const answer = part === undefined ? undefined : answerIn(part, subject);
    if (part === undefined || answer === undefined) continue;
    const isAging = nowMs - part.saidMs >= ttl * AGING_SHARE;
    known.set(subject, { answer, saidMs: part.saidMs, isAging });
  }
  return known;
}

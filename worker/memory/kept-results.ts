// Kept answers as results of a search: those that the hub's plan takes, and those that stand because asking again failed.
// Each is parsed once for as long as the isolate knows it. Pure but for that. docs/cache.md.

import { readAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../shared/sas/answer.ts';
import { type CallResult, failureOf } from '../hub/call-result.ts';
import type { VendorSubjects } from '../hub/memory/coverage.ts';
import type { KeptPart } from '../hub/memory/kept/part.ts';
import type { KeptParts } from './known-rows.ts';

/** The kept answers that cover one question. */
export class KeptResults {
  readonly #covered: VendorSubjects;
  readonly #parts: KeptParts;

  /** `covered`: by vendor, subjects of which `parts` hold an answer. */
  constructor(covered: VendorSubjects, parts: KeptParts) {
    this.#covered = covered;
    this.#parts = parts;
  }

  /** In the form of results, each with `saidMs`. `without`: subjects that are being asked again. */
  results(without: VendorSubjects = new Map()): CallResult[] {
    return this.#results((vendor, subject) => without.get(vendor)?.has(subject) !== true);
  }

  /** Kept answers that remain valid because asking again failed. */
  standing(results: readonly CallResult[], renewed: VendorSubjects): CallResult[] {
    const inVain = new Map<string, Set<string>>();
    for (const result of results) {
      const { vendor, subjects } = result.call;
      const again = renewed.get(vendor);
      if (again === undefined) continue;
      const known = inVain.get(vendor) ?? new Set();
      inVain.set(vendor, known);
      for (const subject of subjects)
        if (again.has(subject) && failureOf(result, subject) !== undefined) known.add(subject);
    }
    return this.#results((vendor, subject) => inVain.get(vendor)?.has(subject) === true);
  }

  /** One that cannot be read is a vendor's answer that was not understood. */
  #results(isWanted: (vendor: string, subject: string) => boolean): CallResult[] {
    const results: CallResult[] = [];
    for (const [vendor, subjects] of this.#covered) {
      const without: string[] = [];
      let withoutSaidMs = Number.POSITIVE_INFINITY;
      for (const subject of subjects) {
        if (!isWanted(vendor, subject)) continue;
        const part = this.#parts.get(subject)?.get(vendor);
        const answer = part && answerIn(part, subject);
        const call = { vendor, subjects: [subject] };
        if (part === undefined || answer === undefined) {
          results.push({ call, failure: { reason: 'unusable' } });
        } else if (answer === 'none') {
          without.push(subject);
          withoutSaidMs = Math.min(withoutSaidMs, part.saidMs);
        } else results.push({ call, answer, saidMs: part.saidMs });
      }
      if (without.length > 0) results.push({ call: { vendor, subjects: without }, saidMs: withoutSaidMs });
    }
    return results;
  }
}

/** The result without the subjects for which it failed and a kept answer still holds: that answer stands for them. */
export function trimRenewed(result: CallResult, renewed: VendorSubjects): CallResult {
  const { call, answer } = result;
  const again = renewed.get(call.vendor);
  if (again === undefined) return result;
  const stands = (subject: string): boolean => again.has(subject) && failureOf(result, subject) !== undefined;
  if (!call.subjects.some(stands)) return result;
  return {
    ...result,
    call: { ...call, subjects: call.subjects.filter((subject) => !stands(subject)) },
    ...(answer && {
      answer: { ...answer, subjects: answer.subjects.filter(({ subject }) => !stands(subject)) },
    }),
  };
}

const answers = new WeakMap<KeptPart, CallAnswer | 'none'>();

/** What a part says of its subject; undefined when it cannot be read or is another subject's. */
function answerIn(part: KeptPart, subject: string): CallAnswer | 'none' | undefined {
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

// Bounds what one vendor brings to one search, over all its calls: each answer is within its bounds, and twenty of them
// are not within any. The relay cuts what goes past as a whole, and names it. No I/O, no clock.

import { FRAME_BYTES_MAX, VENDOR_SLOTS_PER_SEARCH_MAX } from '../../shared/limits.ts';
import { answerNothing, type WrittenAnswer, writeAnswer } from '../reading/answer-reading.ts';

/** On the link: as one message at most; 100 bytes for each slot, three times over. */
const SEARCH_LINES_BYTES_MAX = FRAME_BYTES_MAX;

/** One of a search; forgotten with it. */
export class SearchShare {
  readonly #taken = new Map<string, { slots: number; bytes: number }>();

  /** The answer while the vendor is within its share; else a failure in its place. */
  take(vendor: string, answer: WrittenAnswer): WrittenAnswer {
    const taken = this.#taken.get(vendor) ?? { slots: 0, bytes: 0 };
    this.#taken.set(vendor, taken);
    const { facts, lines } = answer;
    const isManySlots = taken.slots + facts.shown > VENDOR_SLOTS_PER_SEARCH_MAX;
    if (isManySlots || taken.bytes + lines.length > SEARCH_LINES_BYTES_MAX) {
      const failure = { reason: 'too-many-entries', bound: isManySlots ? 'slots' : 'lines' } as const;
      const { call, durationMs, bytes, pages } = facts;
      return writeAnswer({ ...answerNothing(call, failure, durationMs), bytes, pages });
    }
    taken.slots += facts.shown;
    taken.bytes += lines.length;
    return answer;
  }
}

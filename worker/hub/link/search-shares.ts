// What of a relay's frames one search is given: each vendor its share of what crosses to the Worker, so that a flood of
// one vendor's answers takes neither the hub's thread nor the Worker's memory from the others. Reads where each answer of a
// frame stands, never what it says.

import { SEARCH_LENGTH_MAX } from '../../../shared/limits.ts';
import { type AnswerFrame, answerSpans } from '../../../shared/link/answer-frame.ts';
import { VendorShares } from './vendor-shares.ts';

/** What a search is given of a frame. */
export interface SharedFrame {
  readonly body: string;
  /** Numbers of the calls whose answer is past its vendor's share. */
  readonly over: readonly number[];
}

/** The shares of one search. */
export class SearchShares {
  readonly #calls: readonly { readonly vendor: string }[];
  readonly #shares: VendorShares;

  /** `room`: characters of answers for all vendors together. */
  constructor(calls: readonly { readonly vendor: string }[], room = SEARCH_LENGTH_MAX) {
    this.#calls = calls;
    this.#shares = new VendorShares(room, new Set(calls.map(({ vendor }) => vendor)).size);
  }

  /** `numbers`: as in Arrival, null for what the search does not wait for. */
  give({ body }: Pick<AnswerFrame, 'body'>, numbers: readonly (number | null)[]): SharedFrame {
    const over: number[] = [];
    const kept = answerSpans(body).filter(({ call, from, to }) => {
      const number = numbers[call];
      if (typeof number !== 'number') return false;
      const isGiven = this.#shares.take(this.#calls[number]?.vendor ?? '', to - from);
      if (!isGiven) over.push(number);
      return isGiven;
    });
    if (over.length === 0) return { body, over };
    return { body: kept.map(({ from, to }) => body.slice(from, to)).join('\n'), over };
  }
}

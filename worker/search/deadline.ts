// One budget for a whole exchange, counted from the moment the request arrived.

/** Kept for reading the last answers, merging and sending: 20 vendors × 500 slots merge in a fraction of it. */
const MERGE_MS = 300;

/** The end of one exchange. `startedMs`: when the request arrived; `deadlineMs`: how long it may take. */
export class Deadline {
  readonly #endMs: number;

  constructor(startedMs: number, deadlineMs: number) {
    this.#endMs = startedMs + deadlineMs;
  }

  /** What vendors and the way to them may still take, milliseconds. */
  vendorBudgetMs(nowMs: number): number {
    return Math.max(0, this.#endMs - nowMs - MERGE_MS);
  }
}

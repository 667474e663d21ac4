// How far the replica of one database is behind, from what is observed each second. Pure: no I/O, no clock. It counts from the
// last moment of which it is known that all that had been written then is in the replica: a Litestream that says nothing, or
// does nothing, is behind.

import type { Position, Progress } from './position.ts';

export interface Observed {
  readonly atMs: number;
  /** Read before `local`. Undefined: Litestream says nothing. */
  readonly progress: Progress | undefined;
  readonly local: (Position & { readonly generation: string }) | undefined;
}

const isAtLeast = (one: Position, other: Position): boolean =>
  one.index > other.index || (one.index === other.index && one.offset >= other.offset);

export class Lag {
  /** All that was written until then is in the replica. */
  #currentMs: number;
  /** Positions that hold all that was written until then, the oldest first, and that the replica has not reached. */
  #awaited: { readonly untilMs: number; readonly position: Position }[] = [];
  /** What is written before it is read by whichever look begins after it. */
  #mark: { readonly atMs: number; readonly looks: number } | undefined;
  #generation = '';
  /** A place in the generation before, which means nothing in this one. */
  #stale: Position | undefined;

  /** `nowMs`: nothing is known of what was before. */
  constructor(nowMs: number) {
    this.#currentMs = nowMs;
  }

  behindMs(nowMs: number): number {
    return nowMs - this.#currentMs;
  }

  note({ atMs, progress, local }: Observed): void {
    if (progress === undefined || local === undefined) return;
    const { looks, replica } = progress;
    if (local.generation !== this.#generation) {
      this.#stale = this.#generation === '' ? undefined : replica;
      this.#generation = local.generation;
      this.#awaited = [];
    }
    // It began anew.
    if (this.#mark === undefined || looks < this.#mark.looks) this.#mark = { atMs, looks };
    // Of two looks that ended since, the second began since.
    if (looks >= this.#mark.looks + 2) {
      this.#awaited.push({ untilMs: this.#mark.atMs, position: local });
      this.#mark = { atMs, looks };
    }
    if (this.#stale !== undefined && isAtLeast(this.#stale, replica) && isAtLeast(replica, this.#stale))
      return;
    this.#stale = undefined;
    if (!isAtLeast(local, replica)) return;
    while (this.#awaited[0] !== undefined && isAtLeast(replica, this.#awaited[0].position)) {
      this.#currentMs = this.#awaited.shift()?.untilMs ?? this.#currentMs;
    }
  }
}

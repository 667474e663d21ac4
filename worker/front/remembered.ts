// A few rows that every request needs and that seldom change, kept in the isolate: read anew when they have aged, and
// still there when D1 is not.

import { guardStore } from '../store/guard.ts';

export interface Remembered<T> {
  /**
   * What was read at most `freshMs` ago; else D1's word; else, D1 failing or slower than `patienceMs`, the last one
   * known, however old. @throws GatewayError storage-unavailable, when nothing is known.
   */
  readonly read: (db: D1Database, nowMs: number) => Promise<T>;
  /** After a change: the next read asks D1. */
  readonly forget: () => void;
}

export interface RememberOptions<T> {
  readonly freshMs: number;
  readonly patienceMs: number;
  readonly load: (db: D1Database) => Promise<T>;
}

export function remember<T>({ freshMs, patienceMs, load }: RememberOptions<T>): Remembered<T> {
  let known: { readonly value: T; readonly atMs: number } | undefined;
  let generation = 0;

  const ask = async (db: D1Database, nowMs: number): Promise<T> => {
    const asked = generation;
    const value = await guardStore(() => load(db));
    // What was read before a change does not outlive it.
    if (asked === generation) known = { value, atMs: nowMs };
    return value;
  };

  return {
    read: async (db, nowMs) => {
      if (known === undefined) return ask(db, nowMs);
      if (nowMs - known.atMs < freshMs) return known.value;
      const { value } = known;
      return orAfter(ask(db, nowMs), patienceMs, value);
    },
    forget: () => {
      generation += 1;
      if (known !== undefined) known = { ...known, atMs: Number.NEGATIVE_INFINITY };
    },
  };
}

/** `last` when `working` fails, or is not there in time. */
export async function orAfter<T>(working: Promise<T>, patienceMs: number, last: T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(last), patienceMs);
  });
  try {
    return await Promise.race([working.catch(() => last), late]);
  } finally {
    clearTimeout(timer);
  }
}

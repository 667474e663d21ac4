// A few rows that every request needs and that seldom change, kept in the isolate: read anew when they have aged, and
// still there when D1 is not.

import { within } from '../../shared/deadline.ts';
import { guardIdempotent, guardStore } from './guard.ts';

/** Where most of it is read. */
interface CoreDatabase {
  readonly DB: D1Database;
}

/** Who reads: a request, with what of it outlives its answer. */
export interface Reader<E = CoreDatabase> {
  readonly env: E;
  readonly startedMs: number;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** How long a reader puts up with what. */
export interface Limits {
  /** What is no older is answered without D1. */
  readonly freshMs: number;
  /** How long D1 is waited for while something older is known. */
  readonly patienceMs: number;
  /** And while nothing is; else as long as any store call may take. */
  readonly firstMs?: number;
}

interface Known<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Rows of one kind, kept in this isolate. */
export interface Remembered<T, E = CoreDatabase> {
  /**
   * D1's word, or the last one known when D1 fails or takes too long, however old that is. One request renews what has
   * aged, behind its answer if need be; the others go on with what is known.
   * @throws GatewayError storage-unavailable, when nothing is known.
   */
  readonly read: (reader: Reader<E>, limits: Limits) => Promise<T>;
  /** Without D1. */
  readonly last: () => Known<T> | undefined;
  /** Somebody has read it on the way. */
  readonly keep: (value: T, atMs: number) => void;
  /** After a change: the next read asks D1. */
  readonly forget: () => void;
}

/** A renewal that has taken longer has died with its request. */
const RENEWAL_MS = 10_000;

/** One memory; `load` reads D1, or asks the hub. */
export function remember<T, E = CoreDatabase>(load: (env: E) => Promise<T>): Remembered<T, E> {
  let known: Known<T> | undefined;
  let generation = 0;
  let renewedMs = Number.NEGATIVE_INFINITY;

  const ask = ({ env, startedMs, waitUntil }: Reader<E>): Promise<T> => {
    const asked = generation;
    renewedMs = startedMs;
    const reading = guardIdempotent(() => load(env)).then((value) => {
      // What was read before a change does not outlive it.
      if (asked === generation) known = { value, atMs: startedMs };
      return value;
    });
    // A read that nobody waits for ends with its request, and nothing would ever be renewed while D1 is slow.
    waitUntil(
      reading
        .catch(() => undefined)
        .then(() => {
          renewedMs = Number.NEGATIVE_INFINITY;
        }),
    );
    return reading;
  };

  return {
    read: async (reader, { freshMs, patienceMs, firstMs }) => {
      if (known === undefined) {
        return firstMs === undefined ? ask(reader) : guardStore(() => ask(reader), firstMs);
      }
      const { value, atMs } = known;
      const isForgotten = atMs === Number.NEGATIVE_INFINITY;
      if (reader.startedMs - atMs < freshMs) return value;
      if (!isForgotten && reader.startedMs - renewedMs < RENEWAL_MS) return value;
      return orAfter(ask(reader), patienceMs, value);
    },
    last: () => known,
    keep: (value, atMs) => {
      known = { value, atMs };
    },
    forget: () => {
      generation += 1;
      if (known !== undefined) known = { ...known, atMs: Number.NEGATIVE_INFINITY };
    },
  };
}

/** `last` when `working` fails, or is not there in time. */
export async function orAfter<T>(working: Promise<T>, patienceMs: number, last: T): Promise<T> {
  return within(working, patienceMs, () => last).catch(() => last);
}

// The vendors as this isolate last read them. They change seldom, and reading them is a third of what a search reads:
// for two seconds an isolate goes by what it knows. With D1 away it does so for as long as that lasts.

import type { EditorRow } from '../store/editors.ts';

const FRESH_MS = 2_000;

interface Remembered {
  readonly editors: readonly EditorRow[];
  readonly readMs: number;
}

const remembered = new WeakMap<D1Database, Remembered>();

export function rememberEditors(db: D1Database, editors: readonly EditorRow[], readMs: number): void {
  remembered.set(db, { editors, readMs });
}

/** However long ago; undefined when they were never read. */
export function lastEditors(db: D1Database): readonly EditorRow[] | undefined {
  return remembered.get(db)?.editors;
}

/** Undefined when they are to be read again; that none is announced is never taken for granted. */
export function freshEditors(db: D1Database, nowMs: number): readonly EditorRow[] | undefined {
  const known = remembered.get(db);
  return known !== undefined && known.editors.length > 0 && nowMs - known.readMs < FRESH_MS
    ? known.editors
    : undefined;
}

/** An operator has changed a vendor: the next search of this isolate reads them. */
export function refreshEditors(db: D1Database): void {
  const known = remembered.get(db);
  if (known !== undefined) remembered.set(db, { ...known, readMs: Number.NEGATIVE_INFINITY });
}

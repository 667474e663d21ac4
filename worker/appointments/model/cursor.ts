// The place where a page ended, as an opaque text in its `next` link. It names a sort key and an id, not a number
// of rows: what is inserted or deleted meanwhile moves nothing. It is not signed, since it opens nothing. No I/O.

import { refuse } from '../../../shared/sas/search-parameters.ts';
import type { Position, Sort } from './filter.ts';

const CURSOR_LENGTH_MAX = 300;

export function encodeCursor({ by, descending }: Sort, { ms, id }: Position): string {
  return btoa(JSON.stringify([by, descending, ms, id]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** @throws GatewayError parameter-invalid, also for a cursor of another order. */
export function decodeCursor(text: string, sort: Sort): Position {
  const read = text.length > CURSOR_LENGTH_MAX ? undefined : parse(text);
  if (Array.isArray(read)) {
    const [by, descending, ms, id] = read as unknown[];
    const isSame = by === sort.by && descending === sort.descending;
    if (isSame && Number.isSafeInteger(ms) && typeof id === 'string') return { ms: ms as number, id };
  }
  throw refuse('parameter-invalid', '_cursor', "_cursor n'est pas un lien de cette recherche : suivre next.");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}

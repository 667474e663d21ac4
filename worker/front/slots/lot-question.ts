// What a lot of cards asks of the search engine: whom, and until when. Pure. docs/guide.md G-915.

import { normaliseProfessional, normaliseSiret } from '../../../shared/sas/identifier.ts';
import type { SlotWindow } from '../../../shared/sas/query.ts';
import type { Card } from './cards.ts';
import { lastDayEnds } from './county.ts';

const WINDOW_MS_MAX = 72 * 3600 * 1000;

/**
 * `8…`, else `0…`, else `3…` when the SIRET is a known association's: pharmacies and the like are not searched. Several
 * cards of one are one search.
 */
export function cardsBySubject(
  cards: readonly Card[],
  sosSiretsKnown: ReadonlySet<string>,
): Map<string, Card[]> {
  const bySubject = new Map<string, Card[]>();
  for (const card of cards) {
    const person = normaliseProfessional(card.rpps) ?? normaliseProfessional(card.adeli);
    const siret = normaliseSiret(card.siret);
    const subject = person ?? (siret !== undefined && sosSiretsKnown.has(siret) ? siret : undefined);
    if (subject === undefined) continue;
    const known = bySubject.get(subject);
    if (known === undefined) bySubject.set(subject, [card]);
    else known.push(card);
  }
  return bySubject;
}

/** From now to the end of the day after next, where that comes last; at most 72 hours. */
export function windowOf(cards: readonly Card[], nowMs: number): SlotWindow {
  const endOf = lastDayEnds(nowMs);
  const ends = cards.map(({ zone }) => endOf(zone));
  return { fromMs: nowMs, toMs: Math.min(nowMs + WINDOW_MS_MAX, Math.max(nowMs, ...ends)) };
}

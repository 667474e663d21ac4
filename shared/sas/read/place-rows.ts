// One place of an answer with the slots that it shows, while they are gathered and as they cross the link. Pure.

import type { Place, ResourceText, SlotRow } from '../answer.ts';

export interface ReadSlot {
  readonly shape: number;
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly comment: string | undefined;
  readonly key: string;
}

export interface ReadPlace {
  readonly subject: string;
  readonly schedule: ResourceText;
  readonly site: ResourceText;
  readonly vendorStructure?: string;
  /** Of all that were merged into it: `Place.names`. */
  readonly names: string[];
  readonly rows: ReadSlot[];
  /** Head of its slots' ids: vendor and first 13 characters of the place's own. */
  readonly idHead: string;
  /** What is already shown here; made once two slots have one id. */
  contents: Set<string> | undefined;
}

/** Two slots of one place with this in common are one slot. */
export function contentOf({ shape, start, end, comment }: Omit<ReadSlot, 'id' | 'key'>): string {
  return `${shape}|${start}|${end}|${comment ?? ''}`;
}

/** The place's most frequent booking page is written once; only slots with another one repeat it. */
export function toPlace(place: ReadPlace): Place {
  const counts = new Map<string | undefined, number>();
  for (const { comment } of place.rows) counts.set(comment, (counts.get(comment) ?? 0) + 1);
  const everySlotHasOne = !counts.has(undefined);
  const [common] = [...counts].reduce((best, row) => (row[1] > best[1] ? row : best), [undefined, 0] as [
    string | undefined,
    number,
  ]);
  const shared = everySlotHasOne ? common : undefined;
  const slots = place.rows.map(
    ({ shape, id, start, end, comment }): SlotRow =>
      comment === undefined || comment === shared
        ? [shape, id, start, end]
        : [shape, id, start, end, comment],
  );
  return {
    schedule: place.schedule,
    site: place.site,
    ...(shared === undefined ? {} : { comment: shared }),
    ...(place.vendorStructure === undefined ? {} : { vendorStructure: place.vendorStructure }),
    slots,
    slotKeys: place.rows.map(({ key }) => key).join(''),
    names: place.names,
  };
}

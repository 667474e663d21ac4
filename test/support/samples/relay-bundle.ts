// A small INT_R01 answer: invented practitioners, one place each, slots from a given instant on.

import * as valid from './valid/resources.ts';

export const RPPS_A = '810000000017';

export interface BundleRequest {
  readonly subject?: string;
  readonly startMs: number;
  readonly slots?: number;
  /** A number that tells the resource ids of two bundles apart. */
  readonly tag?: string;
  readonly next?: string;
}

const HALF_HOUR_MS = 1_800_000;

export function makeBundle(request: BundleRequest): object {
  const { subject = RPPS_A, startMs, slots = 1, tag = '1', next } = request;
  const n = Number(tag);
  const [identifier] = valid.practitioner(n).identifier as object[];
  const practitioner = {
    ...valid.practitioner(n),
    identifier: [{ ...identifier, value: subject }],
    // Looked for in all that the relay writes.
    name: [{ family: 'CANARI-NOM', given: ['Canari-Prenom'] }],
  };
  const free = Array.from({ length: slots }, (_, index) => {
    const start = startMs + index * HALF_HOUR_MS;
    return {
      ...valid.individualSlot(1, n),
      id: `slot-${tag}-${index}`,
      start: instant(start),
      end: instant(start + HALF_HOUR_MS),
    };
  });
  const places = [practitioner, valid.role(n, n), valid.schedule(n, n)];
  const link = [
    { relation: 'self', url: 'https://agenda.example/fhir/Slot' },
    ...(next === undefined ? [] : [{ relation: 'next', url: next }]),
  ];
  const entry = [
    ...places.map((resource) => ({ search: { mode: 'include' }, resource })),
    ...free.map((resource) => ({ search: { mode: 'match' }, resource })),
  ];
  return { resourceType: 'Bundle', type: 'searchset', total: slots, link, entry };
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00');
}

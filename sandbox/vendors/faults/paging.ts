// Faults of servers that cut their answers in pages, which the guide does not foresee.

import type { FhirBundle, FhirEntry } from '../search/bundle.ts';
import { walk } from '../search/bundle-edit.ts';
import type { ContentContext } from './content-context.ts';
import type { TakenFault } from './faults.ts';

/** So many slots a page, each page with the resources its own slots need. */
export function paginate(bundle: FhirBundle, { practice, pages }: ContentContext, fault: TakenFault): void {
  const size = Math.max(1, Math.floor(fault.number('pageSize')));
  const slots = (bundle.entry ?? []).filter(({ resource }) => resource?.resourceType === 'Slot');
  const chunks = Array.from({ length: Math.ceil(slots.length / size) }, (_, rank) =>
    slots.slice(rank * size, (rank + 1) * size),
  );
  const [first, ...others] = chunks.map((chunk) => completeWith(bundle, chunk));
  if (first === undefined || others.length === 0) return;
  const addresses = pages.reserve(practice.base, others.length);
  others.forEach((entry, rank) => {
    const address = addresses[rank] ?? '';
    const page: FhirBundle = { ...bundle, entry: [...entry], link: [{ relation: 'self', url: address }] };
    addNext(page, addresses[rank + 1]);
    pages.keep(address, JSON.stringify(page));
  });
  bundle.entry = [...first];
  addNext(bundle, addresses[0]);
}

/** A page that announces itself as the next one, for ever. */
export function loop(bundle: FhirBundle, { practice, pages }: ContentContext): void {
  const [address = ''] = pages.reserve(practice.base, 1);
  addNext(bundle, address);
  pages.keep(address, JSON.stringify(bundle));
}

export function sendElsewhere(bundle: FhirBundle, _context: ContentContext, fault: TakenFault): void {
  addNext(bundle, fault.text('location'));
}

function addNext(bundle: FhirBundle, url: string | undefined): void {
  if (url !== undefined) bundle.link = [...(bundle.link ?? []), { relation: 'next', url }];
}

/** Entries and whatever they refer to, step by step, in the Bundle's order. */
function completeWith(bundle: FhirBundle, chunk: readonly FhirEntry[]): readonly FhirEntry[] {
  const byName = new Map<string, FhirEntry>();
  for (const entry of bundle.entry ?? []) {
    if (entry.resource !== undefined)
      byName.set(`${entry.resource.resourceType}/${entry.resource.id}`, entry);
    if (entry.fullUrl !== undefined) byName.set(entry.fullUrl, entry);
  }
  const kept = new Set(chunk);
  for (const entry of kept) {
    walk(entry.resource, (object) => {
      const target = typeof object.reference === 'string' ? byName.get(object.reference) : undefined;
      if (target !== undefined) kept.add(target);
    });
  }
  return (bundle.entry ?? []).filter((entry) => kept.has(entry));
}

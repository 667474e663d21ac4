// Faults in the elements of the slots themselves.

import type { FhirBundle } from '../search/bundle.ts';
import { slotsOf } from '../search/bundle-edit.ts';
import { SLOT_KIND_SYSTEM } from '../search/codes.ts';
import type { ContentContext } from './content-context.ts';
import type { TakenFault } from './faults.ts';

/** Forms of an instant, from `YYYY-MM-DDThh:mm:ss.SSS±hh:mm`. */
const DATE_FORMS: readonly (readonly [string, (instant: string) => string])[] = [
  ['no-offset', (instant) => instant.slice(0, 23)],
  ['z', (instant) => new Date(instant).toISOString()],
  ['no-millis', (instant) => instant.slice(0, 19) + instant.slice(23)],
  ['micros', (instant) => `${instant.slice(0, 23)}123${instant.slice(23)}`],
  ['minutes', (instant) => instant.slice(0, 16) + instant.slice(23)],
  ['garbage', () => 'demain matin'],
];

/** Parameter `form`: one of the names above, or `all` to go through them slot after slot. */
export function writeBadDates(bundle: FhirBundle, _context: ContentContext, fault: TakenFault): void {
  const wanted = fault.text('form');
  const forms = DATE_FORMS.filter(([name]) => wanted === 'all' || wanted === name);
  slotsOf(bundle).forEach((slot, rank) => {
    const form = forms[rank % forms.length];
    if (form === undefined) return;
    slot.start = form[1](slot.start);
    slot.end = form[1](slot.end);
  });
}

export function writeStatusUppercase(bundle: FhirBundle): void {
  for (const slot of slotsOf(bundle)) Object.assign(slot, { status: slot.status.toUpperCase() });
}

/** On SOS slots only: one in three becomes PRO alone, the others get PRO beside what they are. */
export function addProKind(bundle: FhirBundle, { search }: ContentContext): void {
  if (search.flow !== 'schedule') return;
  const pro = { system: SLOT_KIND_SYSTEM, code: 'PRO' };
  slotsOf(bundle).forEach((slot, rank) => {
    const kinds = slot.meta?.security ?? [];
    slot.meta = { ...slot.meta, security: rank % 3 === 0 ? [pro] : [...kinds, pro] };
  });
}

export function writeOddComments(bundle: FhirBundle): void {
  const comments = [
    'javascript:alert(1)',
    'agenda.sandbox.test/rdv',
    'data:text/html,rdv',
    'ftp://agenda.sandbox.test/',
  ];
  slotsOf(bundle).forEach((slot, rank) => {
    slot.comment = comments[rank % comments.length] ?? '';
  });
}

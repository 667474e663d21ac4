// The table of vendors by harm, on the watch screen and on the list.

import { type Html, html } from '../../../shared/html.ts';
import type { ReportedVendor } from '../../operators/vendors/rules.ts';
import { stateBadge, table } from '../frame/parts.ts';
import { writeDuration, writeMoment } from '../model/moment.ts';
import { VENDOR_STATES, type VendorWords } from '../model/vendor-words.ts';

/** A vendor of the registry; `health`: undefined when the hub did not answer. */
export type KnownVendor = Omit<ReportedVendor, 'health'> & {
  readonly health: ReportedVendor['health'] | undefined;
};

/** A vendor, and what is said of it. */
export interface ToldVendor {
  readonly vendor: KnownVendor;
  readonly words: VendorWords;
}

const BREAKERS: Readonly<Record<string, string>> = {
  closed: 'fermé',
  open: 'ouvert',
  'half-open': 'à l’essai',
};

/** The breaker's state in words. */
export function breakerWord(breaker: string | undefined): string {
  return breaker === undefined ? 'sans donnée' : (BREAKERS[breaker] ?? breaker);
}

/** Where a vendor's own screen is. */
export function vendorPath(id: string): string {
  return `/console/editeurs/${encodeURIComponent(id)}`;
}

/** `14:02, il y a 4 min`; in words where nothing is known. */
export function sinceCell(ms: number | undefined, nowMs: number): Html {
  if (ms === undefined) return html`<span class="muted">inconnu</span>`;
  return html`${writeMoment(ms, nowMs)} <span class="muted">(${writeDuration((nowMs - ms) / 1_000)})</span>`;
}

/** Worst first; of equal harm the longest first. */
export function vendorTable(told: readonly ToldVendor[], nowMs: number): Html {
  const rank = ({ words }: ToldVendor): number => VENDOR_STATES.indexOf(words.state);
  const since = ({ words }: ToldVendor): number => words.sinceMs ?? nowMs;
  const sorted = [...told].sort((one, other) => rank(one) - rank(other) || since(one) - since(other));
  const rows = sorted.map(({ vendor, words }) => [
    html`<a href="${vendorPath(vendor.id)}">${vendor.name}</a>`,
    stateBadge(words.state),
    sinceCell(words.sinceMs, nowMs),
    words.fault === '' ? '—' : words.fault,
    words.cause.replace(/^: /, ''),
    sinceCell(words.lastSuccessMs, nowMs),
    breakerWord(vendor.health?.breaker),
  ]);
  return table(
    'Éditeurs',
    ['Éditeur', 'État', 'Depuis', 'Faute', 'Cause', 'Dernier succès', 'Disjoncteur'],
    rows,
    'Aucun relais n’a encore annoncé d’éditeur.',
  );
}

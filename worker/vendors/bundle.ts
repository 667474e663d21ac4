// The Bundle of a search, mostly by pasting text: each resource once, one Practitioner or association per national
// identifier, one Schedule per place. flows.md § 3.3; testkit-requirements.md § 5.

import type { CptsService, Place, ResourceText, SlotRow } from '../../shared/link/relay.ts';
import { PROFILE } from '../../shared/sas/canonical.ts';
import type { Flow } from '../../shared/sas/query.ts';
import type { Offer, Selection } from './selection.ts';

/** JSON texts of the entries, without the outcome. `base`: of every `fullUrl`, without a last slash. */
export function bundleEntries({ subjects }: Selection, flow: Flow, base: string): string[] {
  const entries = new Entries(flow, base);
  for (const { offers, holder } of subjects) {
    for (const offer of offers) entries.addOffer(offer);
    entries.addResource(holder, 'include');
  }
  return entries.finish();
}

class Entries {
  readonly #base: string;
  readonly #slotMode: string;
  readonly #scheduleMode: string;
  readonly #entries: string[] = [];
  readonly #written = new Set<string>();
  readonly #services = new Map<string, CptsService>();

  constructor(flow: Flow, base: string) {
    this.#base = base;
    this.#slotMode = flow === 'SOS' ? 'include' : 'match';
    this.#scheduleMode = flow === 'SOS' ? 'match' : 'include';
  }

  addOffer({ place, slots, shapes, services }: Offer): void {
    for (const row of slots) {
      const shape = shapes[row[0]];
      if (shape === undefined) continue;
      this.#add('Slot', row[1], slotText(row, shape.text, place), this.#slotMode);
      for (const index of shape.services) {
        const service = services[index];
        if (service !== undefined && !this.#services.has(service.service.id)) {
          this.#services.set(service.service.id, service);
        }
      }
    }
    this.addResource(place.schedule, this.#scheduleMode);
    this.addResource(place.site, 'include');
  }

  addResource(resource: ResourceText, mode: string): void {
    const key = `${resource.type}/${resource.id}`;
    if (this.#written.has(key)) return;
    this.#written.add(key);
    this.#add(resource.type, resource.id, resource.text, mode);
  }

  finish(): string[] {
    // Services and organizations in the same order: ANS's kit compares the first of each.
    for (const { service } of this.#services.values()) this.addResource(service, 'include');
    for (const { organization } of this.#services.values()) this.addResource(organization, 'include');
    return this.#entries;
  }

  #add(type: string, id: string, text: string, mode: string): void {
    this.#entries.push(
      `{"fullUrl":"${this.#base}/${type}/${id}","resource":${text},"search":{"mode":"${mode}"}}`,
    );
  }
}

function slotText(row: SlotRow, shape: string, place: Place): string {
  const comment = row[4] ?? place.comment;
  const link = comment === undefined ? '' : `,"comment":${JSON.stringify(comment)}`;
  return `{"resourceType":"Slot","id":"${row[1]}",${shape},"schedule":{"reference":"Schedule/${place.schedule.id}"},"status":"free","start":"${row[2]}","end":"${row[3]}"${link}}`;
}

const BUNDLE_PROFILE: Readonly<Record<Flow, string>> = {
  INT_R01: PROFILE.bundleIndividual,
  INT_R04: PROFILE.bundleCpts,
  SOS: PROFILE.bundleSos,
};

/** The searchset; without any entry it has no `entry` element at all (FAQ 9). */
export function bundleText(
  id: string,
  flow: Flow,
  total: number,
  selfUrl: string,
  entries: readonly string[],
): string {
  const list = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","id":"${id}","meta":{"profile":["${BUNDLE_PROFILE[flow]}"]},"type":"searchset","total":${total},"link":[{"relation":"self","url":${JSON.stringify(selfUrl)}}]${list}}`;
}

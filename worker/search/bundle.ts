// The Bundle of a search, mostly by pasting text: each resource once, one Schedule per place, and each slot leads to its own
// vendor's place, practitioner or association, and CPTS (own-resources.ts). docs/guide.md G-207, G-218.

import type { CptsService, Place, ResourceText, SlotRow, SlotShape } from '../../shared/sas/answer.ts';
import { PROFILE } from '../../shared/sas/canonical.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { type GivenName, OwnResources, renamed } from './own-resources.ts';
import type { Offer, Selection } from './selection.ts';

/** Entries separated by commas, as text or, where they were written before, as its UTF-8. */
export type Piece = string | Uint8Array;

/** JSON texts of the entries, without the outcome. `base`: of every `fullUrl`, without a last slash. */
export function bundleEntries({ subjects }: Selection, flow: Flow, base: string): string[] {
  const entries = new Entries(flow, base);
  for (const { offers } of subjects) {
    for (const offer of offers) entries.addOffer(offer);
    for (const offer of offers) entries.addHolder(offer);
  }
  entries.addServices();
  return entries.pieces as string[];
}

/** The same, with the places that are kept as they were written for an earlier search. */
export function bundlePieces({ subjects }: Selection, flow: Flow, base: string): Piece[] {
  const entries = new Entries(flow, base);
  for (const { offers } of subjects) {
    for (const offer of offers) {
      if (offer.isKept) entries.addKeptOffer(offer);
      else entries.addOffer(offer);
    }
    for (const offer of offers) entries.addHolder(offer);
  }
  entries.addServices();
  return entries.pieces;
}

/** The entries of a place all of whose slots are shown, and what they use. */
interface WrittenPlace {
  readonly flow: Flow;
  readonly base: string;
  readonly bytes: Uint8Array;
  /** Of its schedule and its site. */
  readonly keys: readonly string[];
  readonly services: ReadonlyMap<string, CptsService>;
  /** What it calls the resources that it refers to. */
  readonly given: readonly GivenName[];
}

/** For as long as the place is remembered. */
const writtenPlaces = new WeakMap<Place, WrittenPlace>();
const encoder = new TextEncoder();

class Entries {
  readonly pieces: Piece[] = [];
  readonly #flow: Flow;
  readonly #base: string;
  readonly #written = new Set<string>();
  readonly #own = new OwnResources();
  /** By their names here. */
  readonly #services = new Map<string, CptsService>();
  readonly #shapes = new Map<SlotShape, string>();

  constructor(flow: Flow, base: string) {
    this.#flow = flow;
    this.#base = base;
  }

  addOffer(offer: Offer): void {
    const { place, slots, shapes, holder } = offer;
    const mode = this.#flow === 'SOS' ? 'include' : 'match';
    for (const row of slots) {
      const shape = shapes[row[0]];
      if (shape !== undefined)
        this.#add('Slot', row[1], slotText(row, this.#shapeText(shape, offer), place), mode);
    }
    const name = this.#holderName(offer);
    const schedule = renamed(place.schedule, holder.id, name);
    this.#addResource(schedule, this.#flow === 'SOS' ? 'match' : 'include');
    this.#addResource(renamed(place.site, holder.id, name), 'include');
  }

  /** Written once and pasted from then on, unless some of its slots are hidden or another place shares its site. */
  addKeptOffer(offer: Offer): void {
    const { vendor, place, slots } = offer;
    const written = slots.length < place.slots.length ? undefined : this.#writtenPlace(offer);
    const isPasted =
      written !== undefined &&
      !written.keys.some((key) => this.#written.has(key)) &&
      written.given.every((one) => this.#own.nameOf(vendor, one) === one.name);
    if (!isPasted) {
      this.addOffer(offer);
      return;
    }
    this.pieces.push(written.bytes);
    for (const key of written.keys) this.#written.add(key);
    for (const [name, service] of written.services) this.#addService(name, service);
  }

  #writtenPlace(offer: Offer): WrittenPlace {
    const { place } = offer;
    const known = writtenPlaces.get(place);
    if (known?.flow === this.#flow && known.base === this.#base) return known;
    const alone = new Entries(this.#flow, this.#base);
    alone.addOffer(offer);
    const written = {
      flow: this.#flow,
      base: this.#base,
      bytes: encoder.encode(alone.pieces.join(',')),
      keys: [keyOf(place.schedule), keyOf(place.site)],
      services: alone.#services,
      given: alone.#own.given,
    };
    writtenPlaces.set(place, written);
    return written;
  }

  addHolder(offer: Offer): void {
    const { holder } = offer;
    this.#addResource(renamed(holder, holder.id, this.#holderName(offer)), 'include');
  }

  #holderName({ vendor, holder: { id, text }, said }: Offer): string {
    return this.#own.nameOf(vendor, { id, said, words: text });
  }

  /** Once per shape: with the CPTS that it refers to under their names here. */
  #shapeText(shape: SlotShape, { vendor, services }: Offer): string {
    const known = this.#shapes.get(shape);
    if (known !== undefined) return known;
    let { text } = shape;
    for (const index of shape.services) {
      const sent = services[index];
      if (sent === undefined) continue;
      const { service, organization, said } = sent;
      const { id } = service;
      const words = `${service.text}\n${organization.text}`;
      const name = this.#own.nameOf(vendor, { id, said, words });
      text = text.replaceAll(id, name);
      this.#addService(name, {
        service: renamed(service, id, name),
        organization: renamed(organization, id, name),
      });
    }
    this.#shapes.set(shape, text);
    return text;
  }

  #addService(name: string, service: CptsService): void {
    if (!this.#services.has(name)) this.#services.set(name, service);
  }

  #addResource(resource: ResourceText, mode: string): void {
    const key = keyOf(resource);
    if (this.#written.has(key)) return;
    this.#written.add(key);
    this.#add(resource.type, resource.id, resource.text, mode);
  }

  /** Services and organizations in the same order: ANS's kit compares the first of each. */
  addServices(): void {
    for (const { service } of this.#services.values()) this.#addResource(service, 'include');
    for (const { organization } of this.#services.values()) this.#addResource(organization, 'include');
  }

  #add(type: string, id: string, text: string, mode: string): void {
    this.pieces.push(
      `{"fullUrl":"${this.#base}/${type}/${id}","resource":${text},"search":{"mode":"${mode}"}}`,
    );
  }
}

function keyOf({ type, id }: ResourceText): string {
  return `${type}/${id}`;
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

/** What a searchset says besides its entries. */
export interface BundleHead {
  readonly id: string;
  readonly flow: Flow;
  readonly total: number;
  readonly selfUrl: string;
}

/** The searchset; without any entry it has no `entry` element at all (docs/guide.md G-210). */
export function bundleText(head: BundleHead, entries: readonly string[]): string {
  return entries.length === 0 ? `${headText(head)}}` : `${headText(head)},"entry":[${entries.join(',')}]}`;
}

/** The same in UTF-8, written piece by piece: making one string of them all would cost three copies more. */
export function bundleBytes(head: BundleHead, pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const text = headText(head);
  const texts = new TextBytes(pieces.reduce((length, piece) => length + piece.length + 1, text.length));
  texts.add(text);
  for (const [number, piece] of pieces.entries()) {
    texts.add(number === 0 ? ',"entry":[' : ',');
    texts.add(piece);
  }
  texts.add(pieces.length === 0 ? '}' : ']}');
  return texts.finish();
}

function headText({ id, flow, total, selfUrl }: BundleHead): string {
  return `{"resourceType":"Bundle","id":"${id}","meta":{"profile":["${BUNDLE_PROFILE[flow]}"]},"type":"searchset","total":${total},"link":[{"relation":"self","url":${JSON.stringify(selfUrl)}}]`;
}

const SPARE_BYTES = 4096;

/** Texts written one behind another into one piece of memory, as UTF-8. */
export class TextBytes {
  readonly #encoder = new TextEncoder();
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** `expected`: characters to come, about. A few accents more are allowed for; it grows when there are many. */
  constructor(expected: number) {
    this.#bytes = new Uint8Array(Math.ceil(expected * 1.05) + SPARE_BYTES);
  }

  /** `text`: or its UTF-8. */
  add(text: string | Uint8Array): void {
    if (typeof text === 'string') this.#encode(text);
    else this.#paste(text);
  }

  #paste(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #encode(text: string): void {
    const { read, written } = this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
    if (read < text.length) {
      this.#grow(3 * (text.length - read));
      this.#encode(text.slice(read));
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + least));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

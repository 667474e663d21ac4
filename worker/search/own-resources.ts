// What a practitioner, an association and a CPTS are called in a Bundle that several vendors fill. The id that a relay gives
// names the national identifier alone; here each is called after what its vendor says of it. Vendors that say the very same
// share one resource, as the guide wants it; vendors that differ have one each, so that none speaks for another, and no id
// depends on who else has answered. No I/O.

import type { ResourceText } from '../../shared/sas/answer.ts';

/** A vendor's resource, or the two of a CPTS, as its relay sent it. */
export interface SaidResource {
  /** The relay's: kind and hash of the national identifier. */
  readonly id: string;
  /** Hash of `words`, made by the relay; undefined: by no relay of this release. */
  readonly said: string | undefined;
  /** The whole text. */
  readonly words: string;
}

/** A name that was given. */
export interface GivenName extends SaidResource {
  readonly name: string;
}

/** 20 characters of a SHA-256. */
const SAID = /^[0-9a-f]{20}$/;

/** The names of one Bundle. */
export class OwnResources {
  readonly #given = new Map<string, GivenName>();
  readonly #words = new Map<string, string>();

  /** Every name given so far. */
  get given(): readonly GivenName[] {
    return [...this.#given.values()];
  }

  /** The id of this vendor's resource. One that it describes in two ways has one id: what is written first stands. */
  nameOf(vendor: string, resource: SaidResource): string {
    const key = `${vendor} ${resource.id}`;
    const known = this.#given.get(key);
    if (known !== undefined) return known.name;
    const name = this.#choose(vendor, resource);
    this.#given.set(key, { ...resource, name });
    if (!this.#words.has(name)) this.#words.set(name, resource.words);
    return name;
  }

  /** A relay that lies about what was said gives its vendor no other vendor's name. Other ids: gathering.ts. */
  #choose(vendor: string, { id, said, words }: SaidResource): string {
    const end = id.lastIndexOf('-') + 1;
    const own = `${vendor}-${id.slice(end)}`;
    if (said === undefined || !SAID.test(said)) return own;
    const shared = id.slice(0, end) + said;
    return (this.#words.get(shared) ?? words) === words ? shared : own;
  }
}

/** The same under that name, and what refers to it with it. */
export function renamed(resource: ResourceText, from: string, name: string): ResourceText {
  const { type, id, text } = resource;
  return { type, id: id === from ? name : id, text: text.replaceAll(from, name) };
}

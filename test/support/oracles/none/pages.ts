// The second reader's view of a whole answer: every resource with the place where it was written, and every reason why
// something of it may be missing or was not understood. One such reason, and the answer proves nothing of anybody.

import { isObj, jsonOf, listOf, type Obj, type SentPage } from './text.ts';

/** A resource of the answer. `scope`: the page and Bundle that it stands in; `url`: its fullUrl, when that is one. */
export interface Item {
  readonly resource: Obj;
  readonly scope: string;
  readonly url: string | undefined;
  /** What contains it, when it is contained. */
  readonly root?: Item;
}

export interface Sent {
  readonly items: readonly Item[];
  /** Why the answer may hold more than `items`. */
  readonly doubts: readonly string[];
}

const BUNDLE_KEYS =
  /^(resourceType|id|meta|language|identifier|type|timestamp|total|link|entry|signature|extension|text|_[a-z].*)$/;
/** Those of the flows, and a few that a vendor may add without saying anything of slots. */
const TYPES =
  /^(Slot|Schedule|Practitioner|PractitionerRole|Location|Organization|HealthcareService|OperationOutcome|Endpoint|Device)$/;
const PARTIAL = /^(incomplete|timeout|throttled|transient|exception|too-costly|no-store|lock-error)$/;

export function isModified({ modifierExtension, implicitRules }: Obj): boolean {
  return listOf(modifierExtension).length > 0 || (implicitRules !== undefined && implicitRules !== null);
}

/** `pages` by number, as the vendor serves them under `?page=n` of its base. */
export function readSent(pages: readonly SentPage[], baseUrl: string): Sent {
  const doubts: string[] = [];
  const items: Item[] = [];
  const seen = new Set<number>();
  let entries = 0;
  let total = 0;
  for (let number: number | undefined = 0; number !== undefined; ) {
    const page: SentPage | undefined = seen.has(number) ? undefined : pages[number];
    const bundle: unknown = page && jsonOf(page);
    seen.add(number);
    if (page?.status !== 200) doubts.push('page missing');
    if (!isObj(bundle) || bundle.resourceType !== 'Bundle')
      return { items, doubts: [...doubts, 'no Bundle'] };
    const reading = new BundleReading(doubts, items);
    reading.read(bundle, `${number}`);
    entries += reading.entries;
    total = Math.max(total, reading.total);
    number = nextOf(bundle, baseUrl, doubts);
  }
  // Slots are counted, of SOS by some the Schedules; other servers count all that they send.
  const results = ['Slot', 'Schedule'].map(
    (type) => items.filter(({ resource }) => resource.resourceType === type).length,
  );
  if (total > Math.max(...results) && total !== entries) doubts.push('more were counted');
  return { items, doubts };
}

class BundleReading {
  entries = 0;
  total = 0;
  readonly #doubts: string[];
  readonly #items: Item[];

  constructor(doubts: string[], items: Item[]) {
    this.#doubts = doubts;
    this.#items = items;
  }

  read(bundle: Obj, scope: string): void {
    if (!/^(searchset|collection|)$/i.test(typeof bundle.type === 'string' ? bundle.type.trim() : ''))
      this.#doubts.push('no searchset');
    if (isModified(bundle)) this.#doubts.push('modified Bundle');
    for (const [key, value] of Object.entries(bundle))
      if (!BUNDLE_KEYS.test(key) && typeof value === 'object' && listOf(value).length > 0)
        this.#doubts.push(`unknown ${key}`);
    const { total, entry } = bundle;
    const count = typeof total === 'string' && /^\s*\d+\s*$/.test(total) ? Number(total) : (total ?? 0);
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) this.#doubts.push('total');
    const before = this.entries;
    this.#entries(entry, scope);
    // Some servers count all that they send on a page.
    if (typeof count === 'number' && count !== this.entries - before)
      this.total = Math.max(this.total, count);
  }

  #entries(entry: unknown, scope: string): void {
    if (entry === undefined || entry === null) return;
    if (Array.isArray(entry)) for (const one of entry) this.#one(one, scope);
    else if (isObj(entry) && ('resource' in entry || 'resourceType' in entry)) this.#one(entry, scope);
    else if (
      isObj(entry) &&
      Object.keys(entry).length > 0 &&
      Object.keys(entry).every((key) => /^\d+$/.test(key))
    )
      for (const one of Object.values(entry)) this.#one(one, scope);
    else this.#doubts.push('no entry list');
  }

  #one(entry: unknown, scope: string): void {
    if (Array.isArray(entry) && entry.length > 0) {
      this.#entries(entry, scope);
      return;
    }
    if (!isObj(entry)) {
      this.#doubts.push('no entry');
      return;
    }
    if (typeof entry.resourceType === 'string' && entry.resource === undefined) {
      this.#resource(entry, undefined, scope);
      return;
    }
    if (isModified(entry)) this.#doubts.push('modified entry');
    for (const [key, value] of Object.entries(entry))
      if (!/^(resource|search|fullUrl)$/.test(key)) this.#within(value);
    if (isObj(entry.resource)) this.#resource(entry.resource, entry.fullUrl, scope);
    else this.#doubts.push('no resource');
  }

  #resource(resource: Obj, fullUrl: unknown, scope: string): void {
    this.entries += 1;
    const { resourceType: type } = resource;
    if (type === 'Bundle') {
      const links = listOf(resource.link);
      if (links.some((link) => !isObj(link) || link.relation !== 'self'))
        this.#doubts.push('a Bundle that goes on');
      this.read(resource, `${scope}.${this.entries}`);
      return;
    }
    if (typeof type !== 'string' || !TYPES.test(type)) {
      this.#doubts.push('unknown type');
      return;
    }
    if (type === 'OperationOutcome') this.#outcome(resource);
    // R4 has resources in a Slot's `contained` only, and there may be thousands of Slots.
    this.#within(type === 'Slot' ? resource.contained : { ...resource, resourceType: undefined });
    this.#items.push({ resource, scope, url: typeof fullUrl === 'string' ? fullUrl.trim() : undefined });
  }

  /** A slot, Bundle or bad news where none is looked for. */
  #within(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { resourceType: type } = value as Obj;
    if (type === 'OperationOutcome') this.#outcome(value as Obj);
    else if (typeof type === 'string' && !TYPES.test(type.replace(/^slot$/i, '')))
      this.#doubts.push(`${type} within`);
    for (const inner of Object.values(value)) this.#within(inner);
  }

  #outcome({ issue }: Obj): void {
    const issues = listOf(issue);
    const isHarmless = (one: unknown): boolean =>
      isObj(one) &&
      (one.severity === 'information' || one.severity === 'warning') &&
      !PARTIAL.test(String(one.code));
    if (issues.length === 0 || !issues.every(isHarmless)) this.#doubts.push('an outcome that warns');
  }
}

function nextOf({ link }: Obj, baseUrl: string, doubts: string[]): number | undefined {
  const nexts = new Set<string>();
  for (const one of listOf(link)) {
    if (!isObj(one) || typeof one.relation !== 'string') doubts.push('no link');
    else if (one.relation.trim().toLowerCase() === 'next')
      nexts.add(typeof one.url === 'string' ? one.url.trim() : '');
  }
  const [next] = nexts;
  if (nexts.size > 1) doubts.push('two ways on');
  if (next === undefined) return undefined;
  const page = URL.parse(next, `${baseUrl}/Slot`)?.href.startsWith(`${baseUrl}/`)
    ? /[?&]page=(\d+)$/.exec(next)?.[1]
    : undefined;
  return Number(page ?? -1);
}

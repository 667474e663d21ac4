// Where the second reader's references lead: R4 bundle.html#references, and docs/divergences.md ("portée d'un
// identifiant") where vendors leave out what R4 needs.

import type { Item } from './pages.ts';
import { isObj, listOf, type Obj } from './text.ts';

interface Name {
  /** Undefined: relative. */
  readonly base: string | undefined;
  /** `Type/id`. */
  readonly local: string;
}

export class References {
  readonly #items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  /** The one resource of these types that it leads to; undefined when it leads nowhere, or to several. */
  one(from: Item, reference: unknown, ...types: string[]): Item | undefined {
    const found = this.#found(from, reference).filter(({ resource }) =>
      types.includes(String(resource.resourceType)),
    );
    return new Set(found.map(contentOf)).size === 1 ? found[0] : undefined;
  }

  /** It surely leads to none of these types: to another, found here or named. */
  isElsewhere(from: Item, reference: unknown, types: readonly string[]): boolean {
    const found = this.#found(from, reference);
    if (found.length > 0)
      return found.every(({ resource }) => !types.includes(String(resource.resourceType)));
    const text = isObj(reference) && typeof reference.reference === 'string' ? reference.reference : '';
    const said = isObj(reference) && typeof reference.type === 'string' ? [reference.type] : [];
    const named = [
      ...said,
      ...(/\b(PractitionerRole|Location|HealthcareService|Device|Organization|Schedule|Slot)(?:\/|$)/
        .exec(text)
        ?.slice(1) ?? []),
    ];
    return named.length > 0 && named.every((type) => !types.includes(type));
  }

  /** Another content under the same id of the same scope. */
  twins(item: Item): Item[] {
    const name = nameOf(item);
    return this.#items.filter((other) => {
      const its = nameOf(other);
      const isSame = its?.local === name?.local && its?.base === name?.base && other.scope === item.scope;
      return name !== undefined && isSame && contentOf(other) !== contentOf(item);
    });
  }

  #found(from: Item, reference: unknown): Item[] {
    const text =
      isObj(reference) && typeof reference.reference === 'string' ? reference.reference.trim() : '';
    const root = from.root ?? from;
    if (text.startsWith('#'))
      return listOf(root.resource.contained).flatMap((resource) =>
        isObj(resource) && resource.id === text.slice(1) ? [{ ...root, resource, root }] : [],
      );
    if (/^urn:/i.test(text))
      return nearest(
        root,
        this.#items.filter(({ url }) => url === text),
      );
    const name = parse(text);
    if (name === undefined) return [];
    const base = name.base ?? nameOf(root)?.base;
    const named = this.#items.flatMap((item) => {
      const its = namesOf(item).find(({ local }) => local === name.local);
      return its === undefined ? [] : [{ item, base: its.base }];
    });
    const own = named.filter((one) => base === undefined || one.base === base);
    const chosen = own.length > 0 ? own : named.filter((one) => one.base === undefined);
    return nearest(
      root,
      chosen.map(({ item }) => item),
    );
  }
}

/** Those of the same Bundle, else of the same page, else all. */
function nearest({ scope }: Item, items: Item[]): Item[] {
  for (let around = scope; around !== ''; around = around.replace(/\.?\d+$/, '')) {
    const near = items.filter((item) => item.scope === around);
    if (near.length > 0) return near;
  }
  return items;
}

/** By its fullUrl and by its id, where they differ. */
function namesOf(item: Item): Name[] {
  const { resourceType, id } = item.resource;
  const name = nameOf(item);
  return name === undefined
    ? []
    : [name, { base: name.base, local: `${String(resourceType)}/${String(id)}` }];
}

function nameOf({ resource, url }: Item): Name | undefined {
  const { resourceType, id } = resource;
  const local = `${String(resourceType)}/${String(id)}`;
  const full = url === undefined ? undefined : parse(url);
  if (full?.base !== undefined && full.local.startsWith(`${String(resourceType)}/`)) return full;
  return typeof id === 'string' ? { base: undefined, local } : undefined;
}

function parse(text: string): Name | undefined {
  const [, front, local] =
    /^(?:(.*?)\/)?([A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(text) ?? [];
  if (local === undefined) return undefined;
  if (front === undefined || front === '') return { base: undefined, local };
  const url = URL.parse(front);
  if (url === null || !/^https?:\/\//i.test(front)) return undefined;
  // How it is reached is not where it is.
  return {
    base: `${url.hostname}:${url.port.replace(/^(80|443)$/, '')}${url.pathname}`.replace(/\/+$/, ''),
    local,
  };
}

function contentOf({ resource }: Item): string {
  return JSON.stringify(
    sorted({ ...resource, meta: { ...(resource.meta as Obj), lastUpdated: 0, versionId: 0 } }),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObj(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}

// Whether a search's answer says or shows that part of it is missing or was not written for us to read: an outcome that
// is an error, more results counted than came, a link or an entry that cannot be read, rules or types that nobody knows.
// Pure, over all pages of one answer.

import { isAnything, itemsOf } from './bundle-entries.ts';
import { asObject, asText, type JsonObject } from './json.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

/** `incomplete`: part is missing; `unread`: part came and was not understood. */
export type Lack = 'incomplete' | 'unread';

/** Issue codes of R4 that say "later", "elsewhere" or "not all", however mild the severity. */
const PARTIAL = new Set([
  'incomplete',
  'timeout',
  'throttled',
  'transient',
  'too-costly',
  'lock-error',
  'exception',
  'no-store',
]);

/** They hold what they please, and no part of an answer to a search stands in them. */
const CARRIERS = new Set(['Parameters', 'Binary']);
/** What R4 has in a Bundle, and what servers add to it; a list of anything else may be its entries by another name. */
const BUNDLE_ELEMENTS = new Set([
  'resourceType',
  'id',
  'meta',
  'implicitRules',
  'language',
  'identifier',
  'type',
  'timestamp',
  'total',
  'link',
  'entry',
  'signature',
  'extension',
  'text',
]);

/** One of an answer, told of each of its pages. */
export class Wholeness {
  readonly #lacks = new Set<Lack>();
  /** How often something was noted. */
  #notes = 0;
  #total = 0;

  /**
   * One page, or a Bundle within it, of so many entries.
   * @returns the raw URL of `next`, empty when there is one that cannot be read
   */
  takePage(bundle: JsonObject, entries: number): string | undefined {
    if (isAnything(bundle.implicitRules)) this.#note('unread');
    for (const [name, value] of Object.entries(bundle)) {
      if (
        typeof value === 'object' &&
        !BUNDLE_ELEMENTS.has(name) &&
        !/^_[a-z]/.test(name) &&
        isAnything(value)
      )
        this.#note('unread');
    }
    this.#takeTotal(bundle.total, entries);
    return this.#nextOf(bundle.link);
  }

  /**
   * Any resource of the Bundle but a Slot, with all that stands in it.
   * @returns whether nothing was noted of it: taking it again would change nothing
   */
  takeResource(resource: JsonObject): boolean {
    const { resourceType } = resource;
    const before = this.#notes;
    if (resourceType === 'OperationOutcome') this.#takeOutcome(resource);
    if (!isTold(resourceType)) this.#note('unread');
    // The entries of a Bundle are taken one by one.
    else if (resourceType !== 'Bundle') this.takeWithin(resource);
    return this.#notes === before;
  }

  /** Whatever may be a slot is no part of another resource: nobody looks for it there, at no depth. */
  takeWithin(holder: object): void {
    for (const inner of Object.values(holder) as unknown[]) {
      if (typeof inner !== 'object' || inner === null) continue;
      const { resourceType } = inner as JsonObject;
      if (resourceType === undefined) this.takeWithin(inner);
      else if (mayBeSlot(inner as JsonObject)) this.#note('unread');
      else this.takeResource(inner as JsonObject);
    }
  }

  takePartial(): void {
    this.#note('incomplete');
  }

  /**
   * @param entries received over all pages
   * @param results those of them that `total` counts
   * @param unread items of their lists that are no entries
   */
  lacks(entries: number, results: number, unread: number): ReadonlySet<Lack> {
    if (unread > 0) this.#note('unread');
    // Some servers count all that they send, what they include too.
    if (this.#total > results && this.#total !== entries) this.#note('incomplete');
    return this.#lacks;
  }

  #note(lack: Lack): void {
    this.#notes += 1;
    this.#lacks.add(lack);
  }

  #takeTotal(written: unknown, entries: number): void {
    if (written === undefined || written === null) return;
    const total = typeof written === 'string' && /^\s*\d+\s*$/.test(written) ? Number(written) : written;
    if (total === entries) return;
    if (typeof total === 'number' && Number.isSafeInteger(total) && total >= 0)
      this.#total = Math.max(this.#total, total);
    else this.#note('unread');
  }

  #nextOf(written: unknown): string | undefined {
    let next: string | undefined;
    for (const item of itemsOf(written) ?? [undefined]) {
      const link = asObject(item);
      const relation = asText(link?.relation)?.toLowerCase();
      if (relation === undefined) this.#note('unread');
      if (relation !== 'next') continue;
      // Of two ways on only one is gone.
      if (next !== undefined) this.#note('incomplete');
      next ??= asText(link?.url) ?? '';
    }
    return next;
  }

  #takeOutcome(outcome: JsonObject): void {
    const issues = itemsOf(outcome.issue) ?? [];
    if (issues.length === 0) this.#note('unread');
    for (const item of issues) {
      const issue = asObject(item);
      const severity = asText(issue?.severity)?.toLowerCase();
      const isMild = severity === 'information' || severity === 'warning' || severity === 'success';
      if (!isMild || PARTIAL.has(asText(issue?.code)?.toLowerCase() ?? '')) this.#note('incomplete');
    }
  }
}

function isTold(resourceType: unknown): boolean {
  return typeof resourceType === 'string' && RESOURCE_TYPES.has(resourceType) && !CARRIERS.has(resourceType);
}

function mayBeSlot({ resourceType }: JsonObject): boolean {
  return resourceType === 'Slot' || resourceType === 'Bundle';
}

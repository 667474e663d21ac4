// The graph of one Bundle: which entry is at which address, who refers to whom, and the rules that only show
// there. One map lookup per reference, so 5,000 slots cost 5,000 lookups, however they are arranged.
import type { Flow, SlotWindow } from '../query.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';
import { instantMs } from './r4/formats.ts';
import { actorReference } from './schedule.ts';
import { serviceReferences } from './slot-service-type.ts';
import type { RuleId } from './table/table.ts';

/** What the search that a Bundle answers asked for; what is absent is not checked. */
export interface BundleOptions {
  /** Bounds that every slot's start must keep, inclusive. */
  readonly window?: SlotWindow;
  /** Prefixed identifiers that were asked: nobody else may appear. */
  readonly subjects?: readonly string[];
  /** The caller's clock: no slot may have started. */
  readonly nowMs?: number;
  /** Several vendors' answers in one: an identifier stands once for each description of its bearer. */
  readonly isMerged?: boolean;
}

interface Node {
  readonly index: number;
  readonly resource: Json;
}

const ABSOLUTE = /^https?:\/\/[^\s/?#@\\<>"|^`{}]+\/(?:[^\s?#<>"\\^`{}]*\/)?$/;

/** One of a Bundle: told of each entry, then asked once for what only the whole shows. */
export class BundleGraph {
  private readonly flow: Flow;
  private readonly slots: Node[] = [];
  /** Every resource but slots, by `Type/id`: nothing refers to a slot. */
  private readonly targets = new Map<string, Node>();
  private readonly counts = new Map<string, number>();
  private readonly fullUrls = new Set<string>();
  private readonly referenced = new Set<string>();
  private base: string | undefined = undefined;

  constructor(flow: Flow) {
    this.flow = flow;
  }

  count(type: string): number {
    return type === 'Slot' ? this.slots.length : (this.counts.get(type) ?? 0);
  }

  /** Entries other than outcomes. */
  get size(): number {
    return this.slots.length + this.targets.size;
  }

  add(c: Checker, entry: Json, resource: Json, type: string, index: number): void {
    const id = typeof resource.id === 'string' ? resource.id : '';
    this.checkFullUrl(c, entry.fullUrl, resource, type, id);
    const node = { index, resource };
    if (type === 'Slot') this.slots.push(node);
    else {
      this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
      const key = id === '' ? `${type}#${index}` : `${type}/${id}`;
      if (!this.targets.has(key)) this.targets.set(key, node);
    }
  }

  private checkFullUrl(c: Checker, fullUrl: unknown, resource: Json, type: string, id: string): void {
    if (fullUrl === undefined) c.fail('bundle-full-url', 'fullUrl');
    if (typeof fullUrl !== 'string' || fullUrl === '') return;
    const version = isObject(resource.meta) ? resource.meta.versionId : undefined;
    const key = typeof version === 'string' ? `${fullUrl} ${version}` : fullUrl;
    if (this.fullUrls.has(key)) c.fail('r4-bdl-7', 'fullUrl');
    this.fullUrls.add(key);
    const baseLength = fullUrl.length - type.length - id.length - 1;
    const fits = id !== '' && baseLength > 0 && fullUrl.endsWith(id) && fullUrl.startsWith(type, baseLength);
    if (fits && this.base?.length === baseLength && fullUrl.startsWith(this.base)) return;
    if (fullUrl.includes('/_history/')) c.fail('r4-bdl-8', 'fullUrl');
    else if (!fits || fullUrl.charCodeAt(baseLength + type.length) !== 47)
      c.fail('bundle-full-url-id', 'fullUrl');
    else if (!ABSOLUTE.test(fullUrl.slice(0, baseLength))) c.fail('bundle-full-url-absolute', 'fullUrl');
    else if (this.base === undefined) this.base = fullUrl.slice(0, baseLength);
    else c.fail('bundle-full-url-base', 'fullUrl');
  }

  check(c: Checker, options: BundleOptions): void {
    const places = new Set<string>();
    const services = new Set<string>();
    const people = new Set<string>();
    const subjects = options.subjects === undefined ? undefined : new Set<unknown>(options.subjects);
    for (const slot of this.slots) this.checkSlot(c, slot, options);
    for (const node of this.targets.values()) {
      if (c.full) return;
      this.enter(c, node);
      switch (node.resource.resourceType) {
        case 'Schedule':
          this.checkSchedule(c, node.resource, places);
          break;
        case 'PractitionerRole':
          this.resolve(c, node.resource.practitioner, 'practitioner');
          break;
        case 'Location':
          if (this.flow === 'SOS')
            this.resolve(c, node.resource.managingOrganization, 'managingOrganization');
          break;
        case 'HealthcareService':
          this.checkService(c, node.resource, services);
          break;
        case 'Practitioner':
          this.checkOnce(c, node.resource, people, 'bundle-practitioner-once', options);
          if (subjects !== undefined) this.checkSubject(c, node.resource, subjects);
          break;
        case 'Organization':
          this.checkOnce(c, node.resource, people, 'bundle-organization-once', options);
          if (subjects !== undefined && this.flow === 'SOS') this.checkSubject(c, node.resource, subjects);
          break;
      }
      this.leave(c);
    }
    for (const [key, node] of this.targets) {
      if (!this.referenced.has(key)) c.fail('bundle-orphan', 'entry', node.index, 'resource');
    }
  }

  private enter(c: Checker, node: Node): void {
    c.enter('entry');
    c.enter(node.index);
    c.enter('resource');
  }

  private leave(c: Checker): void {
    c.leave();
    c.leave();
    c.leave();
  }

  /** The node that a relative reference designates; a missing one is reported at `steps`. */
  private resolve(c: Checker, reference: unknown, ...steps: (string | number)[]): Node | undefined {
    const literal = isObject(reference) ? reference.reference : reference;
    if (typeof literal !== 'string' || literal.charCodeAt(0) === 35) return undefined;
    const node = this.targets.get(literal);
    if (node !== undefined) this.referenced.add(literal);
    // An absolute or malformed reference is another rule's matter.
    else if (/^[A-Z][A-Za-z]+\/[^/]+$/.test(literal)) c.fail('bundle-reference', ...steps, 'reference');
    return node;
  }

  private checkSlot(c: Checker, node: Node, options: BundleOptions): void {
    const { index, resource } = node;
    const schedule = isObject(resource.schedule) ? resource.schedule.reference : undefined;
    if (typeof schedule === 'string' && this.targets.has(schedule)) this.referenced.add(schedule);
    else this.resolve(c, schedule, 'entry', index, 'resource', 'schedule');
    if (this.flow === 'INT_R04') {
      for (const reference of serviceReferences(resource)) {
        this.resolve(c, reference, 'entry', index, 'resource', 'serviceType');
      }
    }
    const { window, nowMs } = options;
    if (window === undefined && nowMs === undefined) return;
    const startMs = typeof resource.start === 'string' ? instantMs(resource.start) : Number.NaN;
    if (window !== undefined && (startMs < window.fromMs || startMs > window.toMs)) {
      c.fail('bundle-slot-window', 'entry', index, 'resource', 'start');
    }
    if (nowMs !== undefined && startMs < nowMs)
      c.fail('bundle-slot-past', 'entry', index, 'resource', 'start');
  }

  /** One schedule per place, and the practitioner of the schedule is the one of the role. */
  private checkSchedule(c: Checker, schedule: Json, places: Set<string>): void {
    list(schedule.actor).forEach((actor, index) => {
      this.resolve(c, actor, 'actor', index);
    });
    const place = actorReference(schedule, this.flow === 'SOS' ? 'Location' : 'PractitionerRole');
    if (place === undefined) return;
    if (places.has(place)) c.fail('bundle-schedule-one', 'actor');
    places.add(place);
    const role = this.flow === 'SOS' ? undefined : this.targets.get(place)?.resource;
    const practitioner = isObject(role?.practitioner) ? role.practitioner.reference : undefined;
    const actor = actorReference(schedule, 'Practitioner');
    if (typeof practitioner === 'string' && actor !== undefined && practitioner !== actor) {
      c.fail('bundle-schedule-practitioner', 'actor');
    }
  }

  private checkService(c: Checker, service: Json, seen: Set<string>): void {
    const reference = isObject(service.providedBy) ? service.providedBy.reference : undefined;
    this.resolve(c, reference, 'providedBy');
    if (typeof reference !== 'string') return;
    if (seen.has(reference)) c.fail('bundle-service-one', 'providedBy');
    seen.add(reference);
  }

  /** The same national identifier on two entries: a vendor repeats itself, or two vendors say the same. */
  private checkOnce(
    c: Checker,
    resource: Json,
    seen: Set<string>,
    rule: RuleId,
    { isMerged }: BundleOptions,
  ): void {
    const own = new Set<string>();
    const words = isMerged === true ? JSON.stringify({ ...resource, id: '' }) : '';
    for (const identifier of list(resource.identifier)) {
      if (!isObject(identifier)) continue;
      const { system, value } = identifier;
      if (typeof system === 'string' && typeof value === 'string')
        own.add(`${rule} ${system} ${value} ${words}`);
    }
    for (const key of own) {
      if (seen.has(key)) c.fail(rule, 'identifier');
      seen.add(key);
    }
  }

  private checkSubject(c: Checker, resource: Json, subjects: ReadonlySet<unknown>): void {
    const asked = list(resource.identifier).some(
      (identifier) => isObject(identifier) && subjects.has(identifier.value),
    );
    if (!asked) c.fail('bundle-subject', 'identifier');
  }
}

// A second reader of vendors' answers, written from the guide, R4 and docs/ alone: it knows nothing of shared/sas/read.
// It is sound in one direction: when it says that an answer proves somebody's "none", every part was understood and no
// slot in it can be his. It reads fewer forms than the gateway, and whatever it does not read proves nothing.

import { addressesOf, instantOf, numbersOf, phonesOf, squash, type Use, useOf } from './facts.ts';
import { Holders } from './holders.ts';
import { type Item, isModified, readSent } from './pages.ts';
import { References } from './references.ts';
import { isObj, listOf, type Obj, type SentPage } from './text.ts';

export interface OracleQuestion {
  readonly flow: 'INT_R01' | 'INT_R04' | 'SOS';
  readonly subjects: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly baseUrl: string;
}

/** A free slot that is surely his, with all that may stand beside it. */
export interface Hour {
  readonly subject: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly addresses: readonly string[];
  readonly phones: readonly string[];
  readonly names: readonly string[];
  readonly comment: string;
}

export interface Verdict {
  /** Why each of those asked may have a slot; without reasons, he surely has none. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  readonly hours: readonly Hour[];
}

const KINDS = /^(PUBLIC|PRO|SNP|CPTS)$/;
const TYPE_SYSTEM = /R314|TypeCreneau/i;
/** A clock read twice. */
const SLACK_MS = 60_000;

export function judge(pages: readonly SentPage[], question: OracleQuestion): Verdict {
  const { items, doubts } = readSent(pages, question.baseUrl);
  const judging = new Judging(question, items);
  for (const doubt of doubts) judging.suspect(undefined, doubt);
  for (const item of items) if (item.resource.resourceType === 'Slot') judging.slot(item);
  return judging;
}

class Judging implements Verdict {
  readonly reasons = new Map<string, string[]>();
  readonly hours: Hour[] = [];
  readonly #question: OracleQuestion;
  readonly #items: readonly Item[];
  readonly #references: References;
  readonly #holders: Holders;

  constructor(question: OracleQuestion, items: readonly Item[]) {
    this.#question = question;
    this.#items = items;
    this.#references = new References(items);
    this.#holders = new Holders(this.#references, question.subjects, question.flow === 'SOS');
  }

  suspect(subjects: readonly string[] | undefined, reason: string): void {
    for (const subject of subjects ?? this.#question.subjects)
      this.reasons.set(subject, [...(this.reasons.get(subject) ?? []), reason]);
  }

  slot(item: Item): void {
    const { resource } = item;
    const { fromMs, toMs, nowMs } = this.#question;
    const startMs = instantOf(resource.start);
    const endMs = instantOf(resource.end);
    const status = statusOf(resource);
    const kind = this.#kindOf(resource);
    const isClear = !isModified(resource);
    const isOutside =
      startMs !== undefined && (startMs < Math.max(fromMs, nowMs + SLACK_MS) || startMs > toMs);
    const isTaken = /^(busy|busy-unavailable|busy-tentative|entered-in-error)$/.test(status);
    if (isClear && (isTaken || isOutside || kind === 'not shown')) return;
    const schedule = this.#references.one(item, resource.schedule, 'Schedule');
    if (schedule === undefined) {
      this.suspect(undefined, 'a slot of no agenda');
      return;
    }
    const holder = this.#holders.of(schedule);
    const around = [schedule, ...holder.around, ...this.#owners(item)];
    const modified = around.filter((one) => isModified(one.resource));
    const uses = around.filter((one) => !modified.includes(one)).map((one): Use => useOf(one.resource));
    if (isClear && uses.includes('out')) return;
    this.suspect(holder.subjects, 'a slot');
    const isContradicted = this.#references.twins(item).some((twin) => statusOf(twin.resource) !== status);
    const isSure =
      isClear && !isContradicted && modified.length === 0 && !uses.includes('unclear') && kind === 'shown';
    if (!isSure || status !== 'free' || holder.sure === undefined || !holder.isPlaced) return;
    if (startMs === undefined || endMs === undefined || endMs <= startMs) return;
    this.hours.push({
      subject: holder.sure,
      startMs,
      endMs,
      addresses: around.flatMap((one) =>
        one.resource.resourceType === 'Location' ? addressesOf(one.resource) : [],
      ),
      phones: around.flatMap((one) => phonesOf(one.resource)),
      names: this.#namesOf(holder.sure),
      comment: typeof resource.comment === 'string' ? resource.comment.trim() : '',
    });
  }

  /** One person may be sent twice, and is shown once. */
  #namesOf(subject: string): string[] {
    const type = this.#question.flow === 'SOS' ? 'Organization' : 'Practitioner';
    const his = this.#items.filter(({ resource }) => {
      const { sure } = numbersOf(resource, this.#question.flow === 'SOS');
      return resource.resourceType === type && sure.has(subject);
    });
    return his.flatMap(({ resource }) => namesOf(resource));
  }

  /** A kind that the flow shows is enough, whatever stands beside it (`kind-unknown`). */
  #kindOf({ meta }: Obj): 'shown' | 'not shown' | 'unclear' {
    const kinds = kindsIn(meta);
    const shown = {
      INT_R01: KINDS,
      INT_R04: KINDS,
      SOS: /^(PUBLIC|SNP)$/,
    };
    if (kinds.length === 0 || kinds.some((code) => shown[this.#question.flow].test(code))) return 'shown';
    return kinds.every((code) => KINDS.test(code)) ? 'not shown' : 'unclear';
  }

  /** Of a slot for CPTS alone: the services out of use, when all are. */
  #owners(item: Item): Item[] {
    const kinds = kindsIn(item.resource.meta);
    if (this.#question.flow !== 'INT_R04' || kinds.length === 0 || kinds.some((code) => code !== 'CPTS'))
      return [];
    const links = listOf(item.resource.serviceType).flatMap((one) =>
      isObj(one)
        ? listOf(one.extension).flatMap((ext) =>
            isObj(ext) && ext.valueReference ? [ext.valueReference] : [],
          )
        : [],
    );
    const services = links.map((link) => {
      const service = this.#references.one(item, link, 'HealthcareService');
      const owner = service && this.#references.one(service, service.resource.providedBy, 'Organization');
      return [service, owner].find((one) => one !== undefined && useOf(one.resource) === 'out');
    });
    return services.length > 0 && services.every((one) => one !== undefined) ? services : [];
  }
}

/** Codes of slot kinds; empty ones where something is written that is none. */
function kindsIn(meta: unknown): string[] {
  // PHP writes an empty object as a list.
  if (listOf(meta).length === 0) return [];
  if (!isObj(meta)) return [''];
  const labels = listOf(meta.security).filter(
    (one) => one !== null && (!isObj(one) || typeof one.system !== 'string' || TYPE_SYSTEM.test(one.system)),
  );
  return labels.map((one) => (isObj(one) ? String(one.code).trim().toUpperCase() : ''));
}

function statusOf({ status }: Obj): string {
  return typeof status === 'string' ? status.trim().toLowerCase() : '';
}

function namesOf({ resourceType, name }: Obj): string[] {
  if (resourceType !== 'Practitioner') return [squash(name)];
  return listOf(name).flatMap((one) => (isObj(one) && one.use !== 'old' ? [squash(one.family)] : []));
}

// Hub Santé and one LRM as a small model: what the broker has confirmed stays, in its order, for a day; each message is routed,
// refused, dead-lettered or lost without a word; the LRM answers as it likes; what comes back comes in any order, twice, late,
// or never. Written from docs/lrm.md and the guide, not from the code of the edge.

import type { ReceivedMessage } from '../../../shared/link/hub-sante.ts';
import type { Random } from '../samples/vendor-answers/random.ts';
import { ackOf, errorOf } from '../scenes/lrm-scene.ts';

/** Messages and replies live so long in a queue. */
const LIFE_MS = 24 * 3_600_000;

/** A message as the LRM reads it. */
export interface Report {
  readonly id: string;
  readonly appointment: string;
  readonly method: string;
  /** Of the appointment, milliseconds since 1970: another one for each version. */
  readonly startMs: number;
}

/** What was said of one message, in words of the model: `ack`, `refused`, or a code. */
export type Said = 'ack' | 'refused' | number;

export type Reply = Pick<ReceivedMessage, 'queue' | 'body'> & { readonly atMs: number };

export function readReport(body: string): Report {
  const { distributionID, content } = JSON.parse(body);
  const { appointmentId, method, start } = content[0].jsonContent.embeddedJsonContent.message.appointment;
  return { id: distributionID, appointment: appointmentId, method, startMs: Date.parse(start) };
}

export class HubModel {
  /** What the LRM has read, in its order. */
  readonly received: Report[] = [];
  /** Of each distributionID, all that was ever said, whether or not it came through. */
  readonly said = new Map<string, Said[]>();
  /** How often the Hub took each distributionID. */
  readonly taken = new Map<string, number>();
  isUp = true;
  /** From now on everything goes well. */
  isKind = false;
  readonly #random: Random;
  readonly #known = new Set<string>();
  /** Written to the broker's socket by who never heard of it; there by `byMs`. */
  #onTheWay: { readonly report: Report; readonly byMs: number }[] = [];
  #queue: { readonly report: Report; readonly atMs: number }[] = [];
  #replies: Reply[] = [];
  /** What the LRM will say when it likes. */
  #late: (() => void)[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** The broker has it on its disk. */
  take(report: Report, nowMs: number): void {
    this.taken.set(report.id, (this.taken.get(report.id) ?? 0) + 1);
    const random = this.#random;
    if (this.isKind || random.often(0.75)) {
      this.#queue.push({ report, atMs: nowMs });
    } else if (random.often(0.85)) {
      this.#sayError(report, random.pick([300, 600, 501, 400, 400, 500, 500, 500, 700]), nowMs);
    }
  }

  /** It arrives between now and `byMs`, and nobody hears that it did. */
  takeLater(report: Report, byMs: number): void {
    this.#onTheWay.push({ report, byMs });
  }

  /** So much time has come: what is on its way has arrived, what is too old is gone. */
  turnTo(nowMs: number): void {
    for (const { report } of this.#onTheWay.filter(({ byMs }) => byMs <= nowMs)) this.take(report, nowMs);
    this.#onTheWay = this.#onTheWay.filter(({ byMs }) => byMs > nowMs);
    const isOld = ({ atMs }: { readonly atMs: number }): boolean => atMs < nowMs - LIFE_MS;
    for (const { report } of this.#queue.filter(isOld)) this.#sayError(report, 500, nowMs);
    this.#queue = this.#queue.filter((one) => !isOld(one));
    this.#replies = this.#replies.filter((one) => !isOld(one));
  }

  /** One thing happens at the Hub or at the LRM. @returns whether anything could. */
  step(nowMs: number): boolean {
    const random = this.#random;
    if (this.#late.length > 0 && (this.#queue.length === 0 || random.often(0.3))) {
      this.#late.splice(random.below(this.#late.length), 1)[0]?.();
      return true;
    }
    if (!this.isUp) return false;
    const next = this.#queue.shift();
    if (next !== undefined) this.#read(next.report, nowMs);
    return next !== undefined;
  }

  /** Gives some of what waits for us to a relay, in any order. */
  give(max: number): Reply[] {
    if (!this.isUp) return [];
    const shuffled = this.isKind ? this.#replies : this.#random.shuffled(this.#replies);
    this.#replies = shuffled.slice(max);
    return shuffled.slice(0, max);
  }

  /** A relay had it, and has not acknowledged it. */
  giveBack(replies: readonly Reply[]): void {
    this.#replies.unshift(...replies);
  }

  /** Somebody's mistake. */
  stray(nowMs: number): void {
    const bodies = ['{', '{"content":[]}', ackOf({ id: 'fr.health.test.ptfsas_nobody-s' }).body];
    this.#replies.push({
      queue: this.#random.pick(['ack', 'info']),
      body: this.#random.pick(bodies),
      atMs: nowMs,
    });
  }

  #read(report: Report, nowMs: number): void {
    this.received.push(report);
    const isConflict = report.method === 'CreateAppointment' && this.#known.has(report.appointment);
    const how = isConflict ? 2 : this.isKind || this.#random.often(0.6) ? 4 : this.#random.below(8);
    // Otherwise it is silent, or refuses, and has not taken it.
    if (how >= 4) this.#known.add(report.appointment);
    if (how === 1) this.#sayError(report, 300, nowMs);
    if (how === 2) this.#sayError(report, 409, nowMs);
    if (how === 3) this.#sayRefused(report, nowMs);
    if (how === 4 || how === 5) this.#sayAck(report, nowMs);
    if (how === 6) this.#sayError(report, 703, nowMs);
    if (how >= 5) this.#late.push(() => this.#sayAck(report, nowMs));
  }

  #sayAck(report: Report, nowMs: number): void {
    this.#say(report, 'ack', ackOf(report), nowMs);
  }

  #sayRefused(report: Report, nowMs: number): void {
    this.#say(report, 'refused', ackOf(report, { refused: true }), nowMs);
    if (this.#random.often(0.8)) this.#sayError(report, 300, nowMs);
  }

  #sayError(report: Report, code: number, nowMs: number): void {
    this.#say(report, code, errorOf(report, code), nowMs);
  }

  #say({ id }: Report, said: Said, message: Omit<Reply, 'atMs'>, nowMs: number): void {
    this.said.set(id, [...(this.said.get(id) ?? []), said]);
    this.#replies.push({ ...message, atMs: nowMs });
    // Redelivered by a broker that did not hear that we have it.
    if (!this.isKind && this.#random.often(0.05)) this.#replies.push({ ...message, atMs: nowMs });
  }
}

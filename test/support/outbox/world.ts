// Some appointments' lives, from one seed: vendors write, two relays of which each process may die or be cut off carry, the edge is
// killed in the midst of anything, the broker ends and lives again, time passes, operators resend and erase. Then all is well
// again, and everything has its time to arrive. What it notes is for the oracle (oracle.ts).

import { expect } from 'vitest';
import type { SampleOptions } from '../../../bench/appointments/samples.ts';
import { Random } from '../samples/vendor-answers/random.ts';
import { type AskEdge, CarrierModel } from './carrier-model.ts';
import { type Blow, type OutboxEdge, RELAYS, type RelayId } from './edge.ts';
import { HubModel } from './hub-model.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2026-12-01T08:00:00Z');
const STEPS = 120;
const STATUSES = ['pending', 'booked', 'booked', 'arrived', 'cancelled', 'noshow', 'fulfilled'] as const;
/** One of them is that of no LRM. */
const TERRITORIES = ['SAS 990', 'SAS 990', 'SAS 404'] as const;
const REQUESTS_OF_A_TRANSACTION = 6;

/** A version that came to hold; `startMs`: no other one has it. */
interface Held {
  readonly version: number;
  readonly startMs: number;
}

export interface Life {
  readonly value: string;
  readonly id: string;
  /** In their order. */
  readonly held: Held[];
  isErased: boolean;
}

export class OutboxWorld {
  readonly edge: OutboxEdge;
  readonly hub: HubModel;
  readonly lives: readonly Life[];
  /** By distributionID, when a relay got it, and how many were given before. */
  readonly leased = new Map<string, { readonly atMs: number; readonly place: number }>();
  /** Of those that the edge first heard to be confirmed, how many were given before that. */
  readonly confirmed = new Map<string, number>();
  readonly #random: Random;
  #carriers: readonly CarrierModel[];
  #processes = 0;
  #sent: SampleOptions[] = [];
  #versions = 0;
  #isWell = false;
  /** Nothing befalls what is done inside something else. */
  #isInside = false;

  private constructor(edge: OutboxEdge, random: Random, lives: readonly Life[]) {
    this.edge = edge;
    this.#random = random;
    this.lives = lives;
    this.hub = new HubModel(random);
    this.#carriers = RELAYS.map((relay) => this.#process(relay));
  }

  /** Plays it to its end. */
  static async play(edge: OutboxEdge, seed: number, lives: number): Promise<OutboxWorld> {
    const random = new Random(seed);
    edge.clear();
    edge.nowMs = START_MS + random.below(DAY_MS);
    edge.know(['SAS 990']);
    const values = Array.from({ length: lives }, (_, place) => `life-${place}`);
    const all = await Promise.all(
      values.map(async (value) => ({ value, id: await edge.idOf(value), held: [], isErased: false })),
    );
    const world = new OutboxWorld(edge, random, all);
    edge.onDone = () => world.#watch();
    for (let step = 0; step < STEPS; step += 1) await world.#step();
    await world.#recover();
    return world;
  }

  #process(relay: RelayId): CarrierModel {
    this.#processes += 1;
    return new CarrierModel(relay, `process-${this.#processes}`);
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const one = random.pick(this.#carriers);
    const { hub, edge } = this;
    if (random.often(0.2)) one.isCut = false;
    if (random.often(0.2)) hub.isUp = true;
    const chance = random.below(100);
    if (chance < 12) await this.#put();
    else if (chance < 27) await this.#lease(one);
    else if (chance < 43) one.publish(hub, random, edge.nowMs);
    else if (chance < 55) await one.settle(this.#ask);
    else if (chance < 67) hub.step(edge.nowMs);
    else if (chance < 71) one.consume(hub, 1 + random.below(5));
    else if (chance < 77) await one.handOver(this.#ask);
    else if (chance < 87) this.#pass(this.#someTime());
    else if (chance < 90) await edge.schedule(this.#blow()).catch(noteDead);
    else await this.#disturb(one);
  }

  async #disturb(one: CarrierModel): Promise<void> {
    const random = this.#random;
    const { hub, edge } = this;
    const life = random.pick(this.lives);
    switch (random.below(9)) {
      case 0:
      case 1:
        one.die(hub, random, edge.nowMs);
        this.#carriers = this.#carriers.map((other) => (other === one ? this.#process(one.relay) : other));
        break;
      case 2:
      case 3:
        one.isCut = !one.isCut;
        break;
      case 4:
      case 5:
        hub.isUp = !hub.isUp;
        for (const each of this.#carriers) each.lose(hub);
        break;
      case 6:
        hub.stray(edge.nowMs);
        break;
      case 7:
        if (random.often(0.5)) edge.know([random.pick(TERRITORIES)]);
        else if (life.held.length > 0) await edge.resend(life.id, this.#blow()).catch(noteDead);
        break;
      default:
        if (random.often(0.15)) await this.#erase(life);
    }
  }

  async #erase(life: Life): Promise<void> {
    await this.edge.erase(life.id, this.#blow()).catch(noteDead);
    life.isErased =
      this.edge.appointments.rows('SELECT 1 FROM erased_appointments WHERE id = ?', life.id).length > 0;
  }

  /** A new version, an older one late, or one that was sent before; with the vendor's time or without. */
  async #put(): Promise<void> {
    const random = this.#random;
    const again = this.#sent.length > 0 && random.often(0.15);
    const sample = again ? random.pick(this.#sent) : this.#newSample();
    this.#sent.push(sample);
    await this.edge.put(sample, this.#blow()).catch(noteDead);
  }

  /** Which version holds, as the table of appointments says; the outbox is not asked. */
  #watch(): void {
    const sql = 'SELECT id, current AS version, start_ms AS startMs FROM appointments';
    for (const { id, version, startMs } of this.edge.appointments.rows<Held & { readonly id: string }>(sql)) {
      const held = this.lives.find((life) => life.id === id)?.held;
      if (held?.at(-1)?.version !== version) held?.push({ version, startMs });
    }
  }

  #newSample(): SampleOptions {
    const random = this.#random;
    const { nowMs } = this.edge;
    this.#versions += 1;
    const stampMs = nowMs - (random.often(0.2) ? random.below(2 * DAY_MS) : 0);
    const start = START_MS + this.#versions * MINUTE_MS;
    return {
      value: random.pick(this.lives).value,
      status: random.pick(STATUSES),
      start: new Date(start).toISOString(),
      end: new Date(start + 20 * MINUTE_MS).toISOString(),
      ...(random.often(0.8) && { stamp: new Date(stampMs).toISOString() }),
    };
  }

  async #lease(one: CarrierModel): Promise<void> {
    if (!one.isIdle) return;
    const { nowMs } = this.edge;
    const erased = this.lives.filter(({ isErased }) => isErased).map(({ id }) => id);
    for (const { distributionId, appointment } of await one.lease(
      this.#ask,
      nowMs,
      1 + this.#random.below(5),
    )) {
      expect(this.leased.has(distributionId), 'a distributionID is given once').toBe(false);
      this.leased.set(distributionId, { atMs: nowMs, place: this.leased.size });
      expect(erased, 'what was erased never leaves').not.toContain(appointment);
      const others = this.#carriers.filter((other) => other !== one).flatMap(({ hand }) => hand);
      const same = others.filter(
        (other) => other.appointment === appointment && other.endMs > this.edge.nowMs,
      );
      expect(same, 'two processes hold messages of one appointment').toEqual([]);
    }
  }

  #ask: AskEdge = async (process, kind, fields) => {
    const random = this.#random;
    if (process.isCut || (!this.#isWell && random.often(0.04))) return undefined;
    const { relay, instance } = process;
    try {
      const answer = await this.edge.ask<object>(relay, instance, kind, fields, this.#blow());
      if (kind === 'settle') this.#noteConfirmed(fields);
      return !this.#isWell && random.often(0.05) ? undefined : answer;
    } catch (cause) {
      noteDead(cause);
      return undefined;
    }
  };

  #noteConfirmed(fields: object): void {
    const { outcomes } = fields as { outcomes: readonly { distributionId: string; outcome: string }[] };
    for (const { distributionId, outcome } of outcomes) {
      const isNew = outcome === 'confirmed' && !this.confirmed.has(distributionId);
      if (isNew) this.confirmed.set(distributionId, this.leased.size);
    }
  }

  /** What befalls the next work of the edge. */
  #blow(): Blow | undefined {
    const random = this.#random;
    if (this.#isWell || this.#isInside || !random.often(0.2)) return undefined;
    const at = random.below(REQUESTS_OF_A_TRANSACTION);
    const when = random.pick(['before', 'after'] as const);
    const how = random.pick(['kill', 'meanwhile', 'meanwhile', 'slip'] as const);
    return { at, when, how, meanwhile: () => this.#meanwhile() };
  }

  async #meanwhile(): Promise<void> {
    this.#isInside = true;
    await this.#step();
    this.#isInside = false;
  }

  #someTime(): number {
    const random = this.#random;
    if (random.often(0.7)) return random.pick([100, 300, SECOND_MS, SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS]);
    if (random.often(0.8)) return random.pick([31 * SECOND_MS, 50 * SECOND_MS, 2 * MINUTE_MS]);
    return random.pick([11 * MINUTE_MS, HOUR_MS, HOUR_MS, 25 * HOUR_MS]);
  }

  #pass(ms: number): void {
    this.edge.nowMs += ms;
    this.hub.turnTo(this.edge.nowMs);
  }

  /** All is well from now on: until nothing waits any more, or so much time has passed that nothing should. */
  async #recover(): Promise<void> {
    this.#isWell = true;
    this.hub.isUp = true;
    this.hub.isKind = true;
    this.edge.know(['SAS 990']);
    for (const one of this.#carriers) one.isCut = false;
    const waits = [
      SECOND_MS,
      46 * SECOND_MS,
      11 * MINUTE_MS,
      HOUR_MS,
      HOUR_MS,
      DAY_MS,
      HOUR_MS,
      HOUR_MS,
      DAY_MS,
      HOUR_MS,
    ];
    for (const ms of waits) {
      await this.#settle();
      if (this.#isQuiet()) return;
      this.#pass(ms);
      await this.edge.schedule();
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    const { hub } = this;
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const one of this.#carriers) {
        const had = this.leased.size;
        await this.#lease(one);
        while (one.hand.length > 0) one.publish(hub, this.#random, this.edge.nowMs);
        await one.settle(this.#ask);
        while (hub.step(this.edge.nowMs)) isMoving = true;
        one.consume(hub, 50);
        await one.handOver(this.#ask);
        isMoving ||= this.leased.size > had;
      }
    }
  }

  #isQuiet(): boolean {
    const sql = `SELECT 1 FROM lrm_messages WHERE state IN ('pending', 'held', 'leased', 'confirmed') LIMIT 1`;
    return this.edge.appointments.rows(sql).length === 0;
  }
}

/** The edge was killed, or says that it failed: whoever asked asks again one day. Anything else is a mistake. */
function noteDead(cause: unknown): void {
  if (!(cause instanceof Error)) throw cause;
  const { reason } = cause as Error & { readonly reason?: string };
  const said = ['storage-unavailable', 'not-found', 'state-conflict'];
  if (reason !== undefined ? said.includes(reason) : cause.message === 'the isolate is gone') return;
  throw cause;
}

// Some appointments' lives over real programs, from one seed: vendors write while the edge, relays and the broker are killed and
// start again, ways between them are cut, the Hub refuses and the LRM answers late, twice or never. Then all is well again. The
// seed draws what is done and in which order; how far each program has got by then is the machine's.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Behaviour } from '../../../../sandbox/hub-sante/lrm/behaviours.ts';
import type { Lrm } from '../../../../sandbox/hub-sante/lrm/lrm.ts';
import type { WayState } from '../../doubles/cut-way.ts';
import type { Random } from '../../samples/vendor-answers/random.ts';
import { SAS_ID } from '../../scenes/hub-sante-scene.ts';
import { SAMU } from '../../scenes/lrm-scene.ts';
import { until } from '../../wait/until.ts';
import type { KillScene } from './scene.ts';

const STEPS = 60;
const LIVES = 4;
const MINUTE_MS = 60_000;
const STATUSES = ['pending', 'booked', 'booked', 'cancelled', 'noshow', 'fulfilled'] as const;
const BEHAVIOURS: readonly Behaviour[] = [
  'sound',
  'sound',
  'twice',
  'late',
  'silent',
  'conflict',
  'steps',
  'stranger',
  'odd',
];
/** What the Hub says instead of routing. */
const CODES = [400, 500, 500, 300, 600] as const;
const WAYS: readonly WayState[] = ['closed', 'held', 'deaf', 'deaf'];
/** One look at whether anything moves lasts so long at most. */
const LOOK_MS = 400;
const POLL_MS = 10;
/** What pauses for longer is helped on. */
const PAUSE_MS = 8_000;

/** A message that no LRM has acknowledged, as operators see it. */
interface Open {
  readonly appointment: string;
  readonly state: string;
  readonly due: string;
}

/** All messages of one appointment, as operators see them. */
export interface Told {
  readonly messages: readonly ToldMessage[];
}

export interface ToldMessage {
  readonly turn: number;
  readonly version: number;
  readonly merged: number;
  readonly state: string;
  readonly reason: string | null;
  readonly tries: number;
  readonly attempts: readonly ToldAttempt[];
}

export interface ToldAttempt {
  readonly distributionId: string;
  readonly outcome: string;
  readonly reply: string | null;
  readonly code: number | null;
}

export interface KilledLife {
  readonly value: string;
  /** The edge's id, once a first message was acknowledged. */
  id: string | undefined;
  /** Starts of the versions that were acknowledged to the vendor, in their order, milliseconds. */
  readonly acknowledged: number[];
}

export class KillHistory {
  readonly lives: readonly KilledLife[];
  /** How often each thing befell. */
  readonly done = new Map<string, number>();
  readonly #scene: KillScene;
  readonly #random: Random;
  readonly #lrm: Lrm;
  readonly #startMs: number;
  #versions = 0;
  #broker: 'up' | 'killed' | 'stopped' = 'up';

  private constructor(scene: KillScene, random: Random) {
    this.#scene = scene;
    this.#random = random;
    this.#lrm = scene.hub.hub.lrm(SAMU);
    this.#startMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 24 * 60 * MINUTE_MS;
    this.lives = Array.from({ length: LIVES }, () => ({
      value: `life-${randomUUID()}`,
      id: undefined,
      acknowledged: [],
    }));
  }

  /** Plays it until everything that can arrive has arrived. */
  static async play(scene: KillScene, random: Random): Promise<KillHistory> {
    const history = new KillHistory(scene, random);
    for (let step = 0; step < STEPS; step += 1) await history.#step();
    await history.#heal();
    return history;
  }

  async #step(): Promise<void> {
    const chance = this.#random.below(100);
    if (chance < 50) await this.#put();
    else if (chance < 66) await this.#look();
    else if (chance < 76) this.#steer();
    else if (chance < 90) this.#cut();
    else if (chance < 95) await this.#killRelay();
    else if (chance < 97) await this.#killEdge();
    else await this.#killBroker();
  }

  #note(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  /** One version after the other of one appointment; what had no answer is perhaps there. */
  async #put(): Promise<void> {
    const life = this.#random.pick(this.lives);
    this.#versions += 1;
    const startMs = this.#startMs + this.#versions * MINUTE_MS;
    const status = this.#random.pick(STATUSES);
    const answer = await this.#scene.put({
      value: life.value,
      status,
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + 20 * MINUTE_MS).toISOString(),
      stamp: new Date().toISOString(),
    });
    this.#note(answer === undefined ? 'unanswered' : 'acknowledged');
    if (answer === undefined) return;
    life.id ??= answer.headers.get('Location')?.split('/').at(-1);
    life.acknowledged.push(startMs);
  }

  /** Until the LRM has one more, or for a moment: how far the programs get between two blows. */
  async #look(): Promise<void> {
    const had = this.#lrm.received.length;
    const endMs = performance.now() + this.#random.below(LOOK_MS);
    while (this.#lrm.received.length === had && performance.now() < endMs) await delay(POLL_MS);
  }

  /** How the Hub and the LRM take what comes next. */
  #steer(): void {
    const random = this.#random;
    const { dispatcher } = this.#scene.hub.hub;
    const what = random.below(5);
    if (what === 0) dispatcher.forced = [random.pick(CODES)];
    else if (what === 1) this.#lrm.release(random.pick(['given', 'reversed'])).catch(() => undefined);
    else this.#lrm.next = Array.from({ length: 1 + random.below(4) }, () => random.pick(BEHAVIOURS));
  }

  #cut(): void {
    const random = this.#random;
    const { toBroker, toEdge } = random.pick(this.#scene.relays);
    const way = random.pick([toBroker, toBroker, toEdge]);
    const next = way.state === 'open' ? random.pick(WAYS) : 'open';
    this.#note(`way ${next}`);
    way.turn(next);
  }

  async #killRelay(): Promise<void> {
    const relay = this.#random.pick(this.#scene.relays);
    this.#note('relay killed');
    await this.#scene.killRelay(relay);
    relay.carrier.startRelay();
  }

  async #killEdge(): Promise<void> {
    this.#note('edge killed');
    await this.#scene.edge.kill();
    // A vendor gets no answer meanwhile, and relays none.
    await this.#put();
    await this.#scene.edge.start();
  }

  /** Killed, or stopped in its tracks; or there again. */
  async #killBroker(): Promise<void> {
    const { broker } = this.#scene.hub.hub;
    if (this.#broker !== 'up') return this.#brokerBack();
    const next = this.#random.pick(['killed', 'stopped'] as const);
    this.#note(`broker ${next}`);
    if (next === 'stopped') broker.pause();
    else await broker.kill();
    this.#broker = next;
  }

  async #brokerBack(): Promise<void> {
    const { broker } = this.#scene.hub.hub;
    if (this.#broker === 'killed') await broker.startAgain();
    else broker.resume();
    this.#broker = 'up';
  }

  /** Everything lives and hears everything; edge and relays were dead until every lease was over. */
  async #heal(): Promise<void> {
    const { hub, relays, edge } = this.#scene;
    this.#lrm.next = [];
    hub.hub.dispatcher.forced = [];
    await this.#brokerBack();
    for (const { toBroker, toEdge } of relays) for (const way of [toBroker, toEdge]) way.turn('open');
    for (let isQuiet = false; !isQuiet; ) {
      await Promise.all(relays.map((relay) => this.#scene.killRelay(relay)));
      // It answers: what was in its sockets is read while the edge is away.
      await (await hub.connect(SAS_ID)).close();
      await edge.kill();
      this.#scene.age();
      await edge.start();
      const started = relays.map(({ carrier }) => carrier.startRelay());
      for (const relay of started) await relay.said('hub-sante-up');
      await until('what is late to be said', () =>
        this.#lrm.release().then(
          () => true,
          () => false,
        ),
      );
      isQuiet = await this.#quiet();
    }
  }

  /** Waits until nothing moves. @returns false when something would go on after a long pause alone. */
  #quiet(): Promise<boolean> {
    return until<'quiet' | 'paused'>('nothing to move', async () => {
      const { messages } = await this.#scene.admin<{ messages: readonly Open[] }>(
        '/admin/lrm/messages?_count=200',
      );
      const moving = messages.filter(({ state }) => ['pending', 'leased', 'held'].includes(state));
      if (moving.length > 0) {
        const isPaused = moving.every(
          ({ state, due }) => state !== 'leased' && Date.parse(due) > Date.now() + PAUSE_MS,
        );
        return isPaused && 'paused';
      }
      const unsaid = new Set(
        this.#lrm.received
          .filter(({ behaviour }) => behaviour === 'silent' || behaviour === 'late')
          .map(({ distributionId }) => distributionId),
      );
      for (const { appointment } of messages.filter(({ state }) => state === 'confirmed')) {
        const { messages: all } = await this.#scene.admin<Told>(`/admin/lrm/appointments/${appointment}`);
        const waits = all.filter(({ state }) => state === 'confirmed');
        if (waits.some(({ attempts }) => !unsaid.has(attempts.at(-1)?.distributionId ?? ''))) return false;
      }
      return 'quiet';
    }).then((how) => how === 'quiet');
  }
}

// What docs/lrm.md promises of a world's end: each version that held reached its LRM, in order, or a newer one took its place before
// anything left, or operators see it undelivered with its reason; one comes twice only after a doubt, or an answer that asks for
// it. Held against what the model of the Hub saw and said.

import { expect } from 'vitest';
import type { Report } from './hub-model.ts';
import type { Life, OutboxWorld } from './world.ts';

const DAY_MS = 24 * 3_600_000;

interface Attempt {
  readonly distributionId: string;
  readonly recipient: string;
}

interface Message {
  readonly turn: number;
  readonly version: number;
  readonly merged: number;
  readonly state: string;
  readonly reason: string | null;
  readonly tries: number;
  readonly attempts: readonly Attempt[];
}

/** Over all worlds: what came about, so that a test can say that it did. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }
}

/** The ends. */
const STATES = ['acked', 'errored', 'expired', 'superseded'];
/** Codes after which the same version leaves again, by itself or on an operator's word. */
const ASKS_AGAIN = [409, 400, 500, 300, 501, 600];

export async function judge(world: OutboxWorld, tally: Tally): Promise<void> {
  const { hub, edge, leased } = world;
  for (const [id, times] of hub.taken) {
    expect(times, `the Hub took ${id} once`).toBe(1);
    expect(leased.has(id), 'nothing leaves that was not given').toBe(true);
  }
  const shown = await edge.read<{ messages: readonly { appointment: string; turn: number }[] }>(
    '/admin/lrm/messages',
    {
      query: '?_count=200',
    },
  );
  const undelivered = new Set(shown.messages.map(({ appointment, turn }) => `${appointment} ${turn}`));
  let doubles = 0;
  for (const life of world.lives) {
    if (life.isErased) tally.add('erased');
    else if (life.held.length > 0) doubles += await judgeLife(world, life, undelivered, tally);
  }
  const [row] = edge.appointments.rows<{ count: number }>(
    `SELECT COALESCE(SUM(count), 0) AS count FROM lrm_days WHERE state = 'doubted'`,
  );
  expect(doubles, 'what came twice is counted').toBeLessThanOrEqual(row?.count ?? 0);
  tally.add('doubles', doubles);
  tally.add('doubted', row?.count ?? 0);
}

/** @returns how many messages came twice after a doubt alone. */
async function judgeLife(
  world: OutboxWorld,
  life: Life,
  shown: ReadonlySet<string>,
  tally: Tally,
): Promise<number> {
  const { messages } = await world.edge.read<{ messages: readonly Message[] }>(
    '/admin/lrm/appointments/:id',
    { id: life.id },
  );
  const received = world.hub.received.filter(({ appointment }) => appointment === life.id);
  expect(placesOf(life, messages), 'each version has its turn, or one took its place').toBe(life.held.length);
  const turnOf = new Map(
    messages.flatMap(({ turn, attempts }) => attempts.map((one) => [one.distributionId, turn])),
  );
  const turns = received.map(({ id }) => turnOf.get(id));
  expect(turns, 'in the order of versions').toEqual(turns.toSorted((a = 0, b = 0) => a - b));
  for (const message of messages) {
    tally.add(message.state);
    tally.add('merged', message.merged);
    judgeMessage(world, life, message, received);
    const isShown = shown.has(`${life.id} ${message.turn}`);
    expect(isShown, `${message.state} is shown`).toBe(['errored', 'expired'].includes(message.state));
  }
  const last = messages.at(-1);
  expect(last?.state, 'how it is now is never given up for an older one').not.toBe('superseded');
  if (last?.state === 'acked') expect(received.at(-1)?.startMs).toBe(life.held.at(-1)?.startMs);
  return messages.reduce((sum, message) => sum + countDoubles(world, message, received), 0);
}

/** How many of the versions that held are told of, each in its turn or by the one that took its place. */
function placesOf({ held }: Life, messages: readonly Message[]): number {
  let place = 0;
  for (const { turn, version, merged } of messages) {
    place += merged;
    expect(held[place]?.version, `turn ${turn}`).toBe(version);
    place += 1;
  }
  return place;
}

function judgeMessage(
  { hub, edge }: OutboxWorld,
  { id, held }: Life,
  message: Message,
  received: readonly Report[],
): void {
  const { turn, state, reason, version, attempts, tries } = message;
  expect(STATES, `${state} ${reason ?? ''}`).toContain(state);
  expect(attempts).toHaveLength(tries);
  const ids = attempts.map(({ distributionId }) => distributionId);
  const read = received.filter(({ id }) => ids.includes(id));
  const starts = held.filter((one) => one.version === version).map(({ startMs }) => startMs);
  for (const { startMs } of read) expect(starts, 'the version of its turn').toContain(startMs);
  const said = ids.flatMap((id) => hub.said.get(id) ?? []);
  if (state === 'acked') {
    expect(read.length, 'delivered is read').toBeGreaterThan(0);
    expect(said, 'delivered is acknowledged').toContain('ack');
  }
  if (state === 'errored') expect(said.map(String), 'its code was said').toContain(reason);
  if (state === 'expired') {
    const [row] = edge.appointments.rows<{ usefulMs: number }>(
      'SELECT useful_ms AS usefulMs FROM lrm_messages WHERE appointment = ? AND turn = ?',
      id,
      turn,
    );
    expect(edge.nowMs, 'it was of no use any more').toBeGreaterThan(row?.usefulMs ?? 0);
  }
}

/**
 * Of one message. What was read asks for the next reading by an error, a day's silence, or a doubt: the edge had not heard that it left
 * when it gave the same message again. The doubts are counted.
 */
function countDoubles(
  { hub, leased, confirmed }: OutboxWorld,
  { attempts }: Message,
  received: readonly Report[],
): number {
  const ids = attempts.map(({ distributionId }) => distributionId);
  const read = received.filter(({ id }) => ids.includes(id)).map(({ id }) => id);
  const given = ids.map((id) => leased.get(id)).filter((one) => one !== undefined);
  let doubts = 0;
  for (const [place, id] of read.slice(0, -1).entries()) {
    const [first, next] = [leased.get(id), leased.get(read[place + 1] ?? '')];
    if (first === undefined || next === undefined) throw new TypeError('read, and never given');
    const isAsked = (hub.said.get(id) ?? []).some((said) => ASKS_AGAIN.includes(Number(said)));
    if (isAsked || next.atMs - first.atMs >= DAY_MS) continue;
    const again = Math.min(...given.map((one) => one.place).filter((one) => one > first.place));
    const heard = confirmed.get(id) ?? Number.POSITIVE_INFINITY;
    // The same: it heard it while it gave.
    expect(heard, `${id} came twice though the edge had heard that it left`).toBeGreaterThanOrEqual(again);
    doubts += 1;
  }
  return doubts;
}

// What docs/lrm.md promises, held against what the LRM read over real sockets: each version that was acknowledged to its vendor is
// there and reached its LRM, in order, or a newer one took its place, or operators see it undelivered with its reason; a
// distributionID is one message's, one body's; a version comes twice only after a doubt that is counted, or an answer that asks
// for it.

import { expect } from 'vitest';
import type { ReceivedReport } from '../../../../sandbox/hub-sante/lrm/lrm.ts';
import { SAMU } from '../../scenes/lrm-scene.ts';
import type { KilledLife, KillHistory, Told, ToldAttempt, ToldMessage } from './history.ts';
import type { KillScene } from './scene.ts';

/** Codes after which the same version leaves again. */
const ASKS_AGAIN = [409, 400, 500];
const SHOWN = ['confirmed', 'errored', 'expired'];

/** What came about, over all histories of a scene. */
export class KillTally {
  readonly counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }
}

export async function judgeKills(scene: KillScene, history: KillHistory, tally: KillTally): Promise<void> {
  const received = scene.hub.hub.lrm(SAMU).received;
  const bodies = new Map<string, string>();
  for (const { distributionId, body } of received) {
    expect(bodies.get(distributionId) ?? body, `${distributionId} is one message`).toBe(body);
    bodies.set(distributionId, body);
  }
  const shown = await readShown(scene);
  for (const life of history.lives) {
    if (life.id === undefined) continue;
    const reports = received.filter(({ appointment }) => appointment.appointmentId === life.id);
    await judgeLife(scene, life, life.id, { reports, shown, tally });
  }
  for (const [what, count] of history.done) tally.add(what, count);
  const { lrm } = await scene.admin<{ lrm: readonly { state: string; count: number }[] }>('/admin/activity');
  const doubted = lrm.filter(({ state }) => state === 'doubted').reduce((sum, { count }) => sum + count, 0);
  tally.counts.set('doubted', doubted);
  expect(tally.counts.get('doubles') ?? 0, 'what came twice is counted').toBeLessThanOrEqual(doubted);
}

/** What operators see undelivered now: appointment and turn. */
async function readShown(scene: KillScene): Promise<ReadonlySet<string>> {
  const { messages } = await scene.admin<{ messages: readonly { appointment: string; turn: number }[] }>(
    '/admin/lrm/messages?_count=200',
  );
  return new Set(messages.map(({ appointment, turn }) => `${appointment} ${turn}`));
}

interface Seen {
  readonly reports: readonly ReceivedReport[];
  readonly shown: ReadonlySet<string>;
  readonly tally: KillTally;
}

async function judgeLife(
  scene: KillScene,
  { acknowledged }: KilledLife,
  id: string,
  { reports, shown, tally }: Seen,
): Promise<void> {
  const starts = await scene.startsOf(id);
  const known = [...starts.values()];
  for (const startMs of acknowledged) expect(known, 'what was acknowledged is kept').toContain(startMs);
  const { messages } = await scene.admin<Told>(`/admin/lrm/appointments/${id}`);
  // A late word may still come: what is delivered is looked for after, what is not, before.
  const shownAfter = await readShown(scene);
  const places = messages.reduce((sum, { merged }) => sum + 1 + merged, 0);
  expect(places, 'each version has its turn, or a newer one took its place').toBe(starts.size);
  expect(messages.at(-1)?.version, 'the last turn is how it is now').toBe(Math.max(...starts.keys()));
  const turnOf = new Map(
    messages.flatMap((one) => one.attempts.map(({ distributionId }) => [distributionId, one] as const)),
  );
  const firsts = reports.filter(
    ({ distributionId }, place) =>
      reports.findIndex((one) => one.distributionId === distributionId) === place,
  );
  const turns = firsts.map(({ distributionId }) => turnOf.get(distributionId)?.turn);
  expect(turns, 'nothing leaves that is not known, and in order').toEqual(
    turns.toSorted((a = Number.NaN, b = Number.NaN) => a - b),
  );
  expect(turns).not.toContain(undefined);
  for (const { distributionId, appointment } of firsts) {
    const version = turnOf.get(distributionId)?.version ?? 0;
    expect(Date.parse(String(appointment.start)), 'the version of its turn').toBe(starts.get(version));
  }
  for (const message of messages) {
    tally.add(message.state);
    tally.add('merged', message.merged);
    const readIds = firsts.map(({ distributionId }) => distributionId);
    const isUndelivered = SHOWN.includes(message.state);
    judgeMessage(message, readIds, (isUndelivered ? shown : shownAfter).has(`${id} ${message.turn}`));
    tally.add('doubles', countDoubles(message.attempts, readIds));
  }
  expect(messages.at(-1)?.state, 'how it is now is never given up').not.toBe('superseded');
}

function judgeMessage(
  { state, reason, attempts, tries }: ToldMessage,
  readIds: readonly string[],
  isShown: boolean,
): void {
  expect(attempts).toHaveLength(tries);
  expect(['acked', 'superseded', ...SHOWN], `${state} ${reason ?? ''}`).toContain(state);
  expect(isShown, `${state} is shown`).toBe(SHOWN.includes(state));
  const isRead = attempts.some(({ distributionId }) => readIds.includes(distributionId));
  if (state === 'acked') {
    expect(isRead, 'delivered is read').toBe(true);
    expect(attempts.map(({ reply }) => reply)).toContain('ack');
  }
  if (state === 'errored') expect(reason, 'its code is shown').toMatch(/^\d{3}$/);
}

/** How many readings of one message come after one that nothing asked again: each after a doubt. */
function countDoubles(attempts: readonly ToldAttempt[], readIds: readonly string[]): number {
  const read = attempts.filter(({ distributionId }) => readIds.includes(distributionId));
  return read.slice(0, -1).filter(({ code }) => code === null || !ASKS_AGAIN.includes(code)).length;
}

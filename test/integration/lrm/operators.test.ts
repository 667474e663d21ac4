// What operators see of messages to LRMs and may have leave again, and what purge, erasure and the switch do to the outbox, at
// the real edge over D1. docs/lrm.md.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAnswer } from '../../../bench/appointments/appointment-edge.ts';
import {
  ackOf,
  CLIENT,
  DAY_MS,
  errorOf,
  LrmScene,
  MINUTE_MS,
  OTHER_SAMU,
  SAMU,
} from '../../support/scenes/lrm-scene.ts';

let scene: LrmScene;
beforeAll(async () => {
  scene = await LrmScene.start();
  await scene.know('3990000011/REG-OTHER', ['SAS 991']);
});
beforeEach(() => scene.clear());
afterAll(() => scene?.stop());

const OTHER = { operator: '3990000011/REG-OTHER' };
const get = async (path: string) => scene.edge.get(path, scene.admin);
async function post(path: string, body?: object) {
  const headers = {
    Authorization: `Bearer ${scene.admin}`,
    'Content-Type': 'application/json',
    Connection: 'close',
  };
  const init = { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) };
  return readAnswer(await fetch(`${scene.edge.url}${path}`, init));
}

describe('operators', () => {
  it('see what is not delivered by LRM, since when, and what belongs to no message', async () => {
    await scene.put(scene.fresh());
    await scene.carrier.receive(ackOf(await scene.carrier.publish()));
    await scene.put(scene.fresh());
    await scene.carrier.receive(errorOf(await scene.carrier.publish(), 300), { body: 'x' });
    await scene.put(scene.fresh());
    await scene.carrier.publish();
    await scene.put(scene.fresh(), OTHER);
    await scene.carrier.leaseOne();
    await scene.put(scene.fresh(), { operator: '3990000011/REG-NOBODY' });
    await scene.carrier.lease();
    await scene.put(scene.fresh());
    const { json } = await get('/admin/lrm');
    expect(json).toMatchObject({
      state: 'on',
      clientId: CLIENT,
      schema: '26.07.29',
      undelivered: 5,
      isAtLeast: false,
    });
    expect(json.recipients).toMatchObject([
      { recipient: null, undelivered: 2, states: { held: 1, pending: 1 } },
      { recipient: SAMU, undelivered: 2, states: { confirmed: 1, errored: 1 } },
      { recipient: OTHER_SAMU, undelivered: 1, states: { leased: 1 } },
    ]);
    for (const { oldest, oldestSeconds } of json.recipients) {
      expect(Date.parse(oldest)).toBeLessThanOrEqual(Date.now());
      expect(oldestSeconds).toBeLessThan(600);
    }
    expect(json.strays).toMatchObject([{ queue: 'ack', kind: 'unreadable', bytes: 1, count: 1 }]);
  });

  it('see and hear of what waits, whatever has ended in the course of years', async () => {
    await scene.rows(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO lrm_messages (appointment, turn, version, state, recipient, day, made_ms, changed_ms, due_ms, useful_ms)
       SELECT 'ended-' || i, 1, 1, 'expired', ?1, '2020-01-01', 1, 1, 1, 1 FROM n`,
      OTHER_SAMU,
    );
    await scene.put(scene.fresh());
    await scene.carrier.publish();
    await scene.put(scene.fresh());
    const { json } = await get('/admin/lrm');
    expect(json).toMatchObject({ undelivered: 3_002, isAtLeast: true });
    expect(json.recipients).toMatchObject([
      { recipient: null, states: { pending: 1 } },
      { recipient: SAMU, states: { confirmed: 1 } },
      { recipient: OTHER_SAMU, states: { expired: 3_000 } },
    ]);
    const before = scene.logged('lrm-undelivered').length;
    await scene.later(16 * MINUTE_MS);
    const alarms = scene.logged('lrm-undelivered').slice(before);
    expect(alarms.map(({ detail }) => detail).sort()).toEqual(['confirmed 1', 'pending 1']);
  });

  it('list messages page by page, by state and LRM, and those of an appointment', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1)
      ids.push(await scene.put(scene.fresh(), count === 4 ? OTHER : {}));
    const leased = await scene.carrier.lease();
    await scene.carrier.settle('confirmed', ...leased);
    for (const sent of leased) await scene.carrier.receive(errorOf(sent, 501));
    const last = await scene.put(scene.fresh());
    const found: string[] = [];
    let next: string | undefined;
    do {
      const path: string = `/admin/lrm/messages?_count=2${next === undefined ? '' : `&_cursor=${next}`}`;
      const { json } = await get(path);
      found.push(...json.messages.map((one: { appointment: string }) => one.appointment));
      next = json.next;
    } while (next !== undefined);
    expect(found.slice().sort()).toEqual([...ids, last].sort());
    expect(found.at(-1)).toBe(last);
    const of = async (query: string): Promise<string[]> =>
      (await get(`/admin/lrm/messages?${query}`)).json.messages.map(
        (one: { appointment: string }) => one.appointment,
      );
    expect(await of('state=pending')).toEqual([last]);
    expect(await of(`state=errored&recipient=${OTHER_SAMU}`)).toEqual([ids[4]]);
    expect(await of(`recipient=${OTHER_SAMU}`)).toEqual([ids[4]]);
    expect(await of(`appointment=${ids[0]}`)).toEqual([ids[0]]);
    expect(await of(`appointment=${ids[0]}&state=acked`)).toEqual([]);
    for (const query of [
      'state=acked',
      '_count=0',
      '_count=201',
      '_cursor=x',
      'statut=held',
      'state=held&state=held',
    ]) {
      expect([query, (await get(`/admin/lrm/messages?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('see each attempt of an appointment, and what came back', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const first = await scene.carrier.publish();
    await scene.carrier.receive(ackOf(first, { step: 'RECU' }));
    await scene.put(value, { status: 'booked' });
    const second = await scene.carrier.publish();
    await scene.carrier.receive(errorOf(second, 300, '$.end: is missing'));
    const { json } = await get(`/admin/lrm/appointments/${id}`);
    expect(json).toMatchObject({
      appointment: id,
      messages: [
        {
          turn: 1,
          state: 'acked',
          recipient: SAMU,
          tries: 1,
          attempts: [
            {
              distributionId: first.id,
              method: 'CreateAppointment',
              reply: 'ack',
              step: 'RECU',
              relay: 'relay-a',
            },
          ],
        },
        {
          turn: 2,
          state: 'errored',
          reason: '300',
          attempts: [
            { distributionId: second.id, method: 'UpdateAppointment', code: 300, cause: '$.end: is missing' },
          ],
        },
      ],
    });
    expect((await get('/admin/lrm/appointments/agenda-a-0123456789abcdef0123')).status).toBe(404);
    expect((await scene.edge.get(`/admin/lrm/appointments/${id}`)).status).toBe(403);
  });

  it('have the last message leave again when it is held, stopped or ended, once', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const sent = await scene.carrier.publish();
    expect((await post(`/admin/lrm/${id}/resend`)).reason).toBe('state-conflict');
    await scene.carrier.receive(errorOf(sent, 300));
    expect((await post(`/admin/lrm/${id}/resend`)).json).toMatchObject({ state: 'pending', reason: null });
    expect((await post(`/admin/lrm/${id}/resend`)).status).toBe(200);
    const again = await scene.carrier.publish();
    expect(again.id).not.toBe(sent.id);
    await scene.carrier.receive(ackOf(again));
    expect((await post(`/admin/lrm/${id}/resend`)).reason).toBe('state-conflict');
    const held = await scene.put(scene.fresh(), { operator: '3990000011/REG-LATE' });
    await scene.carrier.lease();
    await scene.know('3990000011/REG-LATE', ['SAS 990']);
    expect((await post(`/admin/lrm/${held}/resend`)).status).toBe(200);
    const late = await scene.carrier.publish();
    await scene.rows('UPDATE lrm_messages SET useful_ms = 1');
    await scene.later(DAY_MS + 16 * MINUTE_MS);
    expect(await scene.states(held)).toEqual(['expired']);
    expect((await post(`/admin/lrm/${held}/resend`)).status).toBe(200);
    expect((await scene.carrier.leaseOne()).id).not.toBe(late.id);
    expect((await post('/admin/lrm/agenda-a-0123456789abcdef0123/resend')).status).toBe(404);
    expect(scene.logged('lrm-message-resent').length).toBeGreaterThan(2);
  });

  it('read in the figures of activity what became of each day’s changes', async () => {
    const value = scene.fresh();
    await scene.put(value);
    await scene.carrier.receive(ackOf(await scene.carrier.publish()));
    await scene.put(value, { status: 'booked' });
    const lost = await scene.carrier.leaseOne();
    await scene.carrier.settle('unknown', lost);
    await scene.carrier.receive(errorOf(lost, 300));
    const { json } = await get('/admin/activity');
    const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    expect(json.lrm).toEqual([
      { day, state: 'acked', count: 1 },
      { day, state: 'doubted', count: 1 },
      { day, state: 'errored', count: 1 },
    ]);
  });

  it('are alarmed, every ten minutes, of what an LRM has not acknowledged for a quarter of an hour', async () => {
    await scene.put(scene.fresh());
    await scene.carrier.publish();
    const before = scene.logged('lrm-undelivered').length;
    await scene.later(14 * MINUTE_MS);
    expect(scene.logged('lrm-undelivered').length).toBe(before);
    await scene.later(16 * MINUTE_MS);
    expect(scene.logged('lrm-undelivered').at(-1)).toMatchObject({
      level: 'error',
      recipient: SAMU,
      count: 1,
      detail: 'confirmed 1',
    });
  });
});

describe('an appointment that is forgotten takes its messages along', () => {
  const left = async (id: string): Promise<number[]> => {
    const [row] = await scene.rows<{ messages: number; attempts: number }>(
      `SELECT (SELECT COUNT(*) FROM lrm_messages WHERE appointment = ?1) AS messages,
         (SELECT COUNT(*) FROM lrm_attempts WHERE appointment = ?1) AS attempts`,
      id,
    );
    return [row?.messages ?? 0, row?.attempts ?? 0];
  };

  it('by an operator’s erasure; what comes back then is of no message', async () => {
    const id = await scene.put(scene.fresh());
    const kept = await scene.put(scene.fresh());
    const [sent, other] = await scene.carrier.lease();
    if (sent === undefined || other === undefined) throw new Error('two were due');
    expect((await post(`/admin/appointments/${id}/erase`, { reason: 'test-data' })).status).toBe(200);
    expect(await left(id)).toEqual([0, 0]);
    expect(await left(kept)).toEqual([1, 1]);
    expect(await scene.carrier.settle('confirmed', sent, other)).toBe(1);
    await scene.carrier.receive(ackOf(sent));
    expect(await scene.rows('SELECT kind FROM lrm_strays')).toEqual([{ kind: 'unknown' }]);
  });

  it('by the nightly purge', async () => {
    const id = await scene.put(scene.fresh(), { start: '2026-01-05T09:00:00+01:00' });
    await scene.carrier.publish();
    expect(await left(id)).toEqual([1, 1]);
    await scene.edge.edge?.runSchedule(new Date(Date.now() + 3 * 366 * DAY_MS));
    expect(await left(id)).toEqual([0, 0]);
  });
});

describe('strays', () => {
  it('are forgotten after ninety days', async () => {
    await scene.carrier.receive({ body: 'x' });
    const count = async () => (await scene.rows('SELECT 1 FROM lrm_strays')).length;
    await scene.edge.edge?.runSchedule(new Date(Date.now() + 89 * DAY_MS));
    expect(await count()).toBe(1);
    await scene.edge.edge?.runSchedule(new Date(Date.now() + 91 * DAY_MS));
    expect(await count()).toBe(0);
  });
});

// What LRMs are told of appointments, at the real edge over D1: what comes to be due, in which order, to whom, and to which
// process of a relay. docs/lrm.md.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sos } from '../../../bench/appointments/samples.ts';
import {
  ackOf,
  CLIENT,
  DAY_MS,
  errorOf,
  LRM_ON,
  LrmScene,
  MINUTE_MS,
  OTHER_SAMU,
  SAMU,
} from '../../support/scenes/lrm-scene.ts';

let scene: LrmScene;
beforeAll(async () => {
  scene = await LrmScene.start();
});
beforeEach(() => scene.clear());
afterAll(() => scene?.stop());

/** The appointment that a message is about. */
const appointmentOf = (body: string): string =>
  JSON.parse(body).content[0].jsonContent.embeddedJsonContent.message.appointment.appointmentId;

const CREATE = 'CreateAppointment';
const UPDATE = 'UpdateAppointment';

describe('a message', () => {
  it('tells the version that came to hold, whole, to the SAMU of the regulator, once', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    expect(await scene.put(value)).toBe(id);
    const sent = await scene.carrier.leaseOne();
    expect(sent.recipient).toBe(SAMU);
    expect(sent.id).toMatch(new RegExp(`^${CLIENT}_[0-9a-f-]{36}$`));
    expect(sent.appointment).toMatchObject({ appointmentId: id, method: CREATE, status: 'pending' });
    expect(sent.appointment.regulator?.regulatorEmail).toBe('3990000011-REG-77@regulation.example');
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.put(value);
    expect(await scene.messages(id)).toMatchObject([{ turn: 1, version: 1, state: 'leased', attempts: 1 }]);
  });

  it('is none when a version comes too late to hold', async () => {
    const value = scene.fresh();
    const id = await scene.put(value, { status: 'cancelled' });
    await scene.carrier.publish();
    await scene.put(value, { status: 'booked' });
    expect(await scene.states(id)).toEqual(['confirmed']);
    expect(await scene.carrier.lease()).toEqual([]);
  });

  it('is none when what changes is nothing that an LRM is told, unless the last one failed', async () => {
    const value = scene.fresh();
    const id = await scene.put(value, { status: 'booked' });
    const tell = async (more: object): Promise<void> => {
      const { status } = await scene.edge.put(
        { ...sos({ value, status: 'booked' }), ...more },
        {},
        'agenda-b',
      );
      expect(status).toBe(200);
    };
    await tell({ priority: 1 });
    expect(await scene.messages(id)).toMatchObject([{ turn: 1, version: 1, merged: 0 }]);
    const sent = await scene.carrier.publish();
    await tell({ minutesDuration: 20, slot: [{ reference: 'Slot/s-1' }] });
    expect(await scene.states(id)).toEqual(['confirmed']);
    await tell({ priority: 2, end: '2026-12-02T09:40:00+01:00' });
    expect(await scene.messages(id)).toMatchObject([{ version: 1 }, { version: 4, state: 'pending' }]);
    await scene.carrier.receive(errorOf(sent, 300), errorOf(await scene.carrier.publish(), 300));
    await tell({ priority: 3, end: '2026-12-02T09:40:00+01:00' });
    expect(await scene.states(id)).toEqual(['errored', 'errored', 'pending']);
  });

  it('tells the last of several versions while no relay had the first', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    await scene.put(value, { status: 'booked' });
    await scene.put(value, { status: 'cancelled' });
    expect(await scene.messages(id)).toMatchObject([{ turn: 1, version: 3, merged: 2, state: 'pending' }]);
    const sent = await scene.carrier.publish();
    expect(sent.appointment).toMatchObject({ method: CREATE, status: 'cancelled' });
    expect(await scene.carrier.lease()).toEqual([]);
  });

  it('is not merged into one that a relay gave back', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    await scene.carrier.settle('unsent', await scene.carrier.leaseOne());
    await scene.put(value, { status: 'booked' });
    expect(await scene.messages(id)).toMatchObject([
      { turn: 1, version: 1, state: 'pending', attempts: 1 },
      { turn: 2, version: 2, state: 'pending', attempts: 0 },
    ]);
    await scene.rows(`UPDATE lrm_messages SET due_ms = turn`);
    const first = await scene.carrier.leaseOne();
    expect(first.appointment.status).toBe('pending');
    await scene.carrier.settle('unsent', first);
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.rows(`UPDATE lrm_messages SET due_ms = turn`);
    expect((await scene.carrier.publish()).appointment.status).toBe('pending');
    expect((await scene.carrier.publish()).appointment.status).toBe('booked');
  });

  it('says nothing of whom the regulator is when the schema has no room for it', async () => {
    const other = await LrmScene.start({ ...LRM_ON, LRM_SCHEMA: '25.11.26' });
    try {
      await other.put(other.fresh());
      expect((await other.carrier.leaseOne()).appointment.regulator).toBeUndefined();
    } finally {
      await other.stop();
    }
  });
});

describe('the order of an appointment', () => {
  it('is that of its versions: an update waits until what precedes it is confirmed, not acknowledged', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const first = await scene.carrier.leaseOne();
    await scene.put(value, { status: 'booked' });
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.carrier.settle('confirmed', first);
    const second = await scene.carrier.leaseOne();
    expect(second.appointment).toMatchObject({ method: UPDATE, status: 'booked' });
    await scene.carrier.settle('confirmed', second);
    expect(await scene.states(id)).toEqual(['confirmed', 'confirmed']);
    await scene.carrier.receive(ackOf(second), ackOf(first));
    expect(await scene.states(id)).toEqual(['acked', 'acked']);
  });

  it('keeps an update back while a message that was acknowledged may still leave a second time', async () => {
    const value = scene.fresh();
    await scene.put(value);
    const lost = await scene.carrier.leaseOne();
    await scene.carrier.settle('unknown', lost);
    await scene.pauseOver();
    await scene.carrier.leaseOne();
    await scene.carrier.receive(ackOf(lost));
    await scene.put(value, { status: 'booked' });
    expect(await scene.carrier.lease()).toEqual([]);
  });

  it('keeps an update back while a message whose confirmation was lost may still be in the broker’s socket', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const lost = await scene.carrier.leaseOne();
    await scene.carrier.settle('unknown', lost);
    await scene.pauseOver();
    const ghost = await scene.carrier.leaseOne();
    await scene.carrier.settle('unknown', ghost);
    // Of the two the first arrived, and nothing more of this version is to leave.
    await scene.carrier.receive(ackOf(lost));
    await scene.put(value, { status: 'booked' });
    expect(await scene.states(id)).toEqual(['acked', 'pending']);
    // However long this test took.
    await scene.rows(`UPDATE lrm_attempts SET settled_ms = settled_ms + ${MINUTE_MS}`);
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.pauseOver();
    expect((await scene.carrier.leaseOne()).appointment).toMatchObject({ status: 'booked' });
  });

  it('holds up no other appointment', async () => {
    const value = scene.fresh();
    await scene.put(value);
    const first = await scene.carrier.leaseOne();
    await scene.put(value, { status: 'booked' });
    const other = await scene.put(scene.fresh());
    expect((await scene.carrier.leaseOne()).appointment.appointmentId).toBe(other);
    expect(await scene.carrier.settle('confirmed', first)).toBe(1);
  });

  it('is that of time between appointments, so many at once, and says when more wait', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push(await scene.put(scene.fresh()));
    const { messages, more, leaseMs, nextMs } = await scene.carrier.leaseAnswer(3);
    expect([messages.length, more]).toEqual([3, true]);
    expect([leaseMs, nextMs]).toEqual([30_000, 5_000]);
    const rest = await scene.carrier.leaseAnswer(3);
    expect([rest.messages.length, rest.more]).toEqual([2, false]);
    const told = [...messages, ...rest.messages].map(({ body }) => appointmentOf(body));
    expect(told).toEqual(ids);
  });
});

describe('two processes', () => {
  it('that ask at once get each message once', async () => {
    const ids = new Set<string>();
    for (let count = 0; count < 12; count += 1) ids.add(await scene.put(scene.fresh()));
    const processes = [scene.carrier, scene.process(), scene.process(scene.stranger), scene.process()];
    // One that lost the race hears that more wait, and asks again.
    const leased = await Promise.all(
      processes.map(async (one) => {
        const told: string[] = [];
        for (let more = true; more; ) {
          const answer = await one.leaseAnswer(2);
          told.push(...answer.messages.map(({ body }) => appointmentOf(body)));
          more = answer.more || answer.messages.length > 0;
        }
        return told;
      }),
    );
    const told = [...leased.flat(), ...(await scene.carrier.lease()).map(({ body }) => appointmentOf(body))];
    expect(told.length).toBe(12);
    expect(new Set(told)).toEqual(ids);
  });

  it('speak each for its own leases', async () => {
    const id = await scene.put(scene.fresh());
    const sent = await scene.carrier.leaseOne();
    expect(await scene.process().settle('unsent', sent)).toBe(0);
    expect(await scene.process(scene.stranger).settle('confirmed', sent)).toBe(0);
    expect(await scene.states(id)).toEqual(['leased']);
    expect(await scene.carrier.settle('confirmed', sent)).toBe(1);
    expect(await scene.carrier.settle('nacked', sent)).toBe(1);
    expect(await scene.states(id)).toEqual(['confirmed']);
    expect(await scene.outcomes(id)).toEqual(['confirmed']);
  });

  it('of which one ends without a word: what it had leaves again by the other, under another id, after the lease', async () => {
    const id = await scene.put(scene.fresh());
    const lost = await scene.carrier.leaseOne();
    await scene.later(40_000);
    expect(await scene.outcomes(id)).toEqual(['leased']);
    await scene.later(46_000);
    expect(await scene.outcomes(id)).toEqual(['unknown']);
    expect(scene.logged('lrm-leases-lost')).toMatchObject([{ relay: 'relay-a', count: 1, level: 'warn' }]);
    await scene.pauseOver();
    const again = await scene.process().publish();
    expect(again.id).not.toBe(lost.id);
    // It may have arrived: the LRM says so if it did.
    expect(again.appointment.method).toBe(CREATE);
    expect(await scene.outcomes(id)).toEqual(['unknown', 'confirmed']);
  });

  it('of which one says that a blocked broker has not read what it sent: it keeps that, and nobody else’s word does', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const sent = await scene.carrier.leaseOne();
    const nearlyOver = (): Promise<unknown> =>
      scene.rows('UPDATE lrm_attempts SET until_ms = ?1', Date.now() + 1_000);
    await nearlyOver();
    const holding = [sent.id];
    expect((await scene.carrier.ask('settle', { outcomes: [], holding })).json).toEqual({ count: 0 });
    await scene.later(40_000);
    expect(await scene.states(id)).toEqual(['leased']);
    await nearlyOver();
    await scene.process().ask('settle', { outcomes: [], holding });
    await scene.later(40_000);
    expect(await scene.states(id)).toEqual(['pending']);
    // Given away, it is held no more.
    await scene.carrier.ask('settle', { outcomes: [], holding });
    expect(await scene.outcomes(id)).toEqual(['unknown']);
  });

  it('of which one says late that it published: it counts, and nothing leaves again', async () => {
    const id = await scene.put(scene.fresh());
    const sent = await scene.carrier.leaseOne();
    await scene.later(MINUTE_MS);
    expect(await scene.states(id)).toEqual(['pending']);
    expect(await scene.carrier.settle('confirmed', sent)).toBe(1);
    expect(await scene.states(id)).toEqual(['confirmed']);
    await scene.rows(`UPDATE lrm_messages SET due_ms = due_ms - ${DAY_MS} WHERE state <> 'confirmed'`);
    expect(await scene.carrier.lease()).toEqual([]);
  });
});

describe('what the broker did not take', () => {
  it.each(['nacked', 'unsent', 'unknown'] as const)(
    'is due again when it is %s, under another id',
    async (outcome) => {
      const id = await scene.put(scene.fresh());
      const first = await scene.carrier.leaseOne();
      await scene.carrier.settle(outcome, first);
      expect(await scene.states(id)).toEqual(['pending']);
      await scene.pauseOver();
      const second = await scene.carrier.publish();
      expect(second.id).not.toBe(first.id);
      expect(await scene.outcomes(id)).toEqual([outcome, 'confirmed']);
    },
  );
});

describe('what cannot be made', () => {
  it('is held with its reason while the regulator is not known, and leaves when he is', async () => {
    const id = await scene.put(scene.fresh(), { operator: '3990000011/REG-NEW' });
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.messages(id)).toMatchObject([
      { state: 'held', reason: 'regulator-unknown recipient-unknown', recipient: null, attempts: 0 },
    ]);
    expect(scene.logged('lrm-messages-held').at(-1)).toMatchObject({
      reason: 'regulator-unknown recipient-unknown',
      count: 1,
      level: 'error',
    });
    await scene.know('3990000011/REG-NEW', ['SAS 404', 'SAS 991']);
    // It is looked at again after ten minutes.
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.rows(`UPDATE lrm_messages SET due_ms = due_ms - ${10 * MINUTE_MS}`);
    expect((await scene.carrier.leaseOne()).recipient).toBe(OTHER_SAMU);
  });

  it('is held while his territories have no LRM, and told anew as soon as it changes', async () => {
    await scene.know('3990000011/REG-FAR', ['SAS 404']);
    const value = scene.fresh();
    const id = await scene.put(value, { operator: '3990000011/REG-FAR' });
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.messages(id)).toMatchObject([{ state: 'held', reason: 'recipient-unknown' }]);
    await scene.put(value, { operator: '3990000011/REG-77', status: 'booked' });
    expect(await scene.messages(id)).toMatchObject([{ turn: 1, version: 2, merged: 1, state: 'pending' }]);
    expect((await scene.carrier.leaseOne()).recipient).toBe(SAMU);
  });

  it('holds up no newer version, once a relay had it', async () => {
    await scene.know('3990000011/REG-GOES', ['SAS 990']);
    const value = scene.fresh();
    const id = await scene.put(value, { operator: '3990000011/REG-GOES' });
    await scene.carrier.settle('unsent', await scene.carrier.leaseOne());
    const core = await scene.database('DB');
    await core.prepare(`DELETE FROM regulators WHERE id = 'r-3990000011/REG-GOES'`).run();
    await scene.rows(`UPDATE lrm_messages SET due_ms = 0`);
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.messages(id)).toMatchObject([
      { state: 'held', reason: 'regulator-unknown recipient-unknown' },
    ]);
    await scene.put(value, { operator: '3990000011/REG-77', status: 'booked' });
    expect(await scene.states(id)).toEqual(['superseded', 'pending']);
    expect((await scene.carrier.publish()).appointment.status).toBe('booked');
  });

  it('holds up no newer version that came before it was known', async () => {
    await scene.know('3990000011/REG-GOES', ['SAS 990']);
    const value = scene.fresh();
    const id = await scene.put(value, { operator: '3990000011/REG-GOES' });
    await scene.carrier.settle('unsent', await scene.carrier.leaseOne());
    await scene.put(value, { operator: '3990000011/REG-77', status: 'booked' });
    const core = await scene.database('DB');
    await core.prepare(`DELETE FROM regulators WHERE id = 'r-3990000011/REG-GOES'`).run();
    await scene.rows(`UPDATE lrm_messages SET due_ms = 0`);
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.states(id)).toEqual(['superseded', 'pending']);
    expect((await scene.carrier.leaseOne()).appointment.status).toBe('booked');
  });

  it('leaves what can be made its turn, however much is held and due again', async () => {
    for (let count = 0; count < 3; count += 1)
      await scene.put(scene.fresh(), { operator: '3990000011/REG-NEVER' });
    expect(await scene.carrier.lease()).toEqual([]);
    const id = await scene.put(scene.fresh());
    await scene.rows(`UPDATE lrm_messages SET due_ms = 0 WHERE state = 'held'`);
    const { messages, more } = await scene.carrier.leaseAnswer(1);
    expect(messages.map(({ body }) => appointmentOf(body))).toEqual([id]);
    expect(more).toBe(true);
    expect((await scene.carrier.leaseAnswer(3)).more).toBe(false);
  });

  it('goes to the LRM that has the appointment, wherever the regulator is now', async () => {
    await scene.know('3990000011/REG-MOVES', ['SAS 990']);
    const value = scene.fresh();
    await scene.put(value, { operator: '3990000011/REG-MOVES' });
    expect((await scene.carrier.publish()).recipient).toBe(SAMU);
    await scene.know('3990000011/REG-MOVES', ['SAS 991']);
    await scene.put(value, { operator: '3990000011/REG-MOVES', status: 'booked' });
    expect((await scene.carrier.publish()).recipient).toBe(SAMU);
  });

  it('ends, and says so, when it is of no use any more', async () => {
    const id = await scene.put(scene.fresh(), { operator: '3990000011/REG-NEVER' });
    expect(await scene.carrier.lease()).toEqual([]);
    await scene.rows(`UPDATE lrm_messages SET due_ms = 0, useful_ms = 1`);
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.states(id)).toEqual(['expired']);
    expect(scene.logged('lrm-messages-expired')).toMatchObject([{ count: 1, level: 'error' }]);
  });
});

// What LRMs and the Hub answer, at the real edge over D1: each finds its message, in whatever order and however often it comes;
// each error has its reaction; what nobody answers in time leaves again. docs/lrm.md.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ackOf,
  CLIENT,
  DAY_MS,
  errorOf,
  LrmScene,
  MINUTE_MS,
  type Sent,
} from '../../support/scenes/lrm-scene.ts';

let scene: LrmScene;
beforeAll(async () => {
  scene = await LrmScene.start();
});
beforeEach(() => scene.clear());
afterAll(() => scene?.stop());

const OVER_MS = DAY_MS + 16 * MINUTE_MS;

/** An appointment whose message was published. */
async function published(options: object = {}): Promise<{ id: string; value: string; sent: Sent }> {
  const value = scene.fresh();
  const id = await scene.put(value, options);
  return { id, value, sent: await scene.carrier.publish() };
}

interface StrayRow {
  readonly kind: string;
  readonly queue: string;
  readonly code: number | null;
  readonly reference: string | null;
  readonly count: number;
}
const strays = () =>
  scene.rows<StrayRow>('SELECT kind, queue, code, reference, count FROM lrm_strays ORDER BY first_ms, kind');

describe('an acknowledgement', () => {
  it('makes the message delivered, once, however often it comes', async () => {
    const { id, sent } = await published();
    expect(await scene.carrier.receive(ackOf(sent), ackOf(sent))).toBe(2);
    expect(await scene.carrier.receive({ ...ackOf(sent), redelivered: true })).toBe(1);
    expect(await scene.states(id)).toEqual(['acked']);
    expect(await scene.rows('SELECT reply, replies FROM lrm_attempts')).toEqual([
      { reply: 'ack', replies: 3 },
    ]);
    expect(await scene.rows('SELECT state, count FROM lrm_days')).toEqual([{ state: 'acked', count: 1 }]);
    expect(await strays()).toEqual([]);
  });

  it('counts before the relay has said that the broker confirmed', async () => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const sent = await scene.carrier.leaseOne();
    await scene.carrier.receive(ackOf(sent));
    expect(await scene.states(id)).toEqual(['acked']);
    expect(await scene.carrier.settle('confirmed', sent)).toBe(1);
    expect(await scene.states(id)).toEqual(['acked']);
    await scene.put(value, { status: 'booked' });
    expect((await scene.carrier.leaseOne()).appointment.method).toBe('UpdateAppointment');
  });

  it('that comes late spares the message a second time', async () => {
    const { id, sent } = await published();
    await scene.later(OVER_MS);
    expect(await scene.messages(id)).toMatchObject([{ state: 'pending', reason: 'not-acknowledged' }]);
    await scene.carrier.receive(ackOf(sent));
    await scene.pauseOver();
    expect(await scene.carrier.lease()).toEqual([]);
    expect(await scene.states(id)).toEqual(['acked']);
  });

  it('of the first of two attempts delivers the message, and that of the second changes nothing', async () => {
    const { id, sent: first } = await published();
    await scene.later(OVER_MS);
    await scene.pauseOver();
    const second = await scene.carrier.publish();
    await scene.carrier.receive(ackOf(first));
    expect(await scene.states(id)).toEqual(['acked']);
    await scene.carrier.receive(ackOf(second), errorOf(second, 500));
    expect(await scene.states(id)).toEqual(['acked']);
    expect(await scene.outcomes(id)).toEqual(['confirmed ack', 'confirmed ack 500']);
  });

  it('delivers a message that had failed, or ended', async () => {
    const { id, sent } = await published();
    await scene.carrier.receive(errorOf(sent, 300));
    expect(await scene.states(id)).toEqual(['errored']);
    await scene.carrier.receive(ackOf(sent));
    expect(await scene.states(id)).toEqual(['acked']);
    expect(await scene.rows('SELECT state, count FROM lrm_days ORDER BY state')).toEqual([
      { state: 'acked', count: 1 },
      { state: 'errored', count: 0 },
    ]);
  });

  it('has its step kept; one that refuses delivers nothing', async () => {
    const { id, sent } = await published();
    await scene.carrier.receive(ackOf(sent, { refused: true, step: 'ERREUR' }));
    expect(await scene.states(id)).toEqual(['confirmed']);
    await scene.carrier.receive(ackOf(sent, { step: 'RECU' }), ackOf(sent, { step: 'INTEGRE' }), ackOf(sent));
    expect(await scene.states(id)).toEqual(['acked']);
    expect(await scene.rows('SELECT step, replies FROM lrm_attempts')).toEqual([
      { step: 'INTEGRE', replies: 4 },
    ]);
  });
});

describe('an error', () => {
  it.each([100, 101, 102, 200, 300, 301, 501, 600])(
    '%i stops the message, is shown and alarmed',
    async (code) => {
      const { id, sent } = await published();
      await scene.carrier.receive(errorOf(sent, code));
      expect(await scene.messages(id)).toMatchObject([{ state: 'errored', reason: String(code) }]);
      expect(scene.logged('lrm-message-refused').at(-1)).toMatchObject({
        level: 'error',
        reason: String(code),
      });
      await scene.pauseOver();
      expect(await scene.carrier.lease()).toEqual([]);
    },
  );

  it.each([400, 500])('%i has it leave again under another id, later each time', async (code) => {
    const { id, sent } = await published();
    await scene.carrier.receive(errorOf(sent, code), errorOf(sent, code));
    expect(await scene.messages(id)).toMatchObject([{ state: 'pending', reason: String(code) }]);
    expect(await scene.carrier.lease()).toEqual([]);
    const waits = async (): Promise<number> =>
      (await scene.rows<{ ms: number }>('SELECT due_ms - changed_ms AS ms FROM lrm_messages'))[0]?.ms ?? 0;
    expect(await waits()).toBe(MINUTE_MS);
    const due = await scene.rows('SELECT due_ms FROM lrm_messages');
    await scene.carrier.receive({ ...errorOf(sent, code), redelivered: true });
    expect(await scene.rows('SELECT due_ms FROM lrm_messages')).toEqual(due);
    await scene.pauseOver();
    const again = await scene.carrier.publish();
    expect(again.id).not.toBe(sent.id);
    expect(again.appointment.method).toBe('UpdateAppointment');
    await scene.carrier.receive(errorOf(again, code));
    expect(await waits()).toBe(2 * MINUTE_MS);
  });

  it('409 has it leave at once as an update; at an update, it stops', async () => {
    const id = await scene.put(scene.fresh());
    const lost = await scene.carrier.leaseOne();
    await scene.carrier.settle('unknown', lost);
    await scene.pauseOver();
    const created = await scene.carrier.publish();
    expect(created.appointment.method).toBe('CreateAppointment');
    await scene.carrier.receive(errorOf(created, 409));
    const updated = await scene.carrier.publish();
    expect(updated.appointment).toMatchObject({ appointmentId: id, method: 'UpdateAppointment' });
    expect(new Set([lost.id, created.id, updated.id]).size).toBe(3);
    await scene.carrier.receive(errorOf(updated, 409));
    expect(await scene.messages(id)).toMatchObject([{ state: 'errored', reason: '409', attempts: 3 }]);
  });

  it.each([700, 701, 702, 703, 704, 999])(
    '%i is noted, and the acknowledgement may still come',
    async (code) => {
      const { id, sent } = await published();
      await scene.carrier.receive(errorOf(sent, code));
      expect(await scene.states(id)).toEqual(['confirmed']);
      expect(await scene.outcomes(id)).toEqual([`confirmed ${code}`]);
      await scene.carrier.receive(ackOf(sent));
      expect(await scene.states(id)).toEqual(['acked']);
    },
  );

  it('counts before the relay has said that the broker confirmed', async () => {
    const id = await scene.put(scene.fresh());
    const sent = await scene.carrier.leaseOne();
    await scene.carrier.receive(errorOf(sent, 300));
    expect(await scene.states(id)).toEqual(['errored']);
    expect(await scene.carrier.settle('confirmed', sent)).toBe(1);
    expect(await scene.states(id)).toEqual(['errored']);
  });

  it.each([
    ['an error that is only noted', (sent: Sent) => errorOf(sent, 700)],
    ['a refusal whose error is on its way', (sent: Sent) => ackOf(sent, { refused: true })],
  ])('%s shows, before the relay’s word, that the message arrived', async (_what, replyTo) => {
    const value = scene.fresh();
    const id = await scene.put(value);
    const sent = await scene.carrier.leaseOne();
    await scene.carrier.receive(replyTo(sent));
    await scene.carrier.settle('confirmed', sent);
    expect(await scene.states(id)).toEqual(['confirmed']);
    await scene.put(value, { status: 'booked' });
    await scene.carrier.publish();
    await scene.later(OVER_MS);
    expect(await scene.states(id)).toEqual(['superseded', 'pending']);
  });

  it.each([409.5, -1, 1e20])('whose code is %s is stored as one that says none', async (code) => {
    const { id, sent } = await published();
    const uncorrelated = errorOf({ id: 'distributionID_could_not_be_extracted' }, code);
    expect(await scene.carrier.receive(errorOf(sent, code), uncorrelated)).toBe(2);
    expect(await scene.outcomes(id)).toEqual(['confirmed 0']);
    expect(await strays()).toMatchObject([{ kind: 'uncorrelated', code: 0 }]);
  });

  it('has no message leave again that a newer one has overtaken', async () => {
    const { id, value, sent } = await published();
    await scene.put(value, { status: 'booked' });
    const newer = await scene.carrier.publish();
    await scene.carrier.receive(errorOf(sent, 500));
    expect(await scene.states(id)).toEqual(['superseded', 'confirmed']);
    await scene.carrier.receive(errorOf(newer, 500));
    await scene.pauseOver();
    expect((await scene.carrier.leaseOne()).appointment.status).toBe('booked');
    expect(await scene.states(id)).toEqual(['superseded', 'leased']);
  });

  it.each([400, 500])('%i of a message has the newer one leave in its place, at once', async (code) => {
    const { id, value, sent } = await published();
    await scene.put(value, { status: 'booked' });
    await scene.carrier.receive(errorOf(sent, code));
    expect(await scene.messages(id)).toMatchObject([
      { state: 'superseded', reason: String(code) },
      { state: 'pending', reason: null },
    ]);
    const newer = await scene.carrier.publish();
    expect(newer.appointment).toMatchObject({ method: 'UpdateAppointment', status: 'booked' });
    await scene.carrier.receive(errorOf(newer, code));
    expect(await scene.states(id)).toEqual(['superseded', 'pending']);
    // What comes while it waits to leave again takes its place too.
    await scene.put(value, { status: 'cancelled' });
    expect(await scene.states(id)).toEqual(['superseded', 'superseded', 'pending']);
    const last = await scene.carrier.publish();
    expect(last.appointment).toMatchObject({ method: 'UpdateAppointment', status: 'cancelled' });
    await scene.carrier.receive(ackOf(last));
    expect(await scene.states(id)).toEqual(['superseded', 'superseded', 'acked']);
  });

  it('of a message before it leaves the newer one its turn', async () => {
    const { id, value, sent } = await published();
    await scene.put(value, { status: 'booked' });
    await scene.carrier.receive(errorOf(sent, 300));
    expect(await scene.states(id)).toEqual(['errored', 'pending']);
    expect((await scene.carrier.leaseOne()).appointment.status).toBe('booked');
  });

  it('of a message that stopped matters no more once its LRM has a newer one, whichever comes first', async () => {
    const { id, value, sent } = await published();
    await scene.carrier.receive(errorOf(sent, 300));
    await scene.put(value, { status: 'booked' });
    const newer = await scene.carrier.publish();
    expect(await scene.states(id)).toEqual(['errored', 'confirmed']);
    await scene.carrier.receive(ackOf(newer));
    expect(await scene.messages(id)).toMatchObject([
      { state: 'superseded', reason: '300' },
      { state: 'acked' },
    ]);
    await scene.put(value, { status: 'cancelled' });
    const third = await scene.carrier.publish();
    await scene.put(value, { status: 'fulfilled' });
    await scene.carrier.receive(ackOf(await scene.carrier.publish()), errorOf(third, 300));
    expect(await scene.states(id)).toEqual(['superseded', 'acked', 'superseded', 'acked']);
    await scene.carrier.receive(ackOf(sent));
    expect(await scene.states(id)).toEqual(['acked', 'acked', 'superseded', 'acked']);
  });

  it('of an older attempt changes nothing while a newer one is under way', async () => {
    const { id, sent: first } = await published();
    await scene.later(OVER_MS);
    await scene.pauseOver();
    await scene.carrier.publish();
    await scene.carrier.receive(errorOf(first, 500), errorOf(first, 300));
    expect(await scene.states(id)).toEqual(['confirmed']);
  });

  it('is kept in the words of the Hub alone, without what could be a person’s', async () => {
    const { sent } = await published();
    const cause = `$.rppsId: 811234567890 of ${'x@regulation.example'} does not match ^81[0-9]{10}$`;
    await scene.carrier.receive(errorOf(sent, 300, cause));
    expect(await scene.rows('SELECT code, error_sender, cause FROM lrm_attempts')).toEqual([
      { code: 300, error_sender: 'fr.health.hub', cause: '$.rppsId: … of … does not match ^81[0-9]{10}$' },
    ]);
    const other = await published();
    await scene.carrier.receive(errorOf(other.sent, 409, 'Le dossier de Madame Canari existe'));
    const dump = JSON.stringify(await scene.rows('SELECT * FROM lrm_attempts'));
    expect(dump).not.toContain('Canari');
    expect(scene.edge.log.join('\n')).not.toContain('Canari');
  });
});

describe('what is not acknowledged in its time', () => {
  it('leaves again under another id, for three days after the appointment ended', async () => {
    const { id, sent } = await published();
    await scene.later(DAY_MS + 14 * MINUTE_MS);
    expect(await scene.states(id)).toEqual(['confirmed']);
    await scene.later(OVER_MS);
    expect(scene.logged('lrm-messages-unacknowledged').at(-1)).toMatchObject({
      level: 'error',
      recipient: 'fr.health.samu990',
      count: 1,
    });
    await scene.pauseOver();
    const again = await scene.carrier.publish();
    expect(again.id).not.toBe(sent.id);
    await scene.rows('UPDATE lrm_messages SET useful_ms = 1');
    await scene.later(OVER_MS);
    expect(await scene.states(id)).toEqual(['expired']);
  });

  it('gives way to a newer one that waits, or comes before it leaves again', async () => {
    const { id, value } = await published();
    await scene.put(value, { status: 'booked' });
    await scene.later(OVER_MS);
    expect(await scene.states(id)).toEqual(['superseded', 'pending']);
    await scene.carrier.publish();
    await scene.later(OVER_MS);
    await scene.put(value, { status: 'cancelled' });
    expect(await scene.states(id)).toEqual(['superseded', 'superseded', 'pending']);
    expect((await scene.carrier.publish()).appointment.status).toBe('cancelled');
  });

  it('does not when a newer one has left', async () => {
    const { id, value } = await published();
    await scene.put(value, { status: 'booked' });
    await scene.carrier.receive(ackOf(await scene.carrier.publish()));
    await scene.later(OVER_MS);
    expect(await scene.states(id)).toEqual(['superseded', 'acked']);
  });
});

describe('what belongs to no message', () => {
  it('is counted once for each text, without the text, and acknowledged to the relay', async () => {
    const loggedBefore = scene.logged('lrm-reply-unreadable').length;
    const unknown = { id: `${CLIENT}_00000000-0000-4000-8000-000000000000` };
    const foreign = { id: 'Madame Canari, 1 85 05 78 006 084 36' };
    const ack = ackOf(unknown);
    const uncorrelated = errorOf({ id: 'distributionID_could_not_be_extracted' }, 301);
    const bodies = [ack, errorOf(unknown, 300), ackOf(foreign), uncorrelated];
    const unreadable = [
      { queue: 'ack', body: '{"content":' },
      { queue: 'info', body: '' },
      { queue: 'info', body: '{"distributionKind":"Report"}', cut: true },
    ] as const;
    expect(await scene.carrier.receive(...bodies, ...unreadable)).toBe(7);
    expect(await scene.carrier.receive(ack)).toBe(1);
    const told = (await strays()).map(({ kind, queue, code, reference, count }) =>
      [kind, queue, code, reference?.slice(-4), count].join(' '),
    );
    expect(told.sort()).toEqual(
      [
        'uncorrelated info 301  1',
        'unknown ack  0000 2',
        'unknown ack   1',
        'unknown info 300 0000 1',
        'unreadable ack   1',
        'unreadable info   1',
        'unreadable info   1',
      ].sort(),
    );
    expect(JSON.stringify(await scene.rows('SELECT * FROM lrm_strays'))).not.toContain('Canari');
    expect(scene.logged('lrm-reply-unreadable').length - loggedBefore).toBe(4);
  });
});

describe('what comes together', () => {
  it('is stored in its order: of several messages, refusing, with steps, twice, and of none', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => scene.put(scene.fresh())));
    const sent = await scene.carrier.lease();
    await scene.carrier.settle('confirmed', ...sent);
    const of = (id: string | undefined): Sent =>
      sent.find(({ appointment }) => appointment.appointmentId === id) as Sent;
    const [first, second, third, fourth] = all.map(of) as [Sent, Sent, Sent, Sent];
    const unknown = ackOf({ id: `${CLIENT}_00000000-0000-4000-8000-000000000001` });
    const count = await scene.carrier.receive(
      ackOf(first, { step: 'RECU' }),
      ackOf(second, { refused: true, step: 'ERREUR' }),
      unknown,
      ackOf(third),
      { queue: 'info', body: '{' },
      errorOf(third, 300),
      errorOf(fourth, 300),
      ackOf(fourth),
      ackOf(first, { step: 'INTEGRE' }),
      unknown,
    );
    expect(count).toBe(10);
    expect(await Promise.all(all.map(scene.states.bind(scene)))).toEqual([
      ['acked'],
      ['confirmed'],
      ['acked'],
      ['acked'],
    ]);
    const kept = await scene.rows<{ id: string }>(
      'SELECT distribution_id AS id, reply, step, code, replies FROM lrm_attempts',
    );
    const attempts = [first, second, third, fourth].map(({ id }) => kept.find((row) => row.id === id));
    expect(attempts).toMatchObject([
      { reply: 'ack', step: 'INTEGRE', code: null, replies: 2 },
      { reply: null, step: 'ERREUR', code: null, replies: 1 },
      { reply: 'ack', step: null, code: 300, replies: 2 },
      { reply: 'ack', step: null, code: 300, replies: 2 },
    ]);
    const told = (await strays()).map(({ kind, queue, count: times }) => `${kind} ${queue} ${times}`);
    expect(told.sort()).toEqual(['unknown ack 2', 'unreadable info 1']);
  });
});

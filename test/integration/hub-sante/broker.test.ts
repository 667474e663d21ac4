// The broker of the simulated Hub Santé, over real sockets: who may connect, what a client may do, what the dispatcher
// makes of what it publishes, what LRMs answer.

import { connect as connectInClear } from 'node:net';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../../../sandbox/hub-sante/broker/held-connection.ts';
import { type Envelope, messageOf } from '../../../sandbox/hub-sante/message/edxl.ts';
import { sampleReport } from '../../support/samples/hub-sante-report.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  OTHER_SAMU_ID,
  openHubSante,
  SAMU_ID,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { until } from '../../support/wait/until.ts';

const JSON_BODY = { persistent: true, contentType: 'application/json' };
const TO_SAMU = { from: SAS_ID, to: SAMU_ID };

let scene: HubSanteScene;
let sas: ChannelModel;
let channel: ConfirmChannel;

const send = (report: object, options = {}): Promise<void> =>
  publish(channel, 'hubsante', SAS_ID, Buffer.from(JSON.stringify(report)), { ...JSON_BODY, ...options });

/** The next message of one of the platform's queues. */
async function take(queue: 'ack' | 'info'): Promise<Envelope> {
  const message = await until(`a message in .${queue}`, () => channel.get(`${SAS_ID}.${queue}`));
  channel.ack(message);
  return JSON.parse(message.content.toString('utf8')) as Envelope;
}

async function takeError(): Promise<{
  readonly code: number;
  readonly about: string;
  readonly from: string;
}> {
  const envelope = await take('info');
  const { error } = messageOf(envelope);
  if (error === undefined) throw new Error('no error');
  return { code: error.errorCode.statusCode, about: error.referencedDistributionID, from: envelope.senderID };
}

/** With which code the broker closes a channel on which this is done. */
async function codeOf(act: (own: ConfirmChannel) => unknown): Promise<unknown> {
  const own = await sas.createConfirmChannel();
  return new Promise((resolve) => {
    own.once('error', (cause: { readonly code?: number }) => resolve(cause.code));
    Promise.resolve(act(own)).catch(() => undefined);
  });
}

describe.skipIf(hubSanteMissing)('the simulated Hub Santé', () => {
  beforeAll(async () => {
    scene = await openHubSante();
    sas = await scene.connect(SAS_ID);
    channel = await sas.createConfirmChannel();
  });

  afterAll(() => scene?.close());

  afterEach(async () => {
    for (const lrm of scene.hub.lrms.values()) await lrm.reset();
    // A test takes what it caused: what is left is a message that it did not foresee.
    for (const queue of ['ack', 'info']) expect(await channel.get(`${SAS_ID}.${queue}`)).toBe(false);
  });

  describe('at its door', () => {
    it('takes a client by its certificate, and none whom it does not know', async () => {
      expect(sas.connection.serverProperties.product).toBe('RabbitMQ');
      await expect(scene.connect('fr.health.samu999')).rejects.toThrow(/ACCESS.REFUSED|403/);
      await expect(scene.connect(SAS_ID, 'elsewhere')).rejects.toThrow(/ConnectionClose/);
    });

    it('says nothing to a client in clear', async () => {
      const socket = connectInClear(scene.hub.broker.port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      const ended = new Promise((resolve) => socket.once('close', resolve));
      socket.write(Buffer.from('AMQP\0\0\t\u0001'));
      await ended;
      expect(Buffer.concat(chunks).toString('latin1')).not.toContain('RabbitMQ');
    });

    it('lets a client find its three queues, and declare none', async () => {
      for (const kind of ['message', 'ack', 'info']) await channel.checkQueue(`${SAS_ID}.${kind}`);
      expect(await codeOf((own) => own.assertQueue(`${SAS_ID}.other`, { durable: true }))).toBe(403);
      expect(await codeOf((own) => own.assertExchange('hubsante', 'topic', { durable: true }))).toBe(403);
      expect(await codeOf((own) => own.checkQueue(`${SAS_ID}.other`))).toBe(404);
    });

    it('closes the channel of a client that reads another’s queue, or publishes as another', async () => {
      const read = (own: ConfirmChannel) => own.consume(`${SAMU_ID}.message`, () => undefined);
      const publishTo = (exchange: string, key: string) => (own: ConfirmChannel) =>
        own.publish(exchange, key, Buffer.from('{}'), JSON_BODY);
      expect(await codeOf(read)).toBe(403);
      expect(await codeOf(publishTo('hubsante', SAMU_ID))).toBe(403);
      expect(await codeOf(publishTo('distribution', `${SAMU_ID}.message`))).toBe(403);
      expect(await codeOf(publishTo('', `${SAMU_ID}.message`))).toBe(403);
    });
  });

  describe('its dispatcher', () => {
    it('brings a message to the LRM byte for byte, and the acknowledgement back', async () => {
      const report = sampleReport(TO_SAMU);
      await send(report);
      const ack = await take('ack');
      expect(ack.distributionKind).toBe('Ack');
      expect(ack.senderID).toBe(SAMU_ID);
      expect(messageOf(ack).reference).toEqual({ distributionID: report.distributionID });
      expect(scene.hub.lrm(SAMU_ID).received.map(({ body }) => body)).toEqual([JSON.stringify(report)]);
      expect(scene.hub.lrm(OTHER_SAMU_ID).received).toEqual([]);
    });

    const ID = `${SAS_ID}_1`;
    it.each([
      ['101: no content type', 101, { envelope: { distributionID: ID } }, { contentType: undefined }],
      ['300: an appointment without its regulator', 300, { appointment: { regulator: undefined } }, {}],
      ['200: a sender who is not the key', 200, { envelope: { senderID: SAMU_ID } }, {}],
      ['100: not persistent', 100, {}, { persistent: false }],
      ['300: an id that begins with another', 300, { envelope: { distributionID: `${SAMU_ID}_1` } }, {}],
      ['400: expired on arrival', 400, { livesMs: -1_000 }, {}],
      ['501: a recipient whom nobody knows', 501, { to: 'fr.health.samu999' }, {}],
      // Two faults: the order of the checks decides.
      ['101 before 300', 101, { appointment: { status: 'unknown' } }, { contentType: 'text/plain' }],
      ['300 before 200', 300, { appointment: { start: 'noon' }, envelope: { senderID: SAMU_ID } }, {}],
      ['200 before 100', 200, { envelope: { senderID: SAMU_ID } }, { persistent: false }],
      ['100 before 400', 100, { livesMs: -1_000 }, { persistent: false }],
      ['400 before 501', 400, { livesMs: -1_000, to: 'fr.health.samu999' }, {}],
    ])('tells the sender %s', async (_what, code, over, options) => {
      const report = sampleReport({ ...TO_SAMU, ...over });
      await send(report, options);
      expect(await takeError()).toEqual({ code, about: report.distributionID, from: 'fr.health.hub' });
      expect(scene.hub.lrm(SAMU_ID).received).toEqual([]);
    });

    it('tells 301 of what is not JSON, about no id when there is none to read', async () => {
      await publish(channel, 'hubsante', SAS_ID, Buffer.from('{"distributionID": "a_1", '), JSON_BODY);
      expect(await takeError()).toMatchObject({ code: 301, about: 'a_1' });
      await publish(channel, 'hubsante', SAS_ID, Buffer.from('bonjour'), JSON_BODY);
      expect(await takeError()).toMatchObject({ code: 301, about: 'distributionID_could_not_be_extracted' });
    });

    it('tells 500 of a message that nobody read in its time', async () => {
      await scene.hub.lrm(SAMU_ID).listen(false);
      // The envelope has whole seconds.
      const report = sampleReport({ ...TO_SAMU, livesMs: 2_000 });
      await send(report);
      expect(await takeError()).toEqual({ code: 500, about: report.distributionID, from: 'fr.health.hub' });
    });

    it('tells the LRM 500 of an acknowledgement that the platform rejects', async () => {
      await send(sampleReport(TO_SAMU));
      const message = await until('the acknowledgement', () => channel.get(`${SAS_ID}.ack`));
      channel.nack(message, false, false);
      const [error] = await until('the error', () => {
        const { errors } = scene.hub.lrm(SAMU_ID);
        return errors.length > 0 && errors;
      });
      expect(error?.errorCode.statusCode).toBe(500);
    });

    it('refuses on demand with any code, once each, and writes the message into the error as told', async () => {
      const { dispatcher } = scene.hub;
      dispatcher.forced = [600, 701];
      const report = sampleReport(TO_SAMU);
      for (const [form, source] of [
        ['text', JSON.stringify(report)],
        ['none', undefined],
      ] as const) {
        dispatcher.sourceForm = form;
        await send(report);
        const { error } = messageOf(await take('info'));
        expect(error?.errorCode.statusCode).toBe(form === 'text' ? 600 : 701);
        expect(error?.sourceMessage).toEqual(source);
      }
      dispatcher.sourceForm = 'object';
      await send(report);
      await take('ack');
    });

    it('stopped, leaves confirmed messages where they are; running again, brings them in order', async () => {
      await scene.hub.dispatcher.run(false);
      const reports = Array.from({ length: 20 }, () => sampleReport(TO_SAMU));
      for (const report of reports) await send(report);
      expect(scene.hub.lrm(SAMU_ID).received).toEqual([]);
      await scene.hub.dispatcher.run(true);
      for (const _ of reports) await take('ack');
      expect(scene.hub.lrm(SAMU_ID).received.map(({ distributionId }) => distributionId)).toEqual(
        reports.map(({ distributionID }) => distributionID),
      );
    });
  });

  describe('an LRM', () => {
    it('answers 409 to a creation that it knows, and takes an update that it does not', async () => {
      const appointmentId = 'rdv-1';
      await send(sampleReport({ ...TO_SAMU, appointment: { appointmentId, method: 'UpdateAppointment' } }));
      await take('ack');
      const again = sampleReport({ ...TO_SAMU, appointment: { appointmentId, status: 'cancelled' } });
      await send(again);
      expect(await takeError()).toEqual({ code: 409, about: again.distributionID, from: SAMU_ID });
      expect(scene.hub.lrm(SAMU_ID).appointments.get(appointmentId)?.status).toBe('booked');
    });

    const references = async (count: number): Promise<unknown[]> => {
      const found: unknown[] = [];
      while (found.length < count) found.push(messageOf(await take('ack')).reference);
      return found;
    };

    it('acknowledges twice, by steps, as a refusal, or a message that it never had', async () => {
      const report = sampleReport(TO_SAMU);
      const { distributionID } = report;
      scene.hub.lrm(SAMU_ID).next = ['twice', 'steps', 'refuse', 'stranger'];
      for (let i = 0; i < 4; i += 1) await send(report);
      expect(await references(8)).toEqual([
        { distributionID },
        { distributionID },
        { distributionID, step: 'RECU' },
        { distributionID, step: 'INTEGRE' },
        { distributionID, step: 'CONSULTE' },
        { distributionID, refused: true },
        { distributionID: `${SAS_ID}_inconnu` },
        { distributionID },
      ]);
    });

    it('says nothing, then acknowledges late and backwards', async () => {
      const lrm = scene.hub.lrm(SAMU_ID);
      lrm.next = ['silent', 'late', 'late'];
      const reports = [sampleReport(TO_SAMU), sampleReport(TO_SAMU), sampleReport(TO_SAMU)];
      for (const report of reports) await send(report);
      await until('three received', () => lrm.received.length === 3);
      expect(await channel.get(`${SAS_ID}.ack`)).toBe(false);
      expect(await lrm.release('reversed')).toBe(2);
      expect(await references(2)).toEqual([
        { distributionID: reports[2]?.distributionID },
        { distributionID: reports[1]?.distributionID },
      ]);
    });

    it('acknowledges as the guide is written elsewhere', async () => {
      scene.hub.lrm(SAMU_ID).next = ['odd'];
      const report = sampleReport(TO_SAMU);
      await send(report);
      const ack = await take('ack');
      expect(ack.descriptor.explicitAddress.explicitAddressScheme).toBe('Hubex');
      expect(messageOf(ack).messageId).toBe(report.distributionID);
      expect(ack.dateTimeSent).toMatch(/-00:00$/);
    });
  });
});

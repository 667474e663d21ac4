// The edge with INT_L02 on, for tests: appointments are put as a relay puts them, and this process plays the relays that carry
// messages to Hub Santé, by the same requests, signed with their own keys. Invented people only.

import { randomUUID } from 'node:crypto';
import {
  type Answer,
  type AppointmentEdge,
  makeRelay,
  readAnswer,
  type TestRelay,
} from '../../../bench/appointments/appointment-edge.ts';
import { OPERATOR, type SampleOptions, sos } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import {
  HUB_SANTE_AUDIENCE,
  HUB_SANTE_PATHS,
  type HubSanteClaims,
  type HubSanteClient,
  type LeaseAnswer,
  type LeaseRequest,
  type PublishOutcome,
  type ReceivedMessage,
  type ReceiveRequest,
  type SettleRequest,
} from '../../../shared/link/hub-sante.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { startAppointmentEdge } from './built/edge.ts';

export const CLIENT = 'fr.health.test.ptfsas';
export const SAMU = 'fr.health.samu990';
export const OTHER_SAMU = 'fr.health.samu991';
/** `25.11.26` needs nobody's name but the practitioner's, or a structure. */
export const LRM_ON = {
  LRM_CLIENT_ID: CLIENT,
  LRM_SCHEMA: '26.07.29',
  LRM_RECIPIENTS: JSON.stringify({ 'SAS 990': SAMU, 'SAS 991': OTHER_SAMU }),
} as const;

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

/** A message as it leaves, as far as tests look into it. */
export interface Sent {
  readonly id: string;
  readonly body: string;
  readonly recipient: string;
  readonly appointment: {
    readonly appointmentId: string;
    readonly method: string;
    readonly status: string;
    readonly start: string;
    readonly regulator?: { readonly regulatorEmail: string };
  };
}

type Path = keyof typeof HUB_SANTE_PATHS;
type Body = Omit<LeaseRequest | SettleRequest | ReceiveRequest, keyof HubSanteClient>;

/** One process of a relay that carries messages. */
export class Carrier {
  readonly relay: TestRelay;
  readonly instance: string;
  readonly #url: () => string;
  clientId: string = CLIENT;

  constructor(relay: TestRelay, url: () => string, instance = randomUUID()) {
    this.relay = relay;
    this.#url = url;
    this.instance = instance;
  }

  async ask(kind: Path, fields: Body | object, claims: object = {}): Promise<Answer> {
    const body = JSON.stringify({ clientId: this.clientId, instance: this.instance, ...fields });
    const token = await this.sign(kind, body, claims);
    return this.send(kind, body, token);
  }

  sign(kind: Path, body: string, claims: object = {}): Promise<string> {
    const path = HUB_SANTE_PATHS[kind];
    return this.relay.sign(this.#url(), { method: 'POST', path, body }, {
      aud: HUB_SANTE_AUDIENCE,
      ...claims,
    } as Partial<HubSanteClaims>);
  }

  async send(kind: Path, body: string, token: string): Promise<Answer> {
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Connection: 'close',
    };
    return readAnswer(await fetch(this.#url() + HUB_SANTE_PATHS[kind], { method: 'POST', body, headers }));
  }

  async leaseAnswer(max = 100): Promise<LeaseAnswer> {
    const { status, json, text } = await this.ask('lease', { max });
    if (status !== 200) throw new Error(`lease: ${status} ${text}`);
    return json as LeaseAnswer;
  }

  async lease(max = 100): Promise<readonly Sent[]> {
    const { messages } = await this.leaseAnswer(max);
    return messages.map(({ distributionId, body }) => {
      const { descriptor, content } = JSON.parse(body);
      const { appointment } = content[0].jsonContent.embeddedJsonContent.message;
      return {
        id: distributionId,
        body,
        recipient: descriptor.explicitAddress.explicitAddressValue,
        appointment,
      };
    });
  }

  /** The one message that is due. */
  async leaseOne(): Promise<Sent> {
    const [one, ...others] = await this.lease();
    if (one === undefined || others.length > 0)
      throw new Error(`${one && others.length + 1} messages were due`);
    return one;
  }

  async settle(outcome: PublishOutcome, ...sent: readonly Pick<Sent, 'id'>[]): Promise<number> {
    const outcomes = sent.map(({ id }) => ({ distributionId: id, outcome }));
    const { status, json, text } = await this.ask('settle', { outcomes });
    if (status !== 200) throw new Error(`settle: ${status} ${text}`);
    return json.count;
  }

  /** Leases the one message that is due, and publishes it. */
  async publish(): Promise<Sent> {
    const sent = await this.leaseOne();
    await this.settle('confirmed', sent);
    return sent;
  }

  async receive(...messages: readonly Partial<ReceivedMessage>[]): Promise<number> {
    const whole = messages.map((one) => ({ queue: 'ack', body: '', redelivered: false, ...one }));
    const { status, json, text } = await this.ask('receive', { messages: whole });
    if (status !== 200) throw new Error(`receive: ${status} ${text}`);
    return json.count;
  }
}

/** What an LRM answers to a message that it has received. */
export function ackOf({ id }: Pick<Sent, 'id'>, more: object = {}): Pick<ReceivedMessage, 'queue' | 'body'> {
  return {
    queue: 'ack',
    body: envelope('Ack', SAMU, { kind: 'Ack', reference: { distributionID: id, ...more } }),
  };
}

/** What the Hub, or the LRM for 409, answers to a message that failed. */
export function errorOf(
  { id }: Pick<Sent, 'id'>,
  statusCode: number,
  errorCause = 'cause',
): Pick<ReceivedMessage, 'queue' | 'body'> {
  const sender = statusCode === 409 ? SAMU : 'fr.health.hub';
  const error = { errorCode: { statusCode, statusString: 'ANY' }, errorCause, referencedDistributionID: id };
  return { queue: 'info', body: envelope('Error', sender, { error }) };
}

function envelope(distributionKind: string, senderID: string, message: object): string {
  return JSON.stringify({
    distributionID: `${senderID}_${randomUUID()}`,
    senderID,
    distributionKind,
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
  });
}

/** A row of `lrm_messages`, in the order of an appointment's turns. */
export interface MessageRow {
  readonly turn: number;
  readonly version: number;
  readonly merged: number;
  readonly state: string;
  readonly reason: string | null;
  readonly recipient: string | null;
  readonly attempts: number;
}

export class LrmScene {
  readonly edge: AppointmentEdge;
  readonly carrier: Carrier;
  readonly stranger: TestRelay;
  admin = '';

  private constructor(edge: AppointmentEdge, stranger: TestRelay) {
    this.edge = edge;
    this.stranger = stranger;
    this.carrier = this.process();
  }

  /** A regulator of `SAS 990` is known. `keys`: of other relays that the edge is to trust. */
  static async start(
    settings: Record<string, string> = LRM_ON,
    keys: readonly object[] = [],
  ): Promise<LrmScene> {
    const stranger = await makeRelay('relay-z');
    const scene = new LrmScene(
      await startAppointmentEdge({ SCHEDULE_S: '3600', ...settings }, false, [stranger.jwk, ...keys]),
      stranger,
    );
    scene.admin = await signToken(scene.edge.state, 'admin');
    await scene.know(OPERATOR, ['SAS 990']);
    return scene;
  }

  stop(): Promise<void> {
    return this.edge.stop();
  }

  /** Another process of the relay, or of another one. */
  process(relay = this.edge.relay): Carrier {
    return new Carrier(relay, () => this.edge.url);
  }

  async database(name: 'DB' | 'APPOINTMENTS' = 'APPOINTMENTS') {
    const { edge } = this.edge;
    if (edge === undefined) throw new Error('the edge is stopped');
    return edge.database(name);
  }

  async rows<T>(sql: string, ...values: readonly unknown[]): Promise<T[]> {
    const db = await this.database();
    return (
      await db
        .prepare(sql)
        .bind(...values)
        .all<T>()
    ).results;
  }

  /** SAS has told of this regulator. */
  async know(value: string, territories: readonly string[]): Promise<void> {
    const core = await this.database('DB');
    await core
      .prepare(
        `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp, updated_ms)
         VALUES (?1, ?2, ?3, 1, 'Imaginaire', 'Camille', ?4, ?5, 1, 'h', 's', 0)
         ON CONFLICT (id) DO UPDATE SET territories = excluded.territories`,
      )
      .bind(
        `r-${value}`,
        SYSTEM.idnps,
        value,
        `${value.replace('/', '-')}@regulation.example`,
        JSON.stringify(territories),
      )
      .run();
  }

  /** An identifier that no other appointment has. */
  fresh = (): string => `rdv-${randomUUID()}`;

  /** Puts an appointment of an association, which an LRM is told of though nobody is named; says its id. */
  async put(value: string, options: Partial<SampleOptions> = {}): Promise<string> {
    const answer = await this.edge.put(sos({ value, ...options }), {}, 'agenda-b');
    if (answer.status > 201) throw new Error(`put: ${answer.status} ${answer.text}`);
    return answer.headers.get('Location')?.split('/').at(-1) ?? '';
  }

  async messages(appointment: string): Promise<MessageRow[]> {
    return this.rows(
      `SELECT turn, version, merged, state, reason, recipient, attempts FROM lrm_messages WHERE appointment = ?1 ORDER BY turn`,
      appointment,
    );
  }

  async states(appointment: string): Promise<string[]> {
    return (await this.messages(appointment)).map(({ state }) => state);
  }

  async outcomes(appointment: string): Promise<string[]> {
    const rows = await this.rows<{ said: string }>(
      `SELECT outcome || COALESCE(' ' || reply, '') || COALESCE(' ' || code, '') AS said FROM lrm_attempts
       WHERE appointment = ?1 ORDER BY turn, attempt`,
      appointment,
    );
    return rows.map(({ said }) => said);
  }

  /** Runs the schedule as if so much time had passed. */
  async later(ms: number): Promise<void> {
    if (!(await this.edge.edge?.runSchedule(new Date(Date.now() + ms), 'by day')))
      throw new Error('a step failed');
  }

  /** Every pause of the outbox is over. */
  async pauseOver(): Promise<void> {
    await this.rows('UPDATE lrm_messages SET due_ms = 0');
    await this.rows(`UPDATE lrm_attempts SET settled_ms = 0 WHERE outcome = 'unknown'`);
  }

  /** Nothing is in the outbox. */
  async clear(): Promise<void> {
    const db = await this.database();
    await db.batch(
      ['attempts', 'messages', 'strays', 'days'].map((name) => db.prepare(`DELETE FROM lrm_${name}`)),
    );
  }

  /** Log lines of that message. */
  logged(message: string): Record<string, unknown>[] {
    return this.edge.log.filter((line) => line.includes(`"${message}"`)).map((line) => JSON.parse(line));
  }
}

// The edge's part of INT_L02 in this process: the Worker's own handlers for what relays ask, its schedule, what vendors write
// and operators decide, over its own tables. Its clock is the test's. It is killed at any question to its databases, before or
// after it is done; the hub is one of the release before, which takes any token, and the gate is away.

import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { makeRelay, type TestRelay } from '../../../bench/appointments/appointment-edge.ts';
import { OPERATOR, type SampleOptions, sos } from '../../../bench/appointments/samples.ts';
import { HUB_SANTE_AUDIENCE, HUB_SANTE_PATHS, type HubSanteClaims } from '../../../shared/link/hub-sante.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { appointmentId, contentHash } from '../../../worker/appointments/model/identity.ts';
import { readMessage } from '../../../worker/appointments/model/message.ts';
import { eraseWhole } from '../../../worker/appointments/tables/erased.ts';
import { recordAppointment } from '../../../worker/appointments/tables/record.ts';
import { parisDayOf } from '../../../worker/base/calendar/days.ts';
import { type Config, readConfig } from '../../../worker/base/config.ts';
import type { Env } from '../../../worker/base/env.ts';
import type { RequestContext } from '../../../worker/http/http.ts';
import { LRM_ROUTES } from '../../../worker/lrm/routes.ts';
import { runOutbox } from '../../../worker/lrm/schedule.ts';
import { LOST } from '../doubles/flaky-database.ts';
import { CLIENT, LRM_ON } from '../scenes/lrm-scene.ts';
import { MemoryDatabase } from './memory-database.ts';

const VENDOR = 'agenda-b';
const URL_OF_EDGE = 'http://127.0.0.1';
export const RELAYS = ['relay-a', 'relay-b'] as const;
export type RelayId = (typeof RELAYS)[number];
export type Asked = keyof typeof HUB_SANTE_PATHS;

/** What befalls one piece of work of the edge: at its question `at`, from 0. */
export interface Blow {
  readonly at: number;
  /** `kill`: nothing comes of it any more; `slip`: once, in passing; `meanwhile`: something else is done first. */
  readonly how: 'kill' | 'slip' | 'meanwhile';
  readonly when: 'before' | 'after';
  readonly meanwhile?: () => Promise<void>;
}

interface Served extends Partial<Pick<RequestContext, 'parameters'>> {
  readonly token?: string;
  readonly body?: string;
  readonly query?: string;
}

interface Work {
  readonly blow: Blow | undefined;
  asked: number;
  isDead: boolean;
}

export class OutboxEdge {
  readonly appointments: MemoryDatabase;
  readonly core: MemoryDatabase;
  readonly #env: Env;
  readonly #config: Config;
  readonly #relays: ReadonlyMap<RelayId, TestRelay>;
  /** After each transaction, before anything else happens. */
  onDone: () => void = () => undefined;
  #work: Work | undefined;
  #nowMs = 0;

  private constructor(relays: ReadonlyMap<RelayId, TestRelay>) {
    const strike = (when: 'before' | 'after') => this.#strike(when);
    this.appointments = new MemoryDatabase('appointments', strike);
    this.core = new MemoryDatabase('core', strike);
    const idOf = (name: string) => name;
    const oldHub = { call: async () => ({ protocol: 1, kind: 'unknown' }) };
    const noGate = { storeWord: () => Promise.reject(new Error('away')), tellStore: async () => undefined };
    this.#env = {
      DB: this.core.db,
      APPOINTMENTS: this.appointments.db,
      RELAY_HUB: { idFromName: idOf, get: () => oldHub },
      GATE: { idFromName: idOf, get: () => noGate },
      AUTH_ISSUER: 'https://issuer.example',
      AUTH_AUDIENCE: 'passerelle',
      AUTH_JWKS: '{"keys":[]}',
      RELAY_JWKS: JSON.stringify({ keys: [...relays.values()].map(({ jwk }) => jwk) }),
      ...LRM_ON,
    } as unknown as Env;
    this.#config = readConfig(this.#env);
    this.#relays = relays;
  }

  static async start(): Promise<OutboxEdge> {
    return new OutboxEdge(
      new Map(await Promise.all(RELAYS.map(async (id) => [id, await makeRelay(id)] as const))),
    );
  }

  close(): void {
    this.appointments.close();
    this.core.close();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  set nowMs(ms: number) {
    this.#nowMs = ms;
    vi.setSystemTime(ms);
  }

  /** Nothing is stored. */
  clear(): void {
    for (const table of [
      'appointment_versions',
      'appointments',
      'lrm_messages',
      'lrm_attempts',
      'lrm_strays',
      'lrm_days',
    ]) {
      this.appointments.rows(`DELETE FROM ${table}`);
    }
    for (const table of ['erased_appointments', 'vendor_usage'])
      this.appointments.rows(`DELETE FROM ${table}`);
    this.core.rows('DELETE FROM regulators');
  }

  /** SAS has told in which territories the one regulator is. */
  know(territories: readonly string[]): void {
    this.core.rows(
      `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp, updated_ms)
       VALUES ('r', ?, ?, 1, 'Imaginaire', 'Camille', 'camille@regulation.example', ?, 1, 'h', 's', 0)
       ON CONFLICT (id) DO UPDATE SET territories = excluded.territories`,
      SYSTEM.idnps,
      OPERATOR,
      JSON.stringify(territories),
    );
  }

  /** The edge's id of the vendor's appointment `value`. */
  idOf(value: string): Promise<string> {
    return appointmentId(VENDOR, String(sos({ value }).identifier[0]?.system), value);
  }

  /** A vendor's message of an association's appointment. @throws when the edge fails, or it was erased. */
  put(options: SampleOptions, blow?: Blow): Promise<void> {
    return this.#during(blow, async () => {
      const sample = sos(options);
      const read = readMessage(sample, this.#nowMs);
      if (!read.ok) throw new TypeError(`the sample is refused: ${JSON.stringify(read.error)}`);
      const message = read.value;
      await recordAppointment(this.#env.APPOINTMENTS, {
        id: await this.idOf(options.value),
        hash: await contentHash(message.profile, message.content),
        message,
        editor: VENDOR,
        relay: RELAYS[0],
        method: 'PUT',
        ifMatch: undefined,
        writeId: randomUUID(),
        nowMs: this.#nowMs,
        quota: this.#config.appointmentQuota,
        wantsContent: false,
        tellsLrm: parisDayOf(this.#nowMs),
      });
    });
  }

  erase(id: string, blow?: Blow): Promise<void> {
    const word = {
      by: 'operator',
      reason: 'person-request',
      reference: undefined,
      nowMs: this.#nowMs,
    } as const;
    return this.#during(blow, async () => {
      await eraseWhole(this.#env.APPOINTMENTS, id, word);
    });
  }

  schedule(blow?: Blow): Promise<void> {
    return this.#during(blow, async () => {
      await runOutbox(this.#env, this.#nowMs);
    });
  }

  /** What a process of a relay asks. @throws when the edge fails. */
  async ask<T>(relay: RelayId, instance: string, kind: Asked, fields: object, blow?: Blow): Promise<T> {
    const path = HUB_SANTE_PATHS[kind];
    const body = JSON.stringify({ clientId: CLIENT, instance, ...fields });
    const claims = { aud: HUB_SANTE_AUDIENCE } as Partial<HubSanteClaims>;
    const token =
      (await this.#relays.get(relay)?.sign(URL_OF_EDGE, { method: 'POST', path, body }, claims)) ?? '';
    return this.#during(
      blow,
      async () => (await this.#serve('POST', path, { token, body })).json() as Promise<T>,
    );
  }

  /** An operator's word. @throws when the edge fails. */
  async resend(id: string, blow?: Blow): Promise<void> {
    await this.#during(blow, () => this.#serve('POST', '/admin/lrm/:id/resend', { parameters: { id } }));
  }

  /** What an operator reads. */
  async read<T>(
    path: string,
    { id, query = '' }: { readonly id?: string; readonly query?: string } = {},
  ): Promise<T> {
    return (await (await this.#serve('GET', path, { parameters: { id }, query })).json()) as T;
  }

  async #serve(
    method: string,
    path: string,
    { token, body, query = '', parameters = {} }: Served,
  ): Promise<Response> {
    const route = LRM_ROUTES.find((one) => one.method === method && one.path === path);
    if (route === undefined) throw new TypeError(`no route ${path}`);
    const url = new URL(URL_OF_EDGE + path + query);
    const headers = {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    const context = {
      request: new Request(url, { method, headers, ...(body && { body }) }),
      url,
      env: this.#env,
      config: this.#config,
      requestId: randomUUID(),
      startedMs: this.#nowMs,
      caller: { subject: 'operator', scopes: new Set(['admin']) },
      parameters,
      waitUntil: () => undefined,
    } as unknown as RequestContext;
    return route.handler(context);
  }

  /** One after the other; what is done meanwhile is a piece of its own, inside. */
  async #during<T>(blow: Blow | undefined, work: () => Promise<T>): Promise<T> {
    const outer = this.#work;
    const own: Work = { blow, asked: 0, isDead: false };
    this.#work = own;
    try {
      return await work();
    } finally {
      this.#work = outer;
    }
  }

  async #strike(when: 'before' | 'after'): Promise<void> {
    if (when === 'after') this.onDone();
    const work = this.#work;
    if (work === undefined) return;
    if (work.isDead) throw new Error('the isolate is gone');
    const { blow, asked } = work;
    if (when === 'after') work.asked += 1;
    if (blow === undefined || blow.at !== asked || blow.when !== when) return;
    if (blow.how === 'slip') {
      // It is asked again, and is another question then.
      work.asked += when === 'before' ? 1 : 0;
      throw new Error(LOST);
    }
    if (blow.how === 'kill') {
      work.isDead = true;
      throw new Error('the isolate is gone');
    }
    await this.#during(undefined, blow.meanwhile ?? (async () => undefined));
  }
}

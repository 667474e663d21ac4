// Appointments that a vendor reports at a steady pace at the relay's mTLS port, whether or not those before are answered,
// while something else happens: which were acknowledged, how long each took, and whether the edge still has them at the end.

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { SandboxPki } from '../../sandbox/pki/sandbox-pki.ts';
import { individual } from '../appointments/samples.ts';

/** 36,000 in an hour: a vendor may create 50,000. */
const EVERY_MS = 100;
/** A vendor keeps some open, and says again what got no answer. */
const CONNECTIONS = 8;
const TRIES = 3;
const COUNTED_AT_ONCE = 8;
const FAILURES_TOLD_MAX = 10;
const VENDOR = 'agenda-a';
const SYSTEM = `https://${VENDOR}.sandbox.test/rdv`;

export class Bookings {
  /** Values of the identifiers that were answered 201. */
  readonly acknowledged: string[] = [];
  /** Answers 503. */
  refused = 0;
  /** Said again, for want of an answer. */
  repeated = 0;
  /** How the first failures looked: an answer other than 201 and 503, or none. */
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #dispatcher: Agent;
  #samplesMs: number[] = [];
  #over = new AbortController();
  #reporting: Promise<void> = Promise.resolve();
  #count = 0;

  private constructor(port: number, dispatcher: Agent) {
    this.#port = port;
    this.#dispatcher = dispatcher;
  }

  /** `port` of the relay, on loopback. */
  static async open(pki: SandboxPki, port: number): Promise<Bookings> {
    const client = pki.vendors.get(VENDOR)?.client;
    if (client === undefined) throw new Error(`no certificate of ${VENDOR}`);
    const connect = {
      cert: await readFile(client.certFile, 'utf8'),
      key: await readFile(client.keyFile, 'utf8'),
      ca: await readFile(pki.caFile, 'utf8'),
      servername: 'localhost',
    };
    return new Bookings(port, new Agent({ connect, connections: CONNECTIONS }));
  }

  /** Milliseconds of those acknowledged from now on go to `into`. */
  start(into: number[] = []): void {
    this.#samplesMs = into;
    this.#over = new AbortController();
    this.#reporting = this.#report();
  }

  /** Resolves when every report is answered; `start` goes on. */
  async pause(): Promise<void> {
    this.#over.abort();
    await this.#reporting;
  }

  /** As `pause`, for good. */
  async close(): Promise<void> {
    await this.pause();
    await this.#dispatcher.close();
  }

  /** Acknowledged ones that the edge does not have. `token`: scope `system/Appointment.rs`. */
  async countLost(edgeUrl: string, token: string): Promise<number> {
    let lost = 0;
    const values = this.acknowledged.values();
    const count = async (): Promise<void> => {
      for (const value of values) {
        const identifier = encodeURIComponent(`${SYSTEM}|${value}`);
        const answer = await fetch(`${edgeUrl}/fhir/Appointment?identifier=${identifier}`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        if (((await answer.json()) as { total?: number }).total !== 1) lost += 1;
      }
    };
    await Promise.all(Array.from({ length: COUNTED_AT_ONCE }, count));
    return lost;
  }

  async #report(): Promise<void> {
    const { signal } = this.#over;
    const startedMs = performance.now();
    const underWay: Promise<void>[] = [];
    for (let rank = 1; !signal.aborted; rank += 1) {
      underWay.push(this.#reportOne().catch((error: unknown) => this.#fail(String(error))));
      const leftMs = startedMs + rank * EVERY_MS - performance.now();
      await wait(Math.max(leftMs, 0), undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(underWay);
  }

  async #reportOne(): Promise<void> {
    const value = `rdv-${this.#count}`;
    this.#count += 1;
    const into = this.#samplesMs;
    const startedMs = performance.now();
    const { statusCode, text } = await this.#put(value);
    if (statusCode === 201 || statusCode === 200) {
      this.acknowledged.push(value);
      into.push(performance.now() - startedMs);
    } else if (statusCode === 503) this.refused += 1;
    else this.#fail(`${value}: ${statusCode} ${text}`);
  }

  async #put(value: string): Promise<{ readonly statusCode: number; readonly text: string }> {
    const url = `https://127.0.0.1:${this.#port}/fhir/Appointment?identifier=${encodeURIComponent(`${SYSTEM}|${value}`)}`;
    const message = JSON.stringify(individual({ value, system: SYSTEM }));
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        const { statusCode, body } = await request(url, {
          method: 'PUT',
          dispatcher: this.#dispatcher,
          body: message,
          headers: { host: 'relais.sandbox.test:8443', 'content-type': 'application/fhir+json' },
        });
        return { statusCode, text: await body.text() };
      } catch (error) {
        if (left === 0) throw error;
        this.repeated += 1;
      }
    }
  }

  #fail(how: string): void {
    if (this.failures.length < FAILURES_TOLD_MAX) this.failures.push(how);
  }
}

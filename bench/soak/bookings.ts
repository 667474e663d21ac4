// Appointments that a vendor reports without a break at the relay's mTLS port, one after the other, while something
// else happens: which were acknowledged, how long each took, and whether the edge still has them at the end.

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { SandboxPki } from '../../sandbox/pki/sandbox-pki.ts';
import { individual } from '../appointments/samples.ts';

/** The relay's port throttles a vendor that sends as fast as it can. */
const EVERY_MS = 50;
const VENDOR = 'agenda-a';
const SYSTEM = `https://${VENDOR}.sandbox.test/rdv`;

export class Bookings {
  /** Values of the identifiers that were answered 201. */
  readonly acknowledged: string[] = [];
  /** Answers 503. */
  refused = 0;
  readonly #port: number;
  readonly #dispatcher: Agent;
  readonly #over = new AbortController();
  #samplesMs: number[] = [];
  #reporting: Promise<void> | undefined;

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
    return new Bookings(port, new Agent({ connect }));
  }

  start(): void {
    this.#reporting = this.#report();
  }

  /** Milliseconds of those acknowledged since it was last asked. */
  takeSamples(): readonly number[] {
    const samples = this.#samplesMs;
    this.#samplesMs = [];
    return samples;
  }

  /** @throws Error when an answer was neither 201 nor 503. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#reporting;
    await this.#dispatcher.close();
  }

  /** Acknowledged ones that the edge does not have. `token`: scope `system/Appointment.rs`. */
  async countLost(edgeUrl: string, token: string): Promise<number> {
    let lost = 0;
    for (const value of this.acknowledged) {
      const identifier = encodeURIComponent(`${SYSTEM}|${value}`);
      const answer = await fetch(`${edgeUrl}/fhir/Appointment?identifier=${identifier}`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      if (((await answer.json()) as { total?: number }).total !== 1) lost += 1;
    }
    return lost;
  }

  async #report(): Promise<void> {
    for (let count = 0; !this.#over.signal.aborted; count += 1) {
      await wait(EVERY_MS);
      const value = `rdv-${count}`;
      const startedMs = performance.now();
      const { statusCode, body } = await request(
        `https://127.0.0.1:${this.#port}/fhir/Appointment?identifier=${encodeURIComponent(`${SYSTEM}|${value}`)}`,
        {
          method: 'PUT',
          dispatcher: this.#dispatcher,
          body: JSON.stringify(individual({ value, system: SYSTEM })),
          headers: { host: 'relais.sandbox.test:8443', 'content-type': 'application/fhir+json' },
        },
      );
      const text = await body.text();
      if (statusCode === 201) {
        this.acknowledged.push(value);
        this.#samplesMs.push(performance.now() - startedMs);
      } else if (statusCode === 503) this.refused += 1;
      else throw new Error(`${value}: ${statusCode} ${text}`);
    }
  }
}

// INT_R03's PUTs for the bench of INT_L02: new appointments, as a relay hands them over, each of which an LRM is told.

import { randomUUID } from 'node:crypto';
import type { Pool } from 'undici';
import { type AppointmentEdge, SYSTEM_A } from '../appointments/appointment-edge.ts';
import { individual } from '../appointments/samples.ts';
import { paced } from '../paced.ts';
import { PRACTITIONER } from './backlog.ts';

const PUTS_PER_SECOND = 25;

/** New appointments, as a relay hands them over. */
export class Puts {
  readonly #pool: Pool;
  readonly #edge: AppointmentEdge;
  /** Refused, or broken off. */
  failed = 0;

  constructor(pool: Pool, edge: AppointmentEdge) {
    this.#pool = pool;
    this.#edge = edge;
  }

  /** A steady pace of them until `isOver`; `samples` gets their milliseconds. */
  pace(isOver: () => boolean, samples: number[]): Promise<void> {
    return paced(PUTS_PER_SECOND, isOver, async () => {
      try {
        samples.push((await this.put()).tookMs);
      } catch {
        this.failed += 1;
      }
    });
  }

  /** The appointment's id at the edge, and how long the answer took. @throws Error when it is not created. */
  async put(): Promise<{ readonly id: string; readonly tookMs: number }> {
    const value = randomUUID();
    const path = `/fhir/Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
    const start = new Date(Date.now() + Math.random() * 86_400_000).toISOString();
    const body = JSON.stringify(individual({ value, start, practitioner: PRACTITIONER }));
    const token = await this.#edge.vendorToken('agenda-a', { method: 'PUT', path, body });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
    const startedMs = performance.now();
    const answer = await this.#pool.request({ method: 'PUT', path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 201) throw new Error(`a PUT was answered ${answer.statusCode}: ${text}`);
    const id = String(answer.headers.location).split('/').at(-1) ?? '';
    return { id, tookMs: performance.now() - startedMs };
  }
}

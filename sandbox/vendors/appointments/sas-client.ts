// The vendor as a client of SAS: mTLS with its own client certificate, and the patience of a careful one. Asks
// again, a bounded number of times, when SAS is not there, is busy, or the connection is lost: a message about an
// appointment may be sent twice without risk.

import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Appointment } from 'fhir/r4';

const ATTEMPTS_MAX = 8;
const ANSWER_MS = 20_000;
const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 1 << 20;

export interface SasAddress {
  /** FHIR base address, without a final slash. */
  readonly url: string;
  /** PEM of the authorities SAS's certificate must chain to; the imitation's when absent. */
  readonly ca?: string;
}

/** PEM texts. */
export interface ClientMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface Message {
  readonly method: 'POST' | 'PUT';
  readonly body: Appointment;
}

/** What SAS said at last. */
export interface SasAnswer {
  /** Null: nothing, `error` tells why. */
  readonly status: number | null;
  readonly location: string | null;
  readonly etag: string | null;
  readonly attempts: number;
  /** What SAS refused with. */
  readonly outcome?: unknown;
  readonly error?: string;
}

interface Heard {
  readonly status: number;
  readonly location: string | null;
  readonly etag: string | null;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export class SasClient {
  readonly #load: () => Promise<ClientMaterial>;
  readonly #closed = new AbortController();
  #material: Promise<ClientMaterial> | undefined;
  #agent: Agent | undefined;

  constructor(load: () => Promise<ClientMaterial>) {
    this.#load = load;
  }

  close(): void {
    this.#closed.abort();
    this.#agent?.destroy();
  }

  /** Rejects only when the vendor has no client certificate. */
  async send(sas: SasAddress, message: Message): Promise<SasAnswer> {
    await this.#read();
    for (let attempts = 1; ; attempts += 1) {
      const heard = await this.#ask(sas, message).catch((error: Error) => error);
      const isLast = attempts >= ATTEMPTS_MAX || this.#closed.signal.aborted;
      if (!(heard instanceof Error) && (isLast || (heard.status !== 503 && heard.status !== 429))) {
        return tell(heard, attempts);
      }
      if (heard instanceof Error && isLast) {
        return { status: null, location: null, etag: null, attempts, error: heard.message };
      }
      await this.#pause(waitOf(heard, attempts));
    }
  }

  /** Leaves as soon as all is sent: what SAS made of it is not known. */
  async sendAndDrop(sas: SasAddress, message: Message): Promise<void> {
    const material = await this.#read();
    await new Promise<void>((resolve) => {
      const signal = this.#deadline();
      const options = { ...optionsOf(sas, message, material), agent: false, signal };
      const sent = request(targetOf(sas, message), options);
      sent.on('error', () => {});
      sent.on('close', () => resolve());
      sent.on('finish', () => sent.destroy());
      sent.end(JSON.stringify(message.body));
    });
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#closed.signal, AbortSignal.timeout(ANSWER_MS)]);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closed.signal }).catch(() => {});
  }

  async #ask(sas: SasAddress, message: Message): Promise<Heard> {
    const material = await this.#read();
    this.#agent ??= new Agent({ keepAlive: true });
    const agent = this.#agent;
    return new Promise((resolve, reject) => {
      const signal = this.#deadline();
      const sent = request(targetOf(sas, message), { ...optionsOf(sas, message, material), agent, signal });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) sent.destroy(new Error('réponse trop longue'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? null,
            etag: response.headers.etag ?? null,
            retryAfter: response.headers['retry-after'],
            text: Buffer.concat(chunks).toString('utf8'),
          });
        });
      });
      sent.end(JSON.stringify(message.body));
    });
  }

  #read(): Promise<ClientMaterial> {
    this.#material ??= this.#load();
    return this.#material;
  }
}

function targetOf({ url }: SasAddress, { method, body }: Message): URL {
  const [identifier] = body.identifier ?? [];
  const query = `${encodeURIComponent(identifier?.system ?? '')}%7C${encodeURIComponent(identifier?.value ?? '')}`;
  return new URL(`${url}/Appointment${method === 'PUT' ? `?identifier=${query}` : ''}`);
}

function optionsOf({ ca }: SasAddress, { method }: Message, material: ClientMaterial) {
  return {
    method,
    headers: { 'Content-Type': 'application/fhir+json', Accept: 'application/fhir+json' },
    cert: material.cert,
    key: material.key,
    ca: ca ?? material.ca,
  };
}

function waitOf(heard: Heard | Error, attempts: number): number {
  const asked = heard instanceof Error ? Number.NaN : Number(heard.retryAfter ?? Number.NaN) * 1000;
  const ownMs = FIRST_WAIT_MS * 2 ** (attempts - 1);
  return Math.min(Number.isFinite(asked) && asked >= 0 ? asked : ownMs, WAIT_MS_MAX);
}

function tell({ status, location, etag, text }: Heard, attempts: number): SasAnswer {
  const answer = { status, location, etag, attempts };
  if (status < 400) return answer;
  try {
    return { ...answer, outcome: JSON.parse(text) };
  } catch {
    return { ...answer, error: text.slice(0, 200) };
  }
}

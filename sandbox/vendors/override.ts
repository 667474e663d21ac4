// An answer given word for word in place of searches: used to serve example Bundles exactly as they are.

import type { Reply } from './exchange.ts';
import { FHIR_JSON } from './search/codes.ts';

const STATUS_MIN = 200;
const STATUS_MAX = 599;
const HEADER_NAME = /^[A-Za-z0-9-]+$/;

export class Override {
  #reply: Reply | undefined;
  #times: number | null = null;

  /** A sentence when the input is not acceptable. */
  set(input: unknown): string | undefined {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return 'Un objet JSON avec body est attendu.';
    const {
      body,
      status = 200,
      headers = {},
      times = null,
      ...others
    }: Record<string, unknown> = { ...input };
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) return `champ inconnu : ${unknown}`;
    if (body === undefined) return 'body est obligatoire : un texte, ou un objet JSON.';
    if (
      typeof status !== 'number' ||
      !Number.isInteger(status) ||
      status < STATUS_MIN ||
      status > STATUS_MAX
    ) {
      return `status est un entier de ${STATUS_MIN} à ${STATUS_MAX}.`;
    }
    if (times !== null && !(typeof times === 'number' && Number.isInteger(times) && times > 0)) {
      return 'times est un entier positif.';
    }
    const checked = readHeaders(headers);
    if (typeof checked === 'string') return checked;
    this.#times = times;
    this.#reply = { status, headers: checked, body: typeof body === 'string' ? body : JSON.stringify(body) };
    return undefined;
  }

  take(): Reply | undefined {
    const reply = this.#reply;
    if (this.#times !== null) {
      this.#times -= 1;
      if (this.#times === 0) this.clear();
    }
    return reply;
  }

  isSet(): boolean {
    return this.#reply !== undefined;
  }

  clear(): void {
    this.#reply = undefined;
    this.#times = null;
  }
}

function readHeaders(input: unknown): Record<string, string> | string {
  if (typeof input !== 'object' || input === null) return 'headers est un objet.';
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(input)) {
    if (!HEADER_NAME.test(name) || typeof value !== 'string' || /[\r\n]/.test(value)) {
      return `en-tête inacceptable : ${name}`;
    }
    headers[name] = value;
  }
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return typed ? headers : { 'Content-Type': FHIR_JSON, ...headers };
}

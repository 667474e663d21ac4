// Carries the edge's messages about regulators' accounts (INT_R02), each once: checks it, asks the vendor, says what
// came back. Decides nothing: no second try, no other identifier. The link's session calls it; it knows the vendors, not the
// socket. It logs and counts each message, and never whom it is about.

import * as v from 'valibot';
import type { VendorFailure } from '../../shared/failure.ts';
import { encodeToken } from '../../shared/fhir/search.ts';
import { EDITOR_ID_LENGTH_MAX } from '../../shared/limits.ts';
import {
  ACCOUNT_BODY_LENGTH_MAX,
  ACCOUNT_LOCATION_LENGTH_MAX,
  ACCOUNT_REPLY_BOUNDS,
  type AccountReply,
  type AccountRequest,
} from '../../shared/link/accounts.ts';
import { issueCodesOf } from '../../shared/sas/regulator.ts';
import { GivenUp } from '../base/failure.ts';
import { type BodyHeaders, readBody } from '../reading/body.ts';
import { denialOf } from './account-answer.ts';
import type { WriteOutcome } from './account-exchange.ts';
import type { VendorClient } from './vendor-client.ts';

const BUDGET_MS_MAX = 60_000;

const text = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));

const request = v.pipe(
  v.object({
    id: text(100),
    editor: text(EDITOR_ID_LENGTH_MAX),
    method: v.picklist(['POST', 'PUT']),
    identifier: v.exactOptional(v.object({ system: text(200), value: text(200) })),
    body: text(ACCOUNT_BODY_LENGTH_MAX),
    budgetMs: v.pipe(v.number(), v.minValue(0), v.maxValue(BUDGET_MS_MAX)),
    urgent: v.exactOptional(v.boolean()),
  }),
  // A PUT without query would be every account, a POST with one none.
  v.check(({ method, identifier }) => (method === 'PUT') === (identifier !== undefined)),
);

export interface AccountSettings {
  readonly vendors: () => ReadonlyMap<string, VendorClient>;
  readonly onExchange: (exchanged: AccountExchanged) => void;
}

export interface AccountExchanged {
  readonly request: Pick<AccountRequest, 'id' | 'editor' | 'method'>;
  readonly reply: AccountReply;
  readonly code: string | undefined;
}

interface Running {
  readonly owner: object;
  readonly abort: AbortController;
}

/** One of a process; `drain` resolves when no message is under way. */
export class Accounts {
  readonly #settings: AccountSettings;
  readonly #running = new Set<Running>();
  #draining: PromiseWithResolvers<void> | undefined;

  constructor(settings: AccountSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Undefined when it is not a message this relay can carry: the edge's own mistake. */
  async send(input: unknown, owner: object): Promise<AccountReply | undefined> {
    const checked = v.safeParse(request, input, { abortEarly: true });
    if (!checked.success) return undefined;
    const { editor } = checked.output;
    if (this.#draining !== undefined) return notSent('draining');
    const client = this.#settings.vendors().get(editor);
    if (client?.editor.flows.includes('INT_R02') !== true) return notSent('not-served');
    const running = { owner, abort: new AbortController() };
    this.#running.add(running);
    try {
      return await this.#exchange(client, checked.output, running.abort);
    } finally {
      this.#end(running);
    }
  }

  #end(running: Running): void {
    this.#running.delete(running);
    if (this.#running.size === 0) this.#draining?.resolve();
  }

  /** Its link is lost: nobody hears the answers, and what has not left must not leave. */
  abandon(owner: object): void {
    for (const running of this.#running) {
      if (running.owner === owner) running.abort.abort(new GivenUp('internal'));
    }
  }

  /** From now on messages are answered with `draining`; resolves when those that run are over. */
  drain(): Promise<void> {
    this.#draining ??= Promise.withResolvers();
    if (this.#running.size === 0) this.#draining.resolve();
    return this.#draining.promise;
  }

  async #exchange(
    client: VendorClient,
    asked: AccountRequest,
    abort: AbortController,
  ): Promise<AccountReply> {
    const startedMs = performance.now();
    const timer = setTimeout(() => abort.abort(new GivenUp('timeout')), asked.budgetMs);
    client.retain();
    try {
      const outcome = await client.write(
        {
          method: asked.method,
          path: pathOf(client.editor.baseUrl, asked),
          body: asked.body,
          urgent: asked.urgent === true,
        },
        abort.signal,
      );
      const durationMs = Math.round((performance.now() - startedMs) * 10) / 10;
      const reply = replyOf(outcome, asked, durationMs);
      const code = outcome.ok ? undefined : outcome.code;
      this.#settings.onExchange({ request: asked, reply, code });
      return reply;
    } finally {
      clearTimeout(timer);
      client.release();
    }
  }
}

function pathOf(baseUrl: string, { identifier }: AccountRequest): string {
  const path = `${new URL(baseUrl).pathname.replace(/\/+$/, '')}/Practitioner`;
  if (identifier === undefined) return path;
  return `${path}?identifier=${encodeToken(identifier.system, identifier.value)}`;
}

function replyOf(outcome: WriteOutcome, said: AccountRequest, durationMs: number): AccountReply {
  if (!outcome.ok) return { kind: 'failed', reason: outcome.reason, sent: outcome.sent, durationMs };
  const { status, location, retryAfterS, body, headers, cut } = outcome;
  if (status >= 300) {
    return {
      kind: 'answered',
      status,
      codes: status >= 400 ? issueCodesOf(readJson(body, headers)) : [],
      ...locationOf(location),
      ...(retryAfterS !== undefined && { retryAfterS }),
      durationMs,
    };
  }
  const denial =
    cut === undefined ? denialOf(said, status, body, headers, ACCOUNT_REPLY_BOUNDS) : { reason: cut };
  if (denial === undefined) {
    return { kind: 'answered', status, codes: [], ...locationOf(location), durationMs };
  }
  const codes = 'outcome' in denial ? { codes: issueCodesOf(denial.outcome) } : {};
  return { kind: 'failed', reason: denial.reason, status, ...codes, sent: true, durationMs };
}

function locationOf(location: string | undefined): { readonly location?: string } {
  return location !== undefined && location.length <= ACCOUNT_LOCATION_LENGTH_MAX ? { location } : {};
}

/** Of a refusal, read for its issue codes only: what cannot be read has none. */
function readJson(body: Buffer, headers: BodyHeaders): unknown {
  const read = readBody(body, headers, ACCOUNT_REPLY_BOUNDS);
  return read.ok ? read.value.json : undefined;
}

function notSent(reason: VendorFailure): AccountReply {
  return { kind: 'failed', reason, sent: false, durationMs: 0 };
}

// The published SAS front's two callers, as it sends (docs/guide.md G-901): the browser (lower-case bearer, cookies of
// the same origin) and the server (Content-Type on GET too, no Accept, a new token before each call).

import { request } from 'node:http';
import { until } from '../wait/until.ts';

export const FRONT_USER = { username: 'read', password: 'secret' } as const;
/** The front's own cookies: none of them is ours to see, keep or pass on. */
export const FRONT_COOKIE = 'SSESSfront=canary-cookie-of-the-front; sas_user=canary-user-of-the-front';

export interface FrontReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export const jsonOf = <T>(reply: FrontReply): T => JSON.parse(reply.text) as T;

/**
 * Asks a lot again while a vendor is late that `slow` does not name: a lot has five seconds (docs/guide.md G-903), and a
 * busy machine may need more.
 */
export const inTime = (ask: () => Promise<FrontReply>, slow: readonly string[] = []): Promise<FrontReply> =>
  until('a lot in time', async () => {
    const reply = await ask();
    const ledger = String(reply.headers['x-passerelle-ledger']);
    const late = [...ledger.matchAll(/([\w-]+)?:?timeout/g)].map(([, vendor = '']) => vendor);
    return late.every((vendor) => slow.includes(vendor)) && reply;
  });

export interface FrontCall {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** With exactly these headers: fetch would add `Accept` and the like. */
export function sendPlain(
  url: string,
  { method = 'GET', body, headers = {} }: FrontCall,
): Promise<FrontReply> {
  const isWritten = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const text = isWritten ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

export class FrontCaller {
  readonly #base: () => string;

  /** `base`: origin of the edge; asked at each call, for an edge that is started again. */
  constructor(base: () => string) {
    this.#base = base;
  }

  signIn(body: unknown = FRONT_USER, headers: Readonly<Record<string, string>> = {}): Promise<FrontReply> {
    return this.plain('/v1/login_check', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }

  async token(): Promise<string> {
    return jsonOf<{ token: string }>(await this.signIn()).token;
  }

  /** Signs in, then calls, as every call of the server does. */
  async asServer(path: string, call: FrontCall = {}): Promise<FrontReply> {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${await this.token()}` };
    return this.plain(path, { ...call, headers: { ...headers, ...call.headers } });
  }

  async asBrowser(path: string, token: string, call: FrontCall = {}): Promise<FrontReply> {
    const headers = {
      Accept: 'application/json, text/plain, */*',
      Authorization: `bearer ${token}`,
      Cookie: `${FRONT_COOKIE}; sas_aggregator_token=${encodeURIComponent(token)}`,
      ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    return this.plain(path, { ...call, headers: { ...headers, ...call.headers } });
  }

  /** `path` from `/v1/` on is the aggregator's; anything else is a path of its own. */
  plain(path: string, call: FrontCall): Promise<FrontReply> {
    const whole = path.startsWith('/v1/') ? `/aggregator/api-sas${path}` : path;
    return sendPlain(`${this.#base()}${whole}`, call);
  }
}

// One HTTP request to a Unix socket of the host's own programs.

import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface UnixAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** @throws what Node throws, as ECONNREFUSED; AbortError after `signal`. */
export function askUnix(
  socketPath: string,
  path: string,
  options: {
    readonly method?: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<UnixAnswer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, agent: false, ...rest }, (answer) => {
      buffer(answer).then((bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes }), reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

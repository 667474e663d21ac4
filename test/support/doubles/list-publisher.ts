// The web server on which authorities publish their revocation lists: each path answers what the test put there.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListPublisher {
  /** Ends with a slash; for `crlBaseUrl`. */
  readonly url: string;
  /** The bytes of a 200, or whatever else this server does at that name; any other name is 404. */
  publish(name: string, answer: Uint8Array | string | RequestListener): void;
  /** Names asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startListPublisher(): Promise<ListPublisher> {
  const answers = new Map<string, Uint8Array | string | RequestListener>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = request.url?.replace('/CRL/', '') ?? '';
    asked.push(name);
    const answer = answers.get(name);
    if (typeof answer === 'function') answer(request, response);
    else response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/CRL/`,
    publish: (name, answer) => void answers.set(name, answer),
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

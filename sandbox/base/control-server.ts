// The control port of a double, on loopback and in clear: what tests and people use to read its state and to steer it.
// The double brings its actions; this serves them.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseJson, readText } from './body.ts';

const BODY_BYTES_MAX = 32 << 20;

/** `name` is what follows in the path, for the actions on one of several. */
type Action<Inside> = (inside: Inside, body: unknown, name: string) => unknown;

/** By method and path; one that ends with `/` takes a name after it. */
export type Actions<Inside> = Readonly<Record<string, Action<Inside>>>;

/** Told to the caller as 400. */
export class BadInput extends Error {}

/** A reader's value. @throws BadInput when it is the sentence of a problem instead. */
export function accept<T>(value: T | string): T {
  if (typeof value === 'string') throw new BadInput(value);
  return value;
}

export function makeControlServer<Inside>(actions: Actions<Inside>, inside: Inside): Server {
  return createServer((request, response) => {
    response.on('error', () => {});
    handle(request, actions, inside).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => {
        if (error instanceof BadInput) send(response, 400, { error: error.message });
        else send(response, 500, { error: String(error) });
      },
    );
  });
}

async function handle<Inside>(
  request: IncomingMessage,
  actions: Actions<Inside>,
  inside: Inside,
): Promise<unknown> {
  const [, path, name = ''] = /^(\/[^/?]*(?:\/(?=[^?]))?)([^?]*)/.exec(request.url ?? '') ?? [];
  const route = `${request.method} ${path}`;
  const action = Object.hasOwn(actions, route) ? actions[route] : undefined;
  if (action === undefined) {
    request.resume();
    throw new BadInput(`Rien à cette adresse. On y trouve : ${Object.keys(actions).join(', ')}.`);
  }
  const text = await readText(
    request,
    BODY_BYTES_MAX,
    () => new BadInput(`Corps de plus de ${BODY_BYTES_MAX} octets.`),
  );
  const hasBody = request.method === 'PUT' || text !== '';
  return action(
    inside,
    hasBody ? parseJson(text, () => new BadInput('Le corps n’est pas du JSON.')) : undefined,
    name,
  );
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  if (response.destroyed) return;
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

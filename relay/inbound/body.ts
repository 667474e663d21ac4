// Takes in a request's body under a bound. What is past the bound is read and thrown away for a while, so that a
// caller in the middle of sending reads our answer rather than a reset.

import type { IncomingMessage } from 'node:http';

/** Past this the connection is closed on a caller that still sends. */
const DISCARD_BYTES_MAX = 1024 * 1024;

export interface Received {
  /** Empty when it was over the bound. */
  readonly body: Buffer;
  readonly bytes: number;
  /** `whole`: read to its end; `cut`: we stopped reading; `full`: no room was given; `gone`: the caller, or its time, ended. */
  readonly end: 'whole' | 'cut' | 'full' | 'gone';
}

/** `keepMax`: bytes kept; 0 throws all of it away. `take`: whether there is room for so many more that are kept. */
export function receiveBody(
  request: IncomingMessage,
  keepMax: number,
  take: (bytes: number) => boolean = () => true,
): Promise<Received> {
  const { promise, resolve } = Promise.withResolvers<Received>();
  let chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (end: Received['end']): void => {
    resolve({ body: Buffer.concat(chunks), bytes, end });
  };
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= keepMax) {
      if (take(chunk.length)) chunks.push(chunk);
      else {
        chunks = [];
        request.pause();
        finish('full');
      }
    } else {
      chunks = [];
      if (bytes <= DISCARD_BYTES_MAX) return;
      request.pause();
      finish('cut');
    }
  });
  request.once('end', () => finish('whole'));
  request.once('error', () => finish('gone'));
  request.once('close', () => finish('gone'));
  if (request.destroyed && !request.readableEnded) finish('gone');
  return promise;
}

// The body of a request to a double, from its callers and at its control port: bounded, and JSON.

import type { IncomingMessage } from 'node:http';

/** UTF-8 text of at most `bytesMax` bytes. @throws what `tooLong` makes. */
export async function readText(
  request: IncomingMessage,
  bytesMax: number,
  tooLong: () => Error,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bytesMax) throw tooLong();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws what `notJson` makes. */
export function parseJson(text: string, notJson: () => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

// A caller who leaves without a word.

import { connect } from 'node:net';
import type { System } from '../scenes/system.ts';

/** Asks over a bare socket, to leave with a reset (RST): a half-closed one may still be waiting. */
export function askAndLeave(
  system: System,
  path: string,
  accept = 'application/fhir+json',
): { readonly leave: () => void } {
  const { hostname, port } = new URL(system.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    `Authorization: Bearer ${system.token}`,
    `Accept: ${accept}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return { leave: () => socket.resetAndDestroy() };
}

// A standard descriptor that never makes the process wait: a full pipe answers EAGAIN instead of holding up searches
// and signals. Regular files are written as they are: the kernel's cache takes them.

import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import type { WriteBytes } from '../../shared/line-sink.ts';

/** Writes to the descriptor; throws EAGAIN when it takes nothing now, and any other error when it is broken. */
export function openOutput(fd: number): WriteBytes {
  const own = withoutWaiting(fd);
  return (bytes) => writeSync(own, bytes);
}

function withoutWaiting(fd: number): number {
  try {
    // A terminal that Ctrl-S has stopped; opened anew, since its shell shares the descriptor's flags.
    if (isatty(fd)) return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    const kind = fstatSync(fd);
    // Node has no other way to make a descriptor non-blocking than to wrap it; the wrapper itself writes nothing.
    if (kind.isFIFO() || kind.isSocket()) new Socket({ fd, readable: false, writable: true });
  } catch {
    // It is closed or cannot be opened again: each write will say so, and count.
  }
  return fd;
}

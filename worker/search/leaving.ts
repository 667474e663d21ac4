// A caller who leaves, in mid-search or before it has begun.

/** Calls `leave` once: now, when he has left already. */
export function whenLeft(signal: AbortSignal, leave: () => void): void {
  // An aborted signal fires no listener any more.
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
}

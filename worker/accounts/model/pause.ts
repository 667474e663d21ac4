// How long to wait before a vendor is told again: growing pauses, never the end of trying. Pure.

const FIRST_PAUSE_MS = 30_000;
export const PAUSE_MS_MAX = 15 * 60_000;

/** Pause after so many attempts without a yes; a vendor that asks for more gets it, up to the same bound. */
export function pauseMs(attempts: number, retryAfterS: number | undefined): number {
  const grown = FIRST_PAUSE_MS * 2 ** Math.min(Math.max(attempts - 1, 0), 10);
  return Math.min(PAUSE_MS_MAX, Math.max(grown, (retryAfterS ?? 0) * 1000));
}

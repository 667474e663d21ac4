// Instants as the Hub wants them: `YYYY-MM-DDThh:mm:ss±hh:mm`, no decimals, no `Z`. No clock.

import { formatInstant, parseInstant } from '../../../shared/time.ts';

/** On the clock of that offset; the second that it lies in. */
export function writeInstant(ms: number, offsetMinutes: number): string {
  const strict = formatInstant(ms, offsetMinutes);
  return strict.slice(0, 19) + strict.slice(-6);
}

/** What a vendor wrote, with its own offset (`Z`: `+00:00`; none: Paris); undefined when it names no instant. */
export function rewriteInstant(written: unknown): string | undefined {
  const instant = typeof written === 'string' ? parseInstant(written) : undefined;
  return instant === undefined ? undefined : writeInstant(instant.ms, instant.offsetMinutes);
}

// A whole answer that its caller reads at his own pace, but not at any: one who does not read is cut, and what was held for
// him is free. Progressive answers have their own writer (worker/fhir/progressive-answer.ts) over the same bounds.

import { within } from '../../shared/deadline.ts';
import { pendingBytes } from '../base/callers/pending-bytes.ts';
import { log } from '../base/log.ts';

/** A shorter answer is the kernel's at once. Characters, or bytes. */
export const PACED_LENGTH_MIN = 64 * 1024;
/** Each is taken whole. */
export const CHUNK_BYTES = 64 * 1024;
/** One who takes nothing for so long does not read. */
export const STALL_MS = 10_000;
/** Slower on the whole is no line of anybody's: 512 kbit/s, once the first seconds are over. */
const BYTES_PER_MS_MIN = 64;

/** What it needs of the request. */
export interface Reader {
  readonly request: Request;
  readonly requestId: string;
  /** As in RequestContext. */
  readonly callerKey: string | undefined;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** The body of a response, at its reader's pace; none for HEAD. */
export function pacedBody(bytes: Uint8Array, reader: Reader): BodyInit | null {
  const { request, waitUntil } = reader;
  if (request.method === 'HEAD') return null;
  const { readable, writable } = new FixedLengthStream(bytes.length);
  waitUntil(send(bytes, writable, reader));
  return readable;
}

/** Why an answer that was under way is cut: its caller takes nothing, or too slowly; or it gave way to others. */
export type CutReason = 'stalled' | 'room';

/** The caller sees a broken connection; this line says why. */
export function logCut(requestId: string, reason: CutReason): void {
  log('warn', 'answer-cut', { requestId, reason });
}

/** Never rejects: a reader who has gone, or was cut, is no error. */
async function send(
  bytes: Uint8Array,
  writable: WritableStream<Uint8Array>,
  { requestId, callerKey = '' }: Pick<Reader, 'requestId' | 'callerKey'>,
): Promise<void> {
  const writer = writable.getWriter();
  const startedMs = Date.now();
  const cut = (reason: CutReason): void => {
    logCut(requestId, reason);
    writer.abort(new Error('slow reader')).catch(() => undefined);
  };
  const held = pendingBytes.hold(callerKey, () => cut('room'), startedMs);
  const endMs = startedMs + STALL_MS + bytes.length / BYTES_PER_MS_MIN;
  try {
    held.add(bytes.length, startedMs);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      const waitMs = Math.min(STALL_MS, endMs - Date.now());
      if (
        await within(
          writer.write(chunk).then(() => false),
          waitMs,
          () => true,
        )
      )
        return cut('stalled');
      held.take(chunk.length, Date.now());
    }
    await within(writer.close(), STALL_MS, () => cut('stalled'));
  } catch {
    // The reader has left.
  } finally {
    held.end();
  }
}

// One revocation list over HTTP, whole and within its bounds. No redirection is followed: the address comes from a
// certificate or from the settings, and nobody else may send the relay elsewhere. Called by fetch-lists.ts.

import { readBounded } from '../../shared/bounded-bytes.ts';
import { err, ok, type Result } from '../../shared/result.ts';

const TIMEOUT_MS = 20_000;
/** A list of a million certificates is about 40 MB. */
const BYTES_MAX = 64 * 1024 * 1024;

export interface DownloadFailure {
  readonly reason: 'unreachable' | 'timeout' | 'status' | 'too-large';
  /** Node's code of `unreachable`, the HTTP status of `status`. */
  readonly detail?: string;
}

/** The body of a 200, or why there is none; never throws. Obeys Node's `NODE_USE_ENV_PROXY` and its proxy variables. */
export async function download(
  url: string,
  timeoutMs = TIMEOUT_MS,
): Promise<Result<Buffer, DownloadFailure>> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/pkix-crl, application/x-pkcs7-crl;q=0.9, */*;q=0.1' },
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      return err({ reason: 'status', detail: String(response.status) });
    }
    const bytes = await readBounded(response.body, BYTES_MAX);
    return bytes === undefined ? err({ reason: 'too-large' }) : ok(Buffer.from(bytes.buffer));
  } catch (error) {
    const { name, cause } = error as Error;
    if (name === 'TimeoutError') return err({ reason: 'timeout' });
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    return err({ reason: 'unreachable', ...(code !== undefined && { detail: code }) });
  }
}

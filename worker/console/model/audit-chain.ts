// The chain of the console's audit: each entry carries the hash of the one before, so that a line that was changed, or taken
// out, or put in, is found by whoever holds an export. Read by the Worker and by `npm run audit-verify`. No I/O.

import { sha256Hex } from '../../../shared/hash.ts';

/** One act, or one reading of personal data. No field names a person but `actor`, as his issuer calls him. */
export interface AuditEntry {
  /** One more than that of the entry before. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly actor: string;
  readonly act: string;
  readonly target: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  readonly requestId: string;
  /** Hash of the entry before; empty: there was none. */
  readonly previous: string;
  readonly hash: string;
}

/** What an entry's hash is to be: SHA-256, hexadecimal. */
export function hashEntry(entry: Omit<AuditEntry, 'hash'>): Promise<string> {
  const { id, atMs, actor, act, target, before, after, reason, requestId, previous } = entry;
  return sha256Hex(
    JSON.stringify([id, atMs, actor, act, target, before, after, reason, requestId, previous]),
  );
}

/** What is wrong with a list of entries, oldest first, in French; undefined: the chain holds. */
export async function findBreak(entries: readonly AuditEntry[]): Promise<string | undefined> {
  let before: AuditEntry | undefined;
  for (const entry of entries) {
    if ((await hashEntry(entry)) !== entry.hash) return `la ligne ${entry.id} a été changée`;
    if (before !== undefined && entry.id !== before.id + 1) {
      return `entre les lignes ${before.id} et ${entry.id} il en manque`;
    }
    if (before !== undefined && entry.previous !== before.hash) {
      return `la ligne ${entry.id} ne suit pas la ligne ${before.id}`;
    }
    before = entry;
  }
  return undefined;
}

// `fetch-crl`: brings the newest revocation list of every authority of the settings into its files. A list is believed
// only when its authority signed it, it is whole, in force now, and not older than what stands there or has served; what
// stands there stays otherwise. The running relay sees the file change and reads it. Called by main.ts. docs/relay.md.

import type { RelayConfig } from '../base/config.ts';
import { writeDurably } from '../base/durable-file.ts';
import type { Problem } from '../base/problem.ts';
import { type HeldList, isOfOneAge, isOlder, newestOf } from '../certificates/held-lists.ts';
import { ListMarks, SUPERSEDED } from '../certificates/list-marks.ts';
import { writePem } from '../certificates/revocation-list.ts';
import { download } from './download.ts';
import { type AuthorityOutcome, readFetchReport, writeFetchReport } from './fetch-report.ts';
import { type FileNeed, findNeeds, readLists, type SignedList } from './list-needs.ts';

/** What one address gave. */
interface AddressOutcome {
  readonly url: string;
  /** Undefined when it gave a list that may serve. */
  readonly reason?: FetchFailure;
  /** Node's code, an HTTP status, or our own sentence: never a text from outside. */
  readonly detail?: string;
}

/** `refused`: bytes came, and no list among them may serve; `no-url`: no certificate and no setting names an address. */
type FetchFailure = 'unreachable' | 'timeout' | 'status' | 'too-large' | 'refused' | 'no-url' | 'unwritable';

export interface Fetched {
  readonly authorities: readonly AuthorityOutcome[];
  readonly addresses: readonly AddressOutcome[];
  readonly problems: readonly Problem[];
}

/** Asks every address at once; resolves when the files and the report (fetch-report.ts) are written. Never throws. */
export async function fetchLists(config: RelayConfig, now: () => number): Promise<Fetched> {
  const needs = findNeeds(config, now());
  const wanted = new Set(needs.files.flatMap(({ keyIds }) => [...keyIds]));
  const ofKeys = [...needs.urls].flatMap(([keyId, urls]) => (wanted.has(keyId) ? urls : []));
  const urls = [...new Set([...ofKeys, ...config.crlUrls])];
  const bodies = await Promise.all(urls.map(async (url) => ({ url, body: await download(url) })));
  const marks = ListMarks.open(config.stateFolder);
  const nowMs = now();
  const came = new Map<string, 'fetched' | 'unchanged' | 'unwritable'>();
  const refusals = new Map<string, string>();
  const useful = new Set<string>();
  for (const file of needs.files) {
    const sound: SignedList[] = [];
    for (const { url, body } of bodies) {
      if (!body.ok) continue;
      for (const list of readLists(body.value, file.authorities)) {
        const refusal = typeof list === 'string' ? list : judge(list.held, file, marks, nowMs);
        if (refusal !== undefined) refusals.set(url, refusal);
        else if (typeof list !== 'string' && file.keyIds.has(list.held.keyId)) {
          useful.add(url);
          sound.push(list);
        }
      }
    }
    for (const [keyId, what] of replace(file, sound, nowMs)) {
      if (rank(what) > rank(came.get(keyId))) came.set(keyId, what);
    }
  }
  const addresses = bodies.map(({ url, body }): AddressOutcome => {
    if (!body.ok) return { url, ...body.error };
    if (useful.has(url)) return { url };
    const detail = refusals.get(url) ?? 'ne contient aucune liste de révocation (PEM ou DER)';
    return { url, reason: 'refused', detail };
  });
  const before = readFetchReport(config.stateFolder);
  const authorities = [...wanted].map((keyId): AuthorityOutcome => {
    const what = came.get(keyId);
    const name = needs.names.get(keyId) ?? '';
    const last = before.find((one) => one.keyId === keyId)?.succeeded;
    if (what !== undefined && what !== 'unwritable') {
      return { name, keyId, outcome: what, succeeded: new Date(nowMs).toISOString() };
    }
    const own = needs.urls.get(keyId) ?? config.crlUrls;
    const failed = addresses.find(({ url, reason }) => reason !== undefined && own.includes(url));
    const reason = what ?? failed?.reason ?? 'no-url';
    return { name, keyId, outcome: 'failed', reason, ...(last !== undefined && { succeeded: last }) };
  });
  return { authorities, addresses, problems: [...needs.problems, ...report(config, authorities)] };
}

/** Why a list signed by its authority may not serve here now; undefined when it may. */
function judge(held: HeldList, file: FileNeed, marks: ListMarks, nowMs: number): string | undefined {
  if (held.thisUpdateMs > nowMs) return "la liste n'est pas encore valable";
  if ((held.nextUpdateMs ?? 0) <= nowMs) return 'la liste est périmée';
  const present = file.present.filter((one) => one.held.keyId === held.keyId);
  if (present.some((one) => isOlder(held, one.held))) {
    return 'la liste est plus ancienne que celle qui sert';
  }
  // Marks that are lost believe nothing at all: a new list is then what an operator needs.
  if (marks.problems.length > 0) return undefined;
  const isPast = file.scopes.some(
    (scope) => marks.scoped(scope).choose([held], nowMs).get(held.keyId)?.isSuperseded === true,
  );
  return isPast ? SUPERSEDED : undefined;
}

/** Writes the file when one of its lists is newer than what stands there; tells each key that a sound list came for. */
function replace(
  file: FileNeed,
  sound: readonly SignedList[],
  nowMs: number,
): ReadonlyMap<string, 'fetched' | 'unchanged' | 'unwritable'> {
  const newest = newestOf(
    sound.map(({ held }) => held),
    nowMs,
  );
  const isThere = (held: HeldList): boolean =>
    file.present.some((one) => one.held.keyId === held.keyId && isOfOneAge(one.held, held));
  const changed = [...newest.values()].filter((held) => !isThere(held));
  const told = new Map<string, 'fetched' | 'unchanged' | 'unwritable'>();
  for (const keyId of newest.keys()) told.set(keyId, 'unchanged');
  if (changed.length === 0) return told;
  const kept = file.present.filter(({ held }) => !changed.some(({ keyId }) => keyId === held.keyId));
  const written = [...kept, ...sound.filter(({ held }) => changed.includes(held))];
  try {
    writeDurably(file.path, written.map(({ der }) => writePem('X509 CRL', der)).join(''));
    for (const { keyId } of changed) told.set(keyId, 'fetched');
  } catch {
    for (const { keyId } of changed) told.set(keyId, 'unwritable');
  }
  return told;
}

/** What a key is told as when its files differ: the worst. */
function rank(what: 'fetched' | 'unchanged' | 'unwritable' | undefined): number {
  return what === undefined ? -1 : ['unchanged', 'fetched', 'unwritable'].indexOf(what);
}

function report(config: RelayConfig, authorities: readonly AuthorityOutcome[]): readonly Problem[] {
  try {
    writeFetchReport(config.stateFolder, authorities);
    return [];
  } catch {
    return [{ field: 'stateFolder', text: 'ne peut pas être écrit' }];
  }
}

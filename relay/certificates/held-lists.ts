// The revocation lists that are held, by the key that signed them: which of two is newer, whether one says what is
// revoked now, and what the lists say of a certificate on its way to a root. Used in both directions: for vendors'
// servers and for their certificates at the mTLS port. No I/O, no clock. RFC 5280 §§ 5 and 6.3, docs/guide.md G-807.

import type { Authority, AuthorityPath, AuthorityPool } from './authority-pool.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { isSignedBy, type RevocationList } from './revocation-list.ts';
import { type ListScope, readRevokedSerials, readScope } from './revoked-serials.ts';

/** The fields by which the relay tells the newer of two lists of a key. */
export interface ListAge {
  readonly number: bigint | undefined;
  readonly thisUpdateMs: number;
}

export interface HeldList extends ListAge {
  /** Of the key that signed it: it covers every certificate of that key. */
  readonly keyId: string;
  readonly nextUpdateMs: number | undefined;
  /** Serials as in `CertificateFacts`. */
  readonly revoked: ReadonlySet<string>;
  /** A newer one has served before (list-marks.ts): stale, whatever its own dates say. */
  readonly isSuperseded?: boolean;
}

/** By key id. */
export type HeldLists = ReadonlyMap<string, HeldList>;

/** Why revocation could not be checked: refused under `hard`, accepted with an alarm under `soft`. */
export type ListTrouble = 'list-missing' | 'list-stale';

export type Revocation = 'revoked' | 'issuer-revoked' | ListTrouble;

/** Under the key that signed it, whatever name it bears; a text says why it is none of these authorities'. */
export function holdList(
  list: RevocationList | undefined,
  authorities: readonly Authority[],
): HeldList | string {
  if (list === undefined) return "n'est pas une liste de révocation entière";
  const named = ({ facts }: Authority): boolean => facts.subject === list.issuer;
  const tried = authorities.toSorted((a, b) => Number(named(b)) - Number(named(a)));
  const authority = tried.find(({ key }) => isSignedBy(list, key));
  if (authority === undefined) {
    return authorities.some(named)
      ? "la liste n'est pas signée par son autorité"
      : "la liste n'est celle d'aucune autorité de caFile";
  }
  const revoked = readRevokedSerials(list);
  if (revoked === undefined) return 'la liste est partielle ou illisible';
  if (!isAboutChildren(readScope(list), authority, authorities)) {
    return 'la liste ne porte pas sur les certificats que son autorité émet ici';
  }
  const { number, thisUpdateMs, nextUpdateMs } = list;
  return { keyId: authority.keyId, number, thisUpdateMs, nextUpdateMs, revoked };
}

/** A list of authorities says nothing of leaves, and the other way round: taken for the whole it would revoke too little. */
function isAboutChildren(scope: ListScope, signer: Authority, authorities: readonly Authority[]): boolean {
  if (scope === 'all') return true;
  const issuesAuthorities = authorities.some(
    ({ keyId, facts }) => keyId !== signer.keyId && facts.issuer === signer.facts.subject,
  );
  return issuesAuthorities === (scope === 'authorities');
}

/** By its date; two of one second by their number. */
export function isOlder(one: ListAge, other: ListAge): boolean {
  if (one.thisUpdateMs !== other.thisUpdateMs) return one.thisUpdateMs < other.thisUpdateMs;
  return one.number !== undefined && other.number !== undefined && one.number < other.number;
}

/** Neither list is newer than the other. */
export function isOfOneAge(one: ListAge, other: ListAge): boolean {
  return !isOlder(one, other) && !isOlder(other, one);
}

/**
 * The newest of each key; one that is not valid yet waits while there is another. `begunMs`: what has served before, by key
 * id, shows that it was that late already, also when the clock was set back since.
 */
export function newestOf(
  lists: Iterable<HeldList>,
  nowMs: number,
  begunMs: (keyId: string) => number | undefined = () => undefined,
): Map<string, HeldList> {
  const newest = new Map<string, HeldList>();
  for (const list of lists) {
    const held = newest.get(list.keyId);
    if (held === undefined || isPreferred(list, held, Math.max(nowMs, begunMs(list.keyId) ?? nowMs)))
      newest.set(list.keyId, list);
  }
  return newest;
}

function isPreferred(list: HeldList, held: HeldList, nowMs: number): boolean {
  const [begins, began] = [list.thisUpdateMs <= nowMs, held.thisUpdateMs <= nowMs];
  return begins === began ? !isOlder(list, held) : begins;
}

/** Whether a list says what is revoked now: `thisUpdate` ≤ now < `nextUpdate`, and none newer has served. */
export function troubleOf(list: HeldList | undefined, nowMs: number): ListTrouble | undefined {
  if (list === undefined) return 'list-missing';
  if (list.isSuperseded === true) return 'list-stale';
  const isFresh = list.thisUpdateMs <= nowMs && nowMs < (list.nextUpdateMs ?? 0);
  return isFresh ? undefined : 'list-stale';
}

/** A list past its date still refuses what it revokes. */
export function judgeRevocation(
  leaf: CertificateFacts,
  path: AuthorityPath,
  lists: HeldLists,
  nowMs: number,
): Revocation | undefined {
  let trouble: ListTrouble | undefined;
  let facts = leaf;
  for (const authority of path) {
    const list = lists.get(authority.keyId);
    if (list?.revoked.has(facts.serial)) return facts === leaf ? 'revoked' : 'issuer-revoked';
    trouble ??= troubleOf(list, nowMs);
    facts = authority.facts;
  }
  return trouble;
}

/** One of each key that still has a certificate in force: the others issue nothing that could be accepted. */
export function needingLists(authorities: readonly Authority[], nowMs: number): readonly Authority[] {
  const current = authorities.filter(({ facts }) => facts.notAfterMs >= nowMs);
  return [...new Map(current.map((one) => [one.keyId, one])).values()];
}

/** `some`: what one key issued is refused for want of a list; `none`: no intermediate has lists all the way up. */
export function coverage(pool: AuthorityPool, lists: HeldLists, nowMs: number): 'whole' | 'some' | 'none' {
  const needing = needingLists(pool.all, nowMs);
  if (needing.every(({ keyId }) => lists.has(keyId))) return 'whole';
  const isCovered = (path: AuthorityPath): boolean => path.every(({ keyId }) => lists.has(keyId));
  const issuing = needing.filter(({ keyId }) => !pool.isRootKey(keyId));
  const from = issuing.length === 0 ? needing : issuing;
  return from.some((one) => pool.pathsOf(one).some(isCovered)) ? 'some' : 'none';
}

// The revocation lists of `listen.crlFiles`, read one file at a time: a file that is broken, foreign, not valid
// yet or older than what serves leaves what serves in place, and costs the other files nothing. mtls.md § 6.

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Authority } from './inbound-authorities.ts';
import { type HeldList, troubleOf } from './inbound-trust.ts';
import type { Problem } from './problem.ts';
import { isSignedBy, type RevocationList, readBlocks, readRevocationList } from './revocation-list.ts';
import { readRevokedSerials } from './revoked-serials.ts';

export interface ListFile {
  readonly path: string;
  readonly digest: string;
  readonly lists: readonly HeldList[];
}

export interface ListsLoaded {
  readonly files: readonly ListFile[];
  /** By authority id, the newest of each. */
  readonly lists: ReadonlyMap<string, HeldList>;
  readonly problems: readonly Problem[];
}

/** A list that no file gives any more is kept as well: it can only grow stale. */
export function loadLists(
  paths: readonly string[],
  authorities: readonly Authority[],
  previous: Pick<ListsLoaded, 'files' | 'lists'> | undefined,
  nowMs: number,
): ListsLoaded {
  const problems: Problem[] = [];
  const files = paths.flatMap((path, index): readonly ListFile[] => {
    const old = previous?.files.find((one) => one.path === path);
    const reading = new Reading(authorities, old, nowMs);
    const file = reading.read(path);
    for (const { text, dated } of reading.faults) {
      problems.push({ field: `listen.crlFiles[${index}]`, text, ...(dated && { dated }) });
    }
    const kept = file ?? old;
    return kept === undefined ? [] : [kept];
  });
  const served = new Set(authorities.map(({ id }) => id));
  const lists = new Map([...(previous?.lists ?? [])].filter(([id]) => served.has(id)));
  for (const list of files.flatMap((file) => file.lists)) {
    const { id } = list.authority;
    const other = lists.get(id);
    const isOlder = other !== undefined && list.thisUpdateMs < other.thisUpdateMs;
    if (served.has(id) && !isOlder) lists.set(id, list);
  }
  return { files, lists, problems };
}

class Reading {
  readonly faults: { readonly text: string; readonly dated: boolean }[] = [];
  readonly #authorities: readonly Authority[];
  readonly #old: ListFile | undefined;
  readonly #nowMs: number;

  constructor(authorities: readonly Authority[], old: ListFile | undefined, nowMs: number) {
    this.#authorities = authorities;
    this.#old = old;
    this.#nowMs = nowMs;
  }

  /** Undefined when the old one must stay. */
  read(path: string): ListFile | undefined {
    let content: Buffer;
    try {
      content = readFileSync(path);
    } catch {
      return this.#refuse('ne peut pas être lu');
    }
    const digest = `${hash('sha256', content, 'hex')} ${this.#authorities.map(({ id }) => id).join(' ')}`;
    const blocks = digest === this.#old?.digest ? undefined : readBlocks(content, /^X509 CRL$/);
    if (blocks?.length === 0) return this.#refuse('ne contient aucune liste de révocation (PEM ou DER)');
    const lists = blocks === undefined ? (this.#old?.lists ?? []) : this.#readAll(blocks);
    if (lists === undefined) return undefined;
    if (lists.some((list) => troubleOf(list, this.#nowMs)))
      this.#report('la liste est périmée ou pas encore valable', true);
    return { path, digest, lists };
  }

  #readAll(blocks: readonly Buffer[]): readonly HeldList[] | undefined {
    const lists: HeldList[] = [];
    for (const block of blocks) {
      const list = this.#hold(readRevocationList(block));
      if (list === undefined) return undefined;
      lists.push(list);
    }
    return lists;
  }

  #hold(list: RevocationList | undefined): HeldList | undefined {
    if (list === undefined) return this.#refuse("n'est pas une liste de révocation entière");
    const named = this.#authorities.filter(({ facts }) => facts.subject.equals(list.issuer));
    if (named.length === 0) return this.#refuse("la liste n'est celle d'aucune autorité de caFile");
    // An algorithm that is not known to be strong proves nothing here.
    const authority = named.find(({ key }) => list.digest !== undefined && isSignedBy(list, key));
    if (authority === undefined) return this.#refuse("la liste n'est pas signée par son autorité");
    const revoked = readRevokedSerials(list);
    if (revoked === undefined) return this.#refuse('la liste est partielle ou illisible');
    const { thisUpdateMs, nextUpdateMs } = list;
    const old = this.#old?.lists.find((one) => one.authority.id === authority.id);
    if (old !== undefined && thisUpdateMs < old.thisUpdateMs) {
      return this.#refuse('la liste est plus ancienne que celle qui sert');
    }
    if (old !== undefined && thisUpdateMs > this.#nowMs)
      return this.#refuse("la liste n'est pas encore valable");
    return { authority, thisUpdateMs, nextUpdateMs, revoked };
  }

  #refuse(text: string): undefined {
    this.#report(text, false);
    return undefined;
  }

  #report(text: string, dated: boolean): void {
    this.faults.push({ text, dated });
  }
}

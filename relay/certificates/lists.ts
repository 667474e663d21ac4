// The revocation lists of `listen.crlFiles`, read one file at a time: a file that is broken, foreign, not valid
// yet or older than what serves leaves what serves in place, and costs the other files nothing. docs/guide.md G-807.

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Problem } from '../base/problem.ts';
import type { Authority, AuthorityPool } from './authority-pool.ts';
import {
  type HeldList,
  type HeldLists,
  holdList,
  isOfOneAge,
  isOlder,
  newestOf,
  troubleOf,
} from './held-lists.ts';
import { NO_MARKS, type ScopedMarks, SUPERSEDED } from './list-marks.ts';
import { readBlocks, readRevocationList } from './revocation-list.ts';

export interface ListFile {
  readonly path: string;
  readonly digest: string;
  readonly lists: readonly HeldList[];
}

export interface ListsLoaded {
  readonly files: readonly ListFile[];
  /** The newest of each key. */
  readonly lists: HeldLists;
  readonly problems: readonly Problem[];
}

/** A list that no file gives any more is kept as well: it can only grow stale. */
export function loadLists(
  paths: readonly string[],
  authorities: AuthorityPool,
  previous: Pick<ListsLoaded, 'files' | 'lists'> | undefined,
  nowMs: number,
  marks: ScopedMarks = NO_MARKS,
): ListsLoaded {
  const problems: Problem[] = [];
  const files = paths.map((path, index): ListFile | undefined => {
    const old = previous?.files.find((one) => one.path === path);
    const reading = new Reading(authorities.all, old, nowMs);
    const file = reading.read(path);
    for (const text of reading.faults) problems.push({ field: `listen.crlFiles[${index}]`, text });
    return file ?? old;
  });
  const served = new Set(authorities.all.map(({ keyId }) => keyId));
  const given = files.flatMap((file) => file?.lists ?? []);
  const lists = marks.choose(
    [...(previous?.lists.values() ?? []), ...given].filter(({ keyId }) => served.has(keyId)),
    nowMs,
  );
  for (const [index, file] of files.entries()) {
    // A list that a newer one of its key replaces may be as old as it likes.
    const chosen = (file?.lists ?? []).flatMap((one) => {
      const list = lists.get(one.keyId);
      return list !== undefined && isOfOneAge(one, list) ? [list] : [];
    });
    if (!chosen.some((list) => troubleOf(list, nowMs))) continue;
    const isPast = chosen.some((list) => list.isSuperseded);
    const text = isPast ? SUPERSEDED : 'la liste est périmée ou pas encore valable';
    problems.push({ field: `listen.crlFiles[${index}]`, text, dated: true });
  }
  return { files: files.filter((file) => file !== undefined), lists, problems };
}

class Reading {
  readonly faults: string[] = [];
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
    const keys = this.#authorities.map(({ keyId }) => keyId).join(' ');
    const digest = `${hash('sha256', content, 'hex')} ${keys}`;
    const blocks = digest === this.#old?.digest ? undefined : readBlocks(content, /^X509 CRL$/);
    if (blocks?.length === 0) return this.#refuse('ne contient aucune liste de révocation (PEM ou DER)');
    const lists = blocks === undefined ? (this.#old?.lists ?? []) : this.#readAll(blocks);
    return lists && { path, digest, lists };
  }

  #readAll(blocks: readonly Buffer[]): readonly HeldList[] | undefined {
    const lists: HeldList[] = [];
    for (const block of blocks) {
      const held = holdList(readRevocationList(block), this.#authorities);
      if (typeof held === 'string') return this.#refuse(held);
      lists.push(held);
    }
    const old = newestOf(this.#old?.lists ?? [], this.#nowMs);
    for (const [keyId, list] of newestOf(lists, this.#nowMs)) {
      const before = old.get(keyId);
      if (before === undefined) continue;
      if (isOlder(list, before)) return this.#refuse('la liste est plus ancienne que celle qui sert');
      if (list.thisUpdateMs > this.#nowMs) return this.#refuse("la liste n'est pas encore valable");
    }
    return lists;
  }

  #refuse(text: string): undefined {
    this.faults.push(text);
    return undefined;
  }
}

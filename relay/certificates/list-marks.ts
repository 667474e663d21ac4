// The newest revocation list that ever counted, by where it serves and whose key signed it, kept in the relay's state
// folder: a list from before it is a replay, also after a restart and under a clock that was set back. Two copies; a
// damaged one is named and the other serves; when none can be read no list is believed. docs/relay.md "Les repères".

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeDurably } from '../base/durable-file.ts';
import type { Problem } from '../base/problem.ts';
import { type HeldList, type HeldLists, isOlder, type ListAge, newestOf } from './held-lists.ts';

const FIELD = 'stateFolder';
const MARK_FILES = ['list-marks.json', 'list-marks.copy.json'] as const;
/** A mark that nothing has renewed for so long is forgotten: what it stands for is long past its own date. */
const FORGOTTEN_MS = 3 * 366 * 86_400_000;

/** Of a list that a newer one has replaced once. */
export const SUPERSEDED = 'la liste est plus ancienne qu’une autre qui a déjà servi';
const NONE_BELIEVED = 'aucune liste n’est crue';
/** When no copy serves: by what is wrong with them. One that is only forbidden may still be sound. */
const LOST = {
  damaged:
    `les repères des listes de révocation sont illisibles ou abîmés : ${NONE_BELIEVED} ; vérifier que les listes ` +
    `sont les dernières, supprimer ${MARK_FILES.join(' et ')}, puis faire relire le relais`,
  forbidden:
    `les repères des listes de révocation ne peuvent pas être lus (droits de stateFolder) : ${NONE_BELIEVED} ; rendre ` +
    `${MARK_FILES.join(' et ')} lisibles au relais, puis faire relire le relais`,
} as const;
const ONE = {
  damaged: 'est illisible ou abîmé ; l’autre copie sert',
  forbidden: 'ne peut pas être lu (droits de stateFolder) ; l’autre copie sert',
} as const;

const age = v.strictObject({
  thisUpdate: v.pipe(v.string(), v.isoTimestamp()),
  number: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]+$/))),
});
/** The scope of the mTLS port's lists. */
export const LISTEN_SCOPE = 'listen';
/** The scope of Hub Santé's lists. */
export const HUB_SANTE_SCOPE = 'hub-sante';
/** The scope of one vendor's lists. */
export const scopeOf = (vendor: string): string => `editors/${vendor}`;

/** By scope, then by key id. */
const marksSchema = v.record(v.string(), v.record(v.string(), age));
const fileSchema = v.strictObject({ marks: marksSchema, sum: v.string() });
type WrittenMarks = v.InferOutput<typeof marksSchema>;

/** By scope and key id, joined. */
type Marks = ReadonlyMap<string, ListAge>;

/** The marks of one set of lists: `listen`, or one vendor's. */
export interface ScopedMarks {
  /**
   * The newest list of each key, those before their mark set aside as superseded. A list that began once has begun for
   * good, whatever the clock says now.
   */
  choose(lists: Iterable<HeldList>, nowMs: number): HeldLists;
}

/** For those who judge files alone, without a relay's past. */
export const NO_MARKS: ScopedMarks = { choose: newestOf };

/** The marks that one relay process knows, and the two files that keep them. */
export class ListMarks {
  readonly #folder: string;
  #marks: Marks = new Map();
  #isLost = false;
  #unread: readonly (readonly [name: string, why: Unread])[] = [];
  #isUnwritten = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what earlier starts left; never throws. */
  static open(folder: string): ListMarks {
    const marks = new ListMarks(folder);
    marks.read();
    return marks;
  }

  /** None of these keeps a relay from starting: what they cost is the lists, when all is lost. */
  get problems(): readonly Problem[] {
    const isForbidden = this.#unread.some(([, why]) => why === 'forbidden');
    const texts = this.#isLost
      ? [LOST[isForbidden ? 'forbidden' : 'damaged']]
      : this.#unread.map(([name, why]) => `${name} ${ONE[why]}`);
    if (this.#isUnwritten) {
      texts.push('ne peut pas être écrit : après un redémarrage, une liste plus ancienne serait crue');
    }
    return texts.map((text) => ({ field: FIELD, text, dated: true }));
  }

  /** Nothing was ever noted here: a first start, or a folder that was emptied. */
  get isEmpty(): boolean {
    return !this.#isLost && this.#marks.size === 0;
  }

  /** Reads again: an operator may have taken damaged files away, another relay may have noted a newer list. */
  read(): void {
    const copies = MARK_FILES.map((name) => [name, readCopy(join(this.#folder, name))] as const);
    this.#unread = copies.flatMap(([name, copy]) =>
      copy === 'damaged' || copy === 'forbidden' ? [[name, copy] as const] : [],
    );
    const found = copies.flatMap(([, copy]) => (typeof copy === 'string' ? [] : [copy]));
    // The process keeps the marks that it knows, also when its files are lost.
    this.#isLost = found.length === 0 && this.#unread.length > 0 && this.#marks.size === 0;
    this.#marks = found.reduce<Marks>(newerOf, this.#marks);
  }

  scoped(scope: string): ScopedMarks {
    return { choose: (lists, nowMs) => this.#choose(scope, lists, nowMs) };
  }

  /** What serves from now on, by scope. Only a list that has begun raises a mark. Writes when there is news; never throws. */
  note(served: ReadonlyMap<string, HeldLists>, nowMs: number): void {
    if (this.#isLost) return;
    this.read();
    const news = [...served].flatMap(([scope, lists]) =>
      [...lists.values()]
        .filter((list) => list.isSuperseded !== true && list.thisUpdateMs <= nowMs)
        .map((list): [string, ListAge] => [keyOf(scope, list.keyId), list]),
    );
    this.#marks = newerOf(this.#marks, new Map(news));
    const kept = new Map(
      [...this.#marks].filter(([, { thisUpdateMs }]) => thisUpdateMs > nowMs - FORGOTTEN_MS),
    );
    const text = write(kept);
    if (kept.size === 0 || this.#isWritten(text)) return;
    try {
      for (const name of MARK_FILES) writeDurably(join(this.#folder, name), text);
      this.#unread = [];
      this.#isUnwritten = false;
    } catch {
      this.#isUnwritten = true;
    }
  }

  /** What the files say, not what this process last wrote: another relay may share the folder. */
  #isWritten(text: string): boolean {
    try {
      return MARK_FILES.every((name) => readFileSync(join(this.#folder, name), 'utf8') === text);
    } catch {
      return false;
    }
  }

  #choose(scope: string, lists: Iterable<HeldList>, nowMs: number): HeldLists {
    const markOf = (keyId: string): ListAge | undefined => this.#marks.get(keyOf(scope, keyId));
    const newest = newestOf(lists, nowMs, (keyId) => markOf(keyId)?.thisUpdateMs);
    return new Map(
      [...newest].map(([keyId, list]) => {
        const mark = markOf(keyId);
        const isPast = this.#isLost || (mark !== undefined && isOlder(list, mark));
        return [keyId, isPast === (list.isSuperseded ?? false) ? list : { ...list, isSuperseded: isPast }];
      }),
    );
  }
}

const keyOf = (scope: string, keyId: string): string => `${scope} ${keyId}`;

function newerOf(one: Marks, other: Marks): Marks {
  const marks = new Map(one);
  for (const [key, { thisUpdateMs, number }] of other) {
    const known = marks.get(key);
    if (known === undefined || isOlder(known, { thisUpdateMs, number }))
      marks.set(key, { thisUpdateMs, number });
  }
  return marks;
}

type Unread = 'damaged' | 'forbidden';

function readCopy(file: string): Marks | 'absent' | Unread {
  try {
    const { marks, sum } = v.parse(fileSchema, JSON.parse(readFileSync(file, 'utf8')));
    if (sum !== sumOf(marks)) return 'damaged';
    const read = Object.entries(marks).flatMap(([scope, keys]) =>
      Object.entries(keys).map(([keyId, { thisUpdate, number }]): [string, ListAge] => [
        keyOf(scope, keyId),
        {
          thisUpdateMs: Date.parse(thisUpdate),
          number: number === undefined ? undefined : BigInt(`0x${number}`),
        },
      ]),
    );
    return new Map(read);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return 'forbidden';
    return code === 'ENOENT' ? 'absent' : 'damaged';
  }
}

function write(marks: Marks): string {
  const written: WrittenMarks = {};
  for (const [key, { thisUpdateMs, number }] of [...marks].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [scope = '', keyId = ''] = key.split(' ');
    written[scope] ??= {};
    written[scope][keyId] = {
      thisUpdate: new Date(thisUpdateMs).toISOString(),
      ...(number !== undefined && { number: number.toString(16) }),
    };
  }
  return `${JSON.stringify({ marks: written, sum: sumOf(written) }, null, 1)}\n`;
}

/** A disk's mistake is found by it; whoever may write the folder is believed. */
function sumOf(marks: WrittenMarks): string {
  return createHash('sha256').update(JSON.stringify(marks)).digest('hex');
}

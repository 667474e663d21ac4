// What the gate remembers of the databases, in a storage that is not theirs: who each is, how many writes it had
// acknowledged, and what is the matter with it. Part of gate.ts.

import {
  isLoss,
  lossOf,
  type StoreMark,
  type StoreMemory,
  type StoreName,
  type StoreWord,
} from './stores.ts';

const keyOf = (name: StoreName): string => `store/${name}`;

/** See StoreMemory. `storage`: the gate's own. */
export class StoreMarks implements StoreMemory {
  readonly #storage: DurableObjectStorage;
  readonly #known = new Map<StoreName, StoreWord>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async storeWord(name: StoreName): Promise<StoreWord> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const read = (await this.#storage.get<StoreWord>(keyOf(name))) ?? { mark: undefined, ill: undefined };
    // Another call may have read it meanwhile, and told more.
    return this.#known.get(name) ?? this.#remember(name, read);
  }

  async tellStore(...[name, found, what]: Parameters<StoreMemory['tellStore']>): Promise<StoreWord> {
    const before = await this.storeWord(name);
    const isWhole = found !== undefined && lossOf(before.mark, found) === undefined;
    // A writer that has not heard of the loss does not end it: what was there must be there again.
    const now = what ?? (isLoss(before.ill?.what) && !isWhole ? before.ill?.what : undefined);
    const ill =
      now === undefined
        ? undefined
        : { what: now, sinceMs: before.ill?.what === now ? before.ill.sinceMs : Date.now() };
    const mark = isLoss(now) ? before.mark : higher(before.mark, found);
    if (mark === before.mark && ill?.what === before.ill?.what) return before;
    return this.#write(name, { ...before, mark, ill });
  }

  async acceptStore(...[name, found, accepted]: Parameters<StoreMemory['acceptStore']>): Promise<void> {
    await this.#write(name, { mark: found, ill: undefined, ...(accepted && { accepted }) });
  }

  /** What only a fault changes is not worth its own failure: the disk that is full may be the gate's too. */
  async #write(name: StoreName, word: StoreWord): Promise<StoreWord> {
    const isMarkKnown = this.#known.get(name)?.mark === word.mark;
    this.#remember(name, word);
    const written = this.#storage.put(keyOf(name), word, { allowUnconfirmed: isMarkKnown });
    if (isMarkKnown) written.catch(() => undefined);
    else await written;
    return word;
  }

  #remember(name: StoreName, word: StoreWord): StoreWord {
    this.#known.set(name, word);
    return word;
  }
}

/** Words of the same database may come out of order. Another one is taken only by an operator, or as the first. */
function higher(known: StoreMark | undefined, found: StoreMark | undefined): StoreMark | undefined {
  if (found === undefined || known === undefined) return known ?? found;
  return found.identity === known.identity && found.writes > known.writes ? found : known;
}

// What a database is held against, and what becomes of it: pure, for worker/store/loss.ts, which reads the databases, and
// worker/gate/store-marks.ts, which remembers elsewhere what they were. docs/storage.md "Loss".

/** Bindings by the names that docs/storage.md gives the databases. */
export const DATABASES = { core: 'DB', appointments: 'APPOINTMENTS', cache: 'CACHE' } as const;
export type StoreName = keyof typeof DATABASES;
export const STORE_NAMES = Object.keys(DATABASES) as readonly StoreName[];

/** As the database's own table has it: `core_mark`, `appointments_mark`, `cache_mark`. */
export interface StoreMark {
  /** Random, of this very database. */
  readonly identity: string;
  /** Acknowledged so far; never fewer. */
  readonly writes: number;
}

/** Writes that were acknowledged are not there any more, or nobody can tell. */
export type Loss = 'emptied' | 'replaced' | 'rolled-back';
/** It takes no writes, or cannot be read, and says why. */
export type ToldFault = 'full' | 'read-only' | 'damaged';
export type Fault = ToldFault | 'unreachable';

export const isTold = (ill: Loss | Fault | undefined): ill is ToldFault =>
  ill === 'full' || ill === 'read-only' || ill === 'damaged';

export const isLoss = (ill: Loss | Fault | undefined): ill is Loss =>
  ill === 'emptied' || ill === 'replaced' || ill === 'rolled-back';

/** What is the matter with one database, since when. */
interface StoreIll {
  readonly what: Loss | Fault;
  readonly sinceMs: number;
}

/** An operator's decision. */
export interface StoreAcceptance {
  readonly atMs: number;
  /** worker/http/operator.ts. */
  readonly operator: string;
  /** In the operator's words: for operators, never for the log. */
  readonly reason: string;
}

/** The gate's word about one database. */
export interface StoreWord {
  /** The highest that was ever acknowledged; undefined: it was never seen. */
  readonly mark: StoreMark | undefined;
  readonly ill: StoreIll | undefined;
  /** By whom it was last taken as it then was. */
  readonly accepted?: StoreAcceptance;
}

/** The gate, as far as it remembers databases. Every call rejects when it cannot be reached. */
export interface StoreMemory {
  storeWord(name: StoreName): Promise<StoreWord>;
  /** What was found, and read after `storeWord` had answered; undefined `found`: it could not be read. */
  tellStore(
    name: StoreName,
    found: StoreMark | undefined,
    what: Loss | Fault | undefined,
  ): Promise<StoreWord>;
  /** An operator takes the database as it is now; whatever it was before is forgotten. */
  acceptStore(name: StoreName, found: StoreMark, accepted?: StoreAcceptance): Promise<void>;
}

/** `found`: `absent` without the table, for a database that is empty, or older than this code. */
export function lossOf(known: StoreMark | undefined, found: StoreMark | 'absent'): Loss | undefined {
  if (known === undefined) return undefined;
  if (found === 'absent') return 'emptied';
  if (found.identity !== known.identity) return found.writes === 0 ? 'emptied' : 'replaced';
  return found.writes < known.writes ? 'rolled-back' : undefined;
}

const FAULTS: readonly (readonly [ToldFault, RegExp])[] = [
  ['full', /SQLITE_FULL|disk is full|maximum DB size/i],
  ['read-only', /SQLITE_READONLY|readonly database/i],
  ['damaged', /SQLITE_(?:CORRUPT|NOTADB|IOERR|CANTOPEN)|malformed|not a database|disk I\/O error/i],
];

/** What a database's own words say of it; undefined: something else, or nothing for long. */
export function faultIn(words: string): ToldFault | undefined {
  return FAULTS.find(([, pattern]) => pattern.test(words))?.[0];
}

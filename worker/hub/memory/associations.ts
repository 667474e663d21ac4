// The SOS associations that the hub knows: those that the operator lists, and which ones each vendor has shown slots of. A
// card of the front with only a SIRET is searched when it is one of them; an appointment that names none may be of one that
// its vendor serves and that was not asked for. Some hundred, in memory and in the Durable Object's SQLite; D1 is their
// record, read behind. docs/appointments.md § 6, docs/guide.md G-915.

import { log } from '../../base/log.ts';
import { listKnownAssociations, type SeenPair } from '../../store/interfaced.ts';

/** What D1 knows of that the hub was not told. */
const EVERY_MS = 3_600_000;
/** In the place of a vendor: the operator's list. */
const LISTED = '';

/** The associations, as this hub knows them. */
export class Associations {
  readonly #storage: DurableObjectStorage;
  readonly #db: D1Database;
  readonly #byVendor = new Map<string, Set<string>>();
  /** False until D1 has been read once in this object's life, or a life before. */
  #isKnown: boolean;

  constructor(storage: DurableObjectStorage, db: D1Database) {
    this.#storage = storage;
    this.#db = db;
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS associations (vendor TEXT, siret TEXT, PRIMARY KEY (vendor, siret)) WITHOUT ROWID',
    );
    const rows = storage.sql.exec<{ vendor: string; siret: string }>(
      'SELECT vendor, siret FROM associations',
    );
    for (const { vendor, siret } of rows) this.#add(vendor, siret);
    this.#isKnown = this.#byVendor.size > 0;
  }

  /** Reads D1 now and each hour. Never rejects. */
  async begin(): Promise<void> {
    try {
      const { listed, served } = await listKnownAssociations(this.#db);
      this.noteListed(listed);
      this.noteSeen(served);
      this.#isKnown = true;
    } catch {
      log('warn', 'associations-not-read');
    }
    setTimeout(() => void this.begin(), EVERY_MS);
  }

  /** Vendors have shown slots of these. */
  noteSeen(pairs: readonly SeenPair[]): void {
    for (const { editor: vendor, subject, flow } of pairs) {
      if (flow !== 'SOS' || !this.#add(vendor, subject)) continue;
      this.#storage.sql.exec('INSERT OR IGNORE INTO associations VALUES (?1, ?2)', vendor, subject);
    }
  }

  /** The operator's list, whole. */
  noteListed(sirets: readonly string[]): void {
    const before = this.#byVendor.get(LISTED) ?? new Set();
    if (before.symmetricDifference(new Set(sirets)).size === 0) return;
    this.#byVendor.set(LISTED, new Set(sirets));
    this.#storage.sql.exec('DELETE FROM associations WHERE vendor = ?1', LISTED);
    this.#storage.sql.exec(
      'INSERT INTO associations SELECT DISTINCT ?1, value FROM json_each(?2)',
      LISTED,
      JSON.stringify(sirets),
    );
  }

  /** Prefixed SIRETs. */
  all(): string[] {
    return [...new Set([...this.#byVendor.values()].flatMap((sirets) => [...sirets]))];
  }

  /**
   * True when the vendor is known to serve an association besides those asked for; while nothing is known any may: a slot
   * shown once too often costs a click, one hidden wrongly costs a patient. `asked`: prefixed SIRETs.
   */
  servesOthers(vendor: string, asked: ReadonlySet<string>): boolean {
    return !this.#isKnown || [...(this.#byVendor.get(vendor) ?? [])].some((siret) => !asked.has(siret));
  }

  /** False when it was known. */
  #add(vendor: string, siret: string): boolean {
    const known = this.#byVendor.get(vendor) ?? new Set();
    this.#byVendor.set(vendor, known);
    if (known.has(siret)) return false;
    known.add(siret);
    return true;
  }
}

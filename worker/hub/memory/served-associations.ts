// Which SOS associations each vendor has shown slots of: an appointment that names none may be of one that was not asked
// for. Some hundred, in memory and in the Durable Object's SQLite; table `interfaced` of D1 is their record.
// docs/appointments.md § 6.

import { listServedAssociations, type SeenPair } from '../../store/interfaced.ts';

/** The associations of each vendor, as the hub knows them. */
export class ServedAssociations {
  readonly #storage: DurableObjectStorage;
  readonly #byVendor = new Map<string, Set<string>>();
  /** False until D1 has been read once in this object's life, or a life before. */
  #isKnown: boolean;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS served_associations (vendor TEXT, siret TEXT, PRIMARY KEY (vendor, siret)) WITHOUT ROWID',
    );
    const rows = storage.sql.exec<{ vendor: string; siret: string }>(
      'SELECT vendor, siret FROM served_associations',
    );
    for (const { vendor, siret } of rows) this.#add(vendor, siret);
    this.#isKnown = this.#byVendor.size > 0;
  }

  /** Of a search's fresh answers. */
  note(pairs: readonly SeenPair[]): void {
    for (const { editor: vendor, subject, flow } of pairs) {
      if (flow !== 'SOS' || !this.#add(vendor, subject)) continue;
      this.#storage.sql.exec('INSERT OR IGNORE INTO served_associations VALUES (?1, ?2)', vendor, subject);
    }
  }

  /** Takes D1's word for those that it did not know. @throws GatewayError storage-unavailable. */
  async read(db: D1Database): Promise<void> {
    this.note(await listServedAssociations(db));
    this.#isKnown = true;
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

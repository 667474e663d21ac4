// Tables `activity_days` and `activity_mark`, read: how many appointments start on each day, for everybody or by
// territory. A report reads counters, a page at a time: never appointments, however many there are.

import { guardIdempotent } from '../../store/guard.ts';
import { EVERYBODY, NO_TERRITORY } from '../model/cells.ts';

/** How many appointments start on a day, by vendor and status. */
export interface ActivityCount {
  /** YYYY-MM-DD, in Paris. */
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
  /** Only when counted by it; null: no regulator was named, was known, or had one. */
  readonly territory?: string | null;
  readonly count: number;
}

/** What a report asks. `first`, `last`: days in Paris, both included. */
export interface ActivityQuestion {
  readonly first: string;
  readonly last: string;
  /** Vendors' ids; empty: every vendor. */
  readonly vendors: readonly string[];
  readonly isByTerritory: boolean;
}

interface Row {
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
  readonly territory: string;
  readonly own_day: string;
  readonly count: number;
}

/** So few that whoever shares the isolate waits some milliseconds for a page: a year of every territory has 650. */
const PAGE_ROWS = 1_000;
/** Between two pages, of the time that the last one took: two thirds of the database and the isolate are others'. */
const BREATH_SHARE = 2;
const BREATH_MS_MIN = 5;
const BREATH_MS_MAX = 200;

/** Parameters: 1 last day, then where the page before ended: 2 day, 3 vendor, 4 status, 5 territory, 6 day there. */
const SELECT = 'SELECT day, vendor, status, territory, own_day, count FROM activity_days';
const OF_EVERYBODY = `${SELECT}
  WHERE territory = '${EVERYBODY}' AND day <= ?1 AND (day, vendor, status, own_day) > (?2, ?3, ?4, ?6)
  ORDER BY day, vendor, status, own_day LIMIT ${PAGE_ROWS}`;
const OF_TERRITORIES = `${SELECT}
  WHERE territory > '${EVERYBODY}' AND day <= ?1
    AND (day, vendor, status, territory, own_day) > (?2, ?3, ?4, ?5, ?6)
  ORDER BY day, vendor, status, territory, own_day LIMIT ${PAGE_ROWS}`;

/**
 * In the order of day, vendor, status, territory; days and vendors without appointments are absent. The vendors that are
 * not asked for are left out here: leaving them out in SQL would read them all for one page.
 * @throws GatewayError storage-unavailable.
 */
export async function* readActivity(
  db: D1Database,
  { first, last, vendors, isByTerritory }: ActivityQuestion,
): AsyncGenerator<readonly ActivityCount[]> {
  const statement = db.prepare(isByTerritory ? OF_TERRITORIES : OF_EVERYBODY);
  let from = [first, '', '', '', ''];
  // Overseas, a day in Paris is parts of two: they may stand on both sides of the end of a page.
  let open: ActivityCount | undefined;
  for (;;) {
    const askedMs = Date.now();
    const { results } = await guardIdempotent(() => statement.bind(last, ...from).all<Row>());
    const breathMs = Math.min(Math.max(BREATH_SHARE * (Date.now() - askedMs), BREATH_MS_MIN), BREATH_MS_MAX);
    const counts: ActivityCount[] = [];
    for (const row of results) {
      const { day, vendor, status, count } = row;
      if (vendors.length > 0 && !vendors.includes(vendor)) continue;
      const territory = row.territory === NO_TERRITORY ? null : row.territory;
      const next = { day, vendor, status, ...(isByTerritory && { territory }), count };
      if (open !== undefined && isOneGroup(open, next)) {
        open = { ...open, count: open.count + count };
      } else {
        if (open !== undefined) counts.push(open);
        open = next;
      }
    }
    const end = results.length === PAGE_ROWS ? results.at(-1) : undefined;
    if (end === undefined && open !== undefined) counts.push(open);
    yield counts;
    if (end === undefined) return;
    // A database in this process answers before anybody else is let in.
    await new Promise((resolve) => setTimeout(resolve, breathMs));
    from = [end.day, end.vendor, end.status, end.territory, end.own_day];
  }
}

function isOneGroup(a: ActivityCount, b: ActivityCount): boolean {
  return a.day === b.day && a.vendor === b.vendor && a.status === b.status && a.territory === b.territory;
}

/** When the oldest change that is not counted yet was recorded; undefined when all are. @throws GatewayError storage-unavailable. */
export async function firstUncountedMs(db: D1Database): Promise<number | undefined> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT (SELECT a.updated_ms FROM appointments AS a WHERE a.updated_ms > m.up_to_ms
           ORDER BY a.updated_ms LIMIT 1) AS ms FROM activity_mark AS m WHERE m.id = 1`,
      )
      .first<{ ms: number | null }>(),
  );
  return row?.ms ?? undefined;
}

// Tables `editors`, `relay_editors` and `relays`: what relays announced, as far as they may (vendor-claims.ts), and the
// operator's switches. A vendor that has been announced once stays: no relay's silence takes it out, only an operator
// (docs/ledger.md).

import type { EditorAnnouncement, EditorFlow } from '../../shared/link/hub.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { CLOCK_SKEW_MS } from '../base/clock.ts';
import { openAtRelay } from './account-openings.ts';
import { type MaintenanceWindow, readWindows, STANDING_WINDOWS } from './maintenances.ts';
import {
  claimSql,
  claimsOf,
  claimsStatement,
  claimValues,
  type StatedFacts,
  type VendorClaim,
} from './vendor-claims.ts';

/** A vendor as the edge knows it: what relays announced, and the operator's switches. */
export interface VendorRow extends StatedFacts {
  readonly id: string;
  readonly flows: readonly EditorFlow[];
  /**
   * Search flows that it was announced for and is no longer. It is still asked by them, and told not to serve them, until
   * an operator gives them up: who only it served has not lost his slots by a line in a relay's file.
   */
  readonly lostFlows: readonly Flow[];
  readonly certificateNotAfter: string;
  /** False: the operator has switched it off. */
  readonly enabled: boolean;
  /** False: the relays that announced it have announced themselves again without it. */
  readonly announced: boolean;
  /** Since when the operator has it out, milliseconds since 1970: it is asked no more, and its people are nobody's. */
  readonly takenOutMs?: number | undefined;
  /** In the operator's words. */
  readonly takenOutReason?: string | undefined;
  /** Milliseconds; undefined = the edge's own. */
  readonly deadlineMs: number | undefined;
  /** Seconds; undefined = the edge's own, 0 = never kept. */
  readonly cacheTtlS: number | undefined;
  /** That it has declared, that stand and were not over when they were read (maintenances.ts); a hub of before has none. */
  readonly maintenances?: readonly MaintenanceWindow[] | undefined;
}

interface RawRow {
  readonly id: string;
  readonly name: string;
  readonly flows: string;
  readonly redirect_hosts: string;
  readonly appointment_system: string | null;
  readonly certificate_not_after: string;
  readonly taken_out_ms: number | null;
  readonly taken_out_reason: string | null;
  readonly enabled: number;
  readonly announced: number;
  readonly deadline_ms: number | null;
  readonly cache_ttl_s: number | null;
  readonly maintenances: string;
}

/** Every vendor that some relay has announced, in the order of their ids. For a batch with other statements. */
function vendorsStatement(db: D1Database): D1PreparedStatement {
  return db.prepare(
    `SELECT id, name, flows, redirect_hosts, appointment_system, certificate_not_after, taken_out_ms,
       taken_out_reason, enabled, deadline_ms, cache_ttl_s,
       id IN (SELECT editor FROM relay_editors) AS announced, ${STANDING_WINDOWS} AS maintenances
     FROM editors ORDER BY id`,
  );
}

/** From the rows of `vendorsStatement`. */
function vendorsOf({ results }: D1Result): VendorRow[] {
  return (results as unknown as RawRow[]).map((row) => ({
    id: row.id,
    name: row.name,
    ...readFlows(row.flows),
    redirectHosts: JSON.parse(row.redirect_hosts) as string[],
    appointmentSystem: row.appointment_system ?? undefined,
    certificateNotAfter: row.certificate_not_after,
    takenOutMs: row.taken_out_ms ?? undefined,
    takenOutReason: row.taken_out_reason ?? undefined,
    enabled: row.enabled === 1,
    announced: row.announced === 1,
    deadlineMs: row.deadline_ms ?? undefined,
    cacheTtlS: row.cache_ttl_s ?? undefined,
    maintenances: readWindows(row.maintenances),
  }));
}

/** In the column `flows`, those that were lost stand marked: a Worker of a version before takes them for flows unknown to it. */
const LOST = '-';
const SEARCH_FLOWS: readonly Flow[] = ['INT_R01', 'INT_R04', 'SOS'];

function readFlows(text: string): Pick<VendorRow, 'flows' | 'lostFlows'> {
  const all = JSON.parse(text) as string[];
  return {
    flows: all.filter((flow) => !flow.startsWith(LOST)) as EditorFlow[],
    lostFlows: SEARCH_FLOWS.filter((flow) => all.includes(LOST + flow)),
  };
}

/** Search flows that a vendor had and is now announced without. `before`: undefined when it was never announced. */
export function flowsLost(
  flows: readonly EditorFlow[],
  before: Pick<VendorRow, 'flows' | 'lostFlows'> | undefined,
): Flow[] {
  const had = [...(before?.flows ?? []), ...(before?.lostFlows ?? [])];
  return SEARCH_FLOWS.filter((flow) => had.includes(flow) && !flows.includes(flow));
}

function writeFlows({ id, flows }: EditorAnnouncement, before: readonly VendorRow[]): string {
  const known = before.find((row) => row.id === id);
  return JSON.stringify([...flows, ...flowsLost(flows, known).map((flow) => LOST + flow)]);
}

/** Every vendor ever announced. @throws GatewayError storage-unavailable. */
export async function listVendors(db: D1Database): Promise<VendorRow[]> {
  return vendorsOf(await vendorsStatement(db).all());
}

/** The relay has announced this vendor for this flow. */
export async function isAnnouncedFor(
  db: D1Database,
  relay: string,
  editor: string,
  flow: EditorFlow,
): Promise<boolean> {
  const row = await db
    .prepare(
      `SELECT EXISTS (
         SELECT 1 FROM relay_editors AS r JOIN editors AS e ON e.id = r.editor, json_each(e.flows) AS f
         WHERE r.relay = ?1 AND r.editor = ?2 AND f.value = ?3) AS announced`,
    )
    .bind(relay, editor, flow)
    .first<{ announced: number }>();
  return row?.announced === 1;
}

/** The registry as D1 has it: every vendor ever announced, and what each relay last announced. */
export interface StoredRegistry {
  readonly vendors: readonly VendorRow[];
  /** By relay, the ids of its vendors. */
  readonly relays: ReadonlyMap<string, readonly string[]>;
  readonly claims: readonly VendorClaim[];
}

/** The tables at one moment. @throws what D1 throws. */
export async function readRegistry(db: D1Database): Promise<StoredRegistry> {
  const [vendors, served, claims] = await db.batch([
    vendorsStatement(db),
    db.prepare('SELECT relay, editor FROM relay_editors ORDER BY relay, editor'),
    claimsStatement(db),
  ]);
  if (vendors === undefined || served === undefined || claims === undefined)
    throw new TypeError('batch cut short');
  const rows = served.results as unknown as readonly { readonly relay: string; readonly editor: string }[];
  const relays = Map.groupBy(rows, ({ relay }) => relay);
  return {
    vendors: vendorsOf(vendors),
    claims: claimsOf(claims),
    relays: new Map([...relays].map(([relay, of]) => [relay, of.map(({ editor }) => editor)])),
  };
}

/** What one relay announced, and when the hub heard it. */
export interface HeardAnnouncement {
  readonly relay: string;
  /** Milliseconds since 1970. */
  readonly heardMs: number;
  readonly vendors: readonly EditorAnnouncement[];
  /** Of these vendors, this relay's, as the hub judged them. */
  readonly claims: readonly VendorClaim[];
  /** Relays that speak for the same operator. */
  readonly partners: readonly string[];
}

/** Parameters 8 and 9: relay, when it was heard. */
const IS_NEWEST = 'EXISTS (SELECT 1 FROM relays WHERE id = ?8 AND announced_ms = ?9)';
const IS_ITS = "EXISTS (SELECT 1 FROM vendor_claims WHERE relay = ?8 AND editor = ?1 AND state = 'accepted')";

/**
 * Parameters: 1 vendor, 2 name, 3 flows, 4 hosts, 5 system, 6 certificate's end, 7 1 when its entry is broken, 8 relay, 9 and
 * 10 when it was heard. What only the operator changes stays, unless no relay in order has said it yet.
 */
const UPSERT = `INSERT INTO editors
    (id, name, flows, redirect_hosts, appointment_system, certificate_not_after, announced_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?10 WHERE ${IS_NEWEST} AND ${IS_ITS}
  ON CONFLICT (id) DO UPDATE SET
    name = CASE WHEN certificate_not_after = '${new Date(0).toISOString()}' AND ?7 = 0 THEN ?2 ELSE name END,
    redirect_hosts = CASE WHEN certificate_not_after = '${new Date(0).toISOString()}' AND ?7 = 0
      THEN ?4 ELSE redirect_hosts END,
    appointment_system = COALESCE(appointment_system, ?5), flows = ?3, announced_at = ?10,
    certificate_not_after = CASE WHEN ?7 = 0 THEN ?6 ELSE certificate_not_after END,
    taken_out_ms = NULL, taken_out_reason = NULL`;

/**
 * Takes a relay's announcement whole, as far as it may announce: all of it or, on failure, nothing; nothing when a newer one
 * is there. The operator's switches stay; a vendor that is announced again is back. A vendor that may hold accounts of
 * regulators whose right had ended before has their withdrawals due.
 */
export async function saveAnnouncement(
  db: D1Database,
  { relay, heardMs, vendors, claims, partners }: HeardAnnouncement,
  nowMs: number,
): Promise<void> {
  const before = await listVendors(db);
  const ids = JSON.stringify(vendors.map(({ id }) => id));
  const upsert = db.prepare(UPSERT);
  const claim = db.prepare(claimSql(IS_NEWEST));
  const newest = 'EXISTS (SELECT 1 FROM relays WHERE id = ?1 AND announced_ms = ?2)';
  await db.batch([
    db
      .prepare(
        `INSERT INTO relays (id, announced_ms) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET announced_ms = ?2 WHERE announced_ms < ?2 OR announced_ms > ?3`,
      )
      // A word that is farther ahead is of a clock that was wrong: any other is newer.
      .bind(relay, heardMs, nowMs + CLOCK_SKEW_MS),
    ...claims.map((one) => claim.bind(...claimValues(one, partners), relay, heardMs)),
    ...vendors.map((vendor) =>
      upsert.bind(
        vendor.id,
        vendor.name,
        writeFlows(vendor, before),
        JSON.stringify(vendor.redirectHosts),
        vendor.appointmentSystem ?? null,
        vendor.certificateNotAfter,
        vendor.outOfOrder === true ? 1 : 0,
        relay,
        heardMs,
        nowMs,
      ),
    ),
    db.prepare(`DELETE FROM relay_editors WHERE relay = ?1 AND ${newest}`).bind(relay, heardMs),
    db
      .prepare(
        `INSERT INTO relay_editors (relay, editor)
         SELECT c.relay, c.editor FROM vendor_claims AS c
         WHERE c.relay = ?1 AND c.state = 'accepted' AND c.editor IN (SELECT value FROM json_each(?3)) AND ${newest}`,
      )
      .bind(relay, heardMs, ids),
    ...openAtRelay(db, relay),
  ]);
}

/** What the hub knows and D1 has lost, as after it was put back to an earlier state. What D1 has stays. */
export async function restoreVendors(
  db: D1Database,
  vendors: readonly Omit<VendorRow, 'announced'>[],
  claims: readonly VendorClaim[],
): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO editors (id, name, flows, redirect_hosts, appointment_system, certificate_not_after, announced_at,
       enabled, deadline_ms, cache_ttl_s, taken_out_ms, taken_out_reason)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING`,
  );
  const claim = db.prepare(
    `INSERT INTO vendor_claims (relay, editor, state, since_ms, proposed, proposed_ms)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (relay, editor) DO NOTHING`,
  );
  await db.batch([
    ...vendors.map((row) =>
      insert.bind(
        row.id,
        row.name,
        JSON.stringify([...row.flows, ...row.lostFlows.map((flow) => LOST + flow)]),
        JSON.stringify(row.redirectHosts),
        row.appointmentSystem ?? null,
        row.certificateNotAfter,
        row.enabled ? 1 : 0,
        row.deadlineMs ?? null,
        row.cacheTtlS ?? null,
        row.takenOutMs ?? null,
        row.takenOutReason ?? null,
      ),
    ),
    ...claims.map((one) => claim.bind(...claimValues(one, []).slice(0, 6))),
  ]);
}

/** The operator's part of a row: what is left out stays as it is; null goes back to the edge's own setting. */
export interface VendorSwitches {
  readonly enabled?: boolean | undefined;
  readonly deadlineMs?: number | null | undefined;
  readonly cacheTtlS?: number | null | undefined;
  /** Of the flows that were lost, none is asked for any more. */
  readonly forgetLostFlows?: true | undefined;
  /** It is taken out of the registry, for this reason; null: it is back. */
  readonly takenOut?: { readonly reason: string } | null | undefined;
}

/**
 * False when no relay has ever announced that vendor. One that is taken out is no relay's any more: a relay that announces
 * it brings it back.
 */
export async function saveSwitches(
  db: D1Database,
  id: string,
  switches: VendorSwitches,
  nowMs: number,
): Promise<boolean> {
  const { enabled, deadlineMs, cacheTtlS, forgetLostFlows, takenOut } = switches;
  const update = db
    .prepare(
      `UPDATE editors SET
         enabled = CASE WHEN ?2 THEN ?3 ELSE enabled END,
         deadline_ms = CASE WHEN ?4 THEN ?5 ELSE deadline_ms END,
         cache_ttl_s = CASE WHEN ?6 THEN ?7 ELSE cache_ttl_s END,
         flows = CASE WHEN ?8 THEN (SELECT json_group_array(value) FROM json_each(flows) WHERE value NOT LIKE '-%')
           ELSE flows END,
         taken_out_ms = CASE WHEN ?9 THEN ?10 ELSE taken_out_ms END,
         taken_out_reason = CASE WHEN ?9 THEN ?11 ELSE taken_out_reason END
       WHERE id = ?1`,
    )
    .bind(
      id,
      enabled === undefined ? 0 : 1,
      enabled === false ? 0 : 1,
      deadlineMs === undefined ? 0 : 1,
      deadlineMs ?? null,
      cacheTtlS === undefined ? 0 : 1,
      cacheTtlS ?? null,
      forgetLostFlows === true ? 1 : 0,
      takenOut === undefined ? 0 : 1,
      takenOut ? nowMs : null,
      takenOut?.reason ?? null,
    );
  const leave = db.prepare('DELETE FROM relay_editors WHERE editor = ?1').bind(id);
  const [updated] = await db.batch(takenOut ? [update, leave] : [update]);
  return (updated?.meta.changes ?? 0) > 0;
}

// Tables `editors` and `relay_editors`: what relays announced, and the operator's switches. A vendor that has been
// announced once stays: no relay's silence takes it out (docs/ledger.md).

import type { EditorAnnouncement, EditorFlow } from '../../shared/link/hub.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { openAtRelay } from './account-openings.ts';

/** A vendor as the edge knows it: what relays announced, and the operator's switches. */
export interface VendorRow {
  readonly id: string;
  readonly name: string;
  readonly flows: readonly EditorFlow[];
  /**
   * Search flows that it was announced for and is no longer. It is still asked by them, and told not to serve them, until
   * an operator gives them up: who only it served has not lost his slots by a line in a relay's file.
   */
  readonly lostFlows: readonly Flow[];
  readonly redirectHosts: readonly string[];
  readonly certificateNotAfter: string;
  /** False: the operator has switched it off. */
  readonly enabled: boolean;
  /** False: the relays that announced it have announced themselves again without it. */
  readonly announced: boolean;
  /** Milliseconds; undefined = the edge's own. */
  readonly deadlineMs: number | undefined;
  /** Seconds; undefined = the edge's own, 0 = never kept. */
  readonly cacheTtlS: number | undefined;
}

interface RawRow {
  readonly id: string;
  readonly name: string;
  readonly flows: string;
  readonly redirect_hosts: string;
  readonly certificate_not_after: string;
  readonly enabled: number;
  readonly announced: number;
  readonly deadline_ms: number | null;
  readonly cache_ttl_s: number | null;
}

/** Every vendor that some relay has announced, in the order of their ids. For a batch with other statements. */
function vendorsStatement(db: D1Database): D1PreparedStatement {
  return db.prepare(
    `SELECT id, name, flows, redirect_hosts, certificate_not_after, enabled, deadline_ms, cache_ttl_s,
       id IN (SELECT editor FROM relay_editors) AS announced
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
    certificateNotAfter: row.certificate_not_after,
    enabled: row.enabled === 1,
    announced: row.announced === 1,
    deadlineMs: row.deadline_ms ?? undefined,
    cacheTtlS: row.cache_ttl_s ?? undefined,
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
}

/** Both tables at one moment. @throws what D1 throws. */
export async function readRegistry(db: D1Database): Promise<StoredRegistry> {
  const [vendors, served] = await db.batch([
    vendorsStatement(db),
    db.prepare('SELECT relay, editor FROM relay_editors ORDER BY relay, editor'),
  ]);
  if (vendors === undefined || served === undefined) throw new TypeError('batch cut short');
  const rows = served.results as unknown as readonly { readonly relay: string; readonly editor: string }[];
  const relays = Map.groupBy(rows, ({ relay }) => relay);
  return {
    vendors: vendorsOf(vendors),
    relays: new Map([...relays].map(([relay, of]) => [relay, of.map(({ editor }) => editor)])),
  };
}

/**
 * Takes a relay's announcement whole: all of it or, on failure, nothing. The operator's switches stay. A vendor that
 * may hold accounts of regulators whose right had ended before has their withdrawals due.
 */
export async function saveAnnouncement(
  db: D1Database,
  relay: string,
  editors: readonly EditorAnnouncement[],
  nowMs: number,
): Promise<void> {
  const before = await listVendors(db);
  const upsert = db.prepare(
    `INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (id) DO UPDATE SET name = ?2, flows = ?3, redirect_hosts = ?4,
       certificate_not_after = ?5, announced_at = ?6`,
  );
  const serve = db.prepare('INSERT INTO relay_editors (relay, editor) VALUES (?1, ?2)');
  await db.batch([
    ...editors.map((editor) =>
      upsert.bind(
        editor.id,
        editor.name,
        writeFlows(editor, before),
        JSON.stringify(editor.redirectHosts),
        editor.certificateNotAfter,
        nowMs,
      ),
    ),
    db.prepare('DELETE FROM relay_editors WHERE relay = ?1').bind(relay),
    ...editors.map((editor) => serve.bind(relay, editor.id)),
    ...openAtRelay(db, relay),
  ]);
}

/** The operator's part of a row: what is left out stays as it is; null goes back to the edge's own setting. */
export interface VendorSwitches {
  readonly enabled?: boolean | undefined;
  readonly deadlineMs?: number | null | undefined;
  readonly cacheTtlS?: number | null | undefined;
  /** Of the flows that were lost, none is asked for any more. */
  readonly forgetLostFlows?: true | undefined;
}

/** False when no relay has ever announced that vendor. */
export async function saveSwitches(db: D1Database, id: string, switches: VendorSwitches): Promise<boolean> {
  const { enabled, deadlineMs, cacheTtlS, forgetLostFlows } = switches;
  const { meta } = await db
    .prepare(
      `UPDATE editors SET
         enabled = CASE WHEN ?2 THEN ?3 ELSE enabled END,
         deadline_ms = CASE WHEN ?4 THEN ?5 ELSE deadline_ms END,
         cache_ttl_s = CASE WHEN ?6 THEN ?7 ELSE cache_ttl_s END,
         flows = CASE WHEN ?8 THEN (SELECT json_group_array(value) FROM json_each(flows) WHERE value NOT LIKE '-%')
           ELSE flows END
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
    )
    .run();
  return meta.changes > 0;
}

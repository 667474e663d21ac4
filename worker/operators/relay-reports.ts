// GET /admin/relay-reports: what each relay last said of itself, and which connected relays say nothing (an older version).

import type { RelayReport } from '../../shared/link/report.ts';
import type { Env } from '../base/env.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { describeHubs } from '../hub/reach/hub-of.ts';
import { readReports } from '../hub/reports/table.ts';

/** What stays the same is written once an hour. */
const SILENT_MS = 2 * 3_600_000;

/** A relay that is connected, or has said something within a month. */
export interface ReportedRelay {
  readonly relay: string;
  readonly isConnected: boolean;
  /** That it announced; of one that is away, that of its report. */
  readonly version: string | undefined;
  /** When the hub heard the report, milliseconds since 1970. */
  readonly atMs: number | undefined;
  /** Undefined: it does not say, as relays of before do not. */
  readonly report: RelayReport | undefined;
}

/** In the order of their ids. @throws GatewayError storage-unavailable; HubFailure. */
export async function reportRelays(env: Env): Promise<readonly ReportedRelay[]> {
  const [kept, { relays }] = await Promise.all([readReports(env.DB), describeHubs(env)]);
  const connected = new Map(
    relays.filter(({ state }) => state === 'serving').map(({ id, version }) => [id, version]),
  );
  const ids = [...new Set([...connected.keys(), ...kept.map(({ relay }) => relay)])].sort();
  return ids.map((relay) => {
    const row = kept.find((one) => one.relay === relay);
    const version = connected.get(relay) ?? row?.report.version;
    // What another version left behind, or said too long ago, says nothing of the one that runs.
    const isLate = row === undefined || Date.now() - row.atMs > SILENT_MS;
    const isIts = row !== undefined && (!connected.has(relay) || (row.report.version === version && !isLate));
    return {
      relay,
      isConnected: connected.has(relay),
      version,
      atMs: isIts ? row.atMs : undefined,
      report: isIts ? row.report : undefined,
    };
  });
}

/** GET /admin/relay-reports. @throws GatewayError storage-unavailable; HubFailure. */
export async function answerRelayReports(context: RequestContext): Promise<Response> {
  return jsonResponse({ relays: await reportRelays(context.env) }, context);
}

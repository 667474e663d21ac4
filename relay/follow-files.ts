// The files of a running relay (settings, certificates, lists) read again, and what follows: vendors, mTLS port, carrier and
// links take what changed, and problems that stand are told.

import type { Log } from '../shared/log.ts';
import type { RelayConfig } from './base/config.ts';
import type { Problem } from './base/problem.ts';
import type { StandingProblems } from './base/standing-problems.ts';
import { FileWatch } from './base/watch.ts';
import type { HeldLists } from './certificates/held-lists.ts';
import { HUB_SANTE_SCOPE, LISTEN_SCOPE, type ListMarks } from './certificates/list-marks.ts';
import { fetchProblems, readFetchReport } from './crl/fetch-report.ts';
import type { Carrier } from './hub-sante/carrier.ts';
import { hubSanteFiles, loadHubSante } from './hub-sante/files.ts';
import { listenFiles } from './inbound/files.ts';
import type { InboundPort } from './inbound/port.ts';
import type { Links } from './link/links.ts';
import type { Metrics } from './metrics.ts';
import type { VendorSet } from './vendor/vendor-set.ts';

/** Lists are also read again without a word: a network disk does not tell of its changes. */
const REREAD_MS = 10 * 60_000;

/** The parts of a relay that have files. */
export interface Followed {
  readonly vendors: VendorSet;
  readonly inbound: InboundPort | undefined;
  readonly carrier: Carrier | undefined;
  readonly marks: ListMarks;
  readonly links: Links;
  readonly metrics: Metrics;
  readonly standing: StandingProblems;
  readonly log: Log;
}

/** Reloads when told (`now`), when a file changes, and the mTLS port's files from time to time. */
export function followFiles(followed: Followed): FileWatch {
  const { vendors, inbound, carrier, marks, links, metrics, standing, log } = followed;
  const files = (): readonly string[] => {
    const { listen, hubSante } = vendors.config;
    const ofHubSante = hubSante === undefined ? [] : hubSanteFiles(hubSante);
    return [...vendors.files(), ...(listen === undefined ? [] : listenFiles(listen)), ...ofHubSante];
  };
  const readState = (): void => {
    marks.read();
    standing.note('state', marks.problems);
    standing.note('fetch', fetchProblems(readFetchReport(vendors.config.stateFolder)));
  };
  const reloadInbound = (): readonly Problem[] => {
    readState();
    const { listen, editors, broken } = vendors.config;
    const problems = listen === undefined ? [] : (inbound?.reload(listen, editors, broken) ?? []);
    noteLists();
    return problems;
  };
  const noteLists = (): void => {
    const ofInbound: [string, HeldLists][] = inbound === undefined ? [] : [[LISTEN_SCOPE, inbound.lists]];
    const toHubSante = carrier?.state.certificates.trust.lists;
    const ofHubSante: [string, HeldLists][] = toHubSante === undefined ? [] : [[HUB_SANTE_SCOPE, toHubSante]];
    marks.note(new Map([...vendors.lists(), ...ofInbound, ...ofHubSante]), Date.now());
    standing.note('state', marks.problems);
  };
  const reload = (): void => {
    readState();
    const { changed, problems: ofVendors, needRestart } = vendors.reload();
    const ofHubSante = reloadCarrier(carrier, vendors.config, marks);
    const ofInbound = reloadInbound();
    const problems = [...ofVendors, ...ofInbound, ...ofHubSante];
    standing.note('vendors', ofVendors);
    standing.note('inbound', ofInbound);
    standing.note('hub-sante', ofHubSante);
    for (const field of needRestart) log('warn', 'relay-restart-needed', { field });
    metrics.countReload(problems.length === 0 ? 'done' : 'failed');
    log('info', 'relay-reloaded', {
      editors: vendors.clients.size,
      failed: problems.length,
      reason: changed ? 'changed' : 'unchanged',
    });
    watch.follow(files());
    if (changed) links.announce();
    links.report();
  };
  const watch = new FileWatch(reload, () => log('warn', 'relay-watch-failed'));
  watch.follow(files());
  const isFirst = marks.isEmpty;
  // A damaged copy is written again at once: it is said before.
  readState();
  noteLists();
  if (isFirst && !marks.isEmpty) log('warn', 'relay-list-marks-begun');
  setInterval(() => standing.note('inbound', reloadInbound()), REREAD_MS).unref();
  return watch;
}

/** A client id is the process's for good: another one takes effect at the next start. */
function reloadCarrier(
  carrier: Carrier | undefined,
  { hubSante }: RelayConfig,
  marks: ListMarks,
): readonly Problem[] {
  if (carrier === undefined || hubSante?.clientId !== carrier.state.config.clientId) return [];
  const { state, problems } = loadHubSante(
    hubSante,
    carrier.state,
    Date.now(),
    marks.scoped(HUB_SANTE_SCOPE),
  );
  if (state !== undefined) carrier.reload(state);
  return problems;
}

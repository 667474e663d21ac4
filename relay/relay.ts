// The running relay: wires settings, vendors, link, admin port and their end. Called by main.ts once the
// settings are in order; the only place that knows every part.

import { type KeyObject, randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import { LINK_AUDIENCE } from '../shared/link/hub.ts';
import type { Log } from '../shared/log.ts';
import { VERSION } from '../shared/version.ts';
import { type Admin, type AdminSettings, openAdmin } from './admin.ts';
import type { RelayConfig } from './base/config.ts';
import { logCrashes } from './base/crashes.ts';
import type { RelayLog } from './base/log.ts';
import type { Problem } from './base/problem.ts';
import { ServiceManager } from './base/service-manager.ts';
import type { Signals } from './base/signals.ts';
import { StandingProblems } from './base/standing-problems.ts';
import { FileWatch } from './base/watch.ts';
import type { HeldLists } from './certificates/held-lists.ts';
import { HUB_SANTE_SCOPE, LISTEN_SCOPE, type ListMarks } from './certificates/list-marks.ts';
import { describeProblems } from './check.ts';
import { fetchProblems, readFetchReport } from './crl/fetch-report.ts';
import { logAccount, logExchange } from './events.ts';
import { Carrier } from './hub-sante/carrier.ts';
import { type HubSanteState, hubSanteFiles, loadHubSante } from './hub-sante/files.ts';
import { HubSanteMetrics } from './hub-sante/metrics.ts';
import { EdgeClient } from './inbound/edge-client.ts';
import { type InboundState, listenFiles } from './inbound/files.ts';
import { InboundPort } from './inbound/port.ts';
import { Links } from './link/links.ts';
import { signRelayToken } from './link/token.ts';
import { Metrics } from './metrics.ts';
import type { Readers } from './reading/readers.ts';
import { RetryBudget } from './search/retry-budget.ts';
import { Searches } from './search/searches.ts';
import { type Closing, endProcess, killProcess } from './shutdown.ts';
import { Accounts } from './vendor/accounts.ts';
import type { VendorSet } from './vendor/vendor-set.ts';

/** Lists are also read again without a word: a network disk does not tell of its changes. */
const REREAD_MS = 10 * 60_000;

const ID_TAKEN: Problem = {
  field: 'relayId',
  text: 'un autre relais fonctionne déjà sous ce nom ; chaque relais a le sien',
};

export interface RelayParts {
  readonly config: RelayConfig;
  readonly key: KeyObject;
  readonly vendors: VendorSet;
  readonly marks: ListMarks;
  /** Of the vendors' answers. */
  readonly readers: Readers;
  /** Of the mTLS port, when the settings have one. */
  readonly inbound: InboundState | undefined;
  /** Of the way to Hub Santé, when the settings have one. */
  readonly hubSante: HubSanteState | undefined;
  /** Of the start, none that stops it. */
  readonly problems: Readonly<Record<'vendors' | 'inbound' | 'hub-sante', readonly Problem[]>>;
  readonly out: RelayLog;
  readonly signals: Signals;
}

/** Resolves when the ports are open; the links are dialled in the background. */
export async function startRelay(parts: RelayParts): Promise<void> {
  const { config, key, vendors, readers, marks, out, signals } = parts;
  const instance = randomUUID();
  const { log } = out;
  logCrashes(out);
  readers.onLost = (editor, bound) => log('warn', 'reader-ended', { editor, reason: bound });
  const standing = new StandingProblems(log);
  standing.note('vendors', parts.problems.vendors);
  standing.note('inbound', parts.problems.inbound);
  standing.note('hub-sante', parts.problems['hub-sante']);
  const { searches, accounts } = takeQuestions(vendors, log, () => metrics);
  const metrics: Metrics = new Metrics({
    vendors: () => vendors.clients,
    states: () => vendors.states(),
    problems: () => standing.all.length,
    linkUp: () => links.isWhole,
    searches: () => searches.running,
    lostLines: out.lost,
    fetches: () => readFetchReport(config.stateFolder),
  });
  const carrier = openCarrier(parts, metrics.registry, instance);
  const links: Links = new Links({
    url: config.edge.url,
    sign: (target) => {
      const signer = { key, relayId: config.relayId, edgeUrl: config.edge.url };
      return signRelayToken(signer, { audience: LINK_AUDIENCE, method: 'GET', target }, Date.now());
    },
    announcement: () => ({
      relay: config.relayId,
      instance,
      version: VERSION.number,
      ...(VERSION.build && { build: VERSION.build }),
      editors: vendors.announce(),
      ...(config.hubSante && { hubSante: config.hubSante.clientId }),
    }),
    onPublishDue: () => carrier?.publishDue(),
    searches,
    accounts,
    log,
    onDial: () => metrics.countDial(),
    onIdTaken: () => {
      process.stderr.write(describeProblems([ID_TAKEN]));
      endProcess(closing, { reason: 'relay-id-taken' }, 1);
    },
  });
  const { inbound, admin } = await openPorts(parts, metrics, {
    ready: () => links.isUp,
    problems: () => ({ problems: standing.all, editors: Object.fromEntries(vendors.states()) }),
  });
  readers.start();
  const watch = followFiles({ vendors, inbound, carrier, marks, links, metrics, standing, log });
  const closing: Closing = {
    log,
    drainLink: (timeoutMs) => links.drain(timeoutMs),
    finishSearches: async () => {
      watch.close();
      await Promise.all([searches.drain(), accounts.drain()]);
    },
    drainInbound: async () => inbound?.drain(),
    drainCarrier: async () => carrier?.drain(),
    closeCarrier: async () => carrier?.close(),
    closeInbound: async () => inbound?.close(),
    closeLink: () => links.close(),
    closeVendors: async () => {
      await vendors.close();
      await readers.close();
    },
    closeAdmin: () => admin.close(),
    finishLog: out.finish,
    flushLog: out.flush,
  };
  log('info', 'relay-ready', {
    port: admin.port,
    host: config.admin.host,
    version: VERSION.number,
    editors: vendors.clients.size,
    pid: process.pid,
  });
  const manager = new ServiceManager(log);
  manager.ready();
  obey(signals, closing, manager, () => watch.now());
  links.start();
  carrier?.start();
}

/** What the edge asks, each exchange counted and logged. */
function takeQuestions(
  vendors: VendorSet,
  log: Log,
  metrics: () => Metrics,
): { readonly searches: Searches; readonly accounts: Accounts } {
  const searches = new Searches({
    vendors: () => vendors.clients,
    retryBudget: new RetryBudget(performance.now()),
    onExchange: (plan, exchanged, givenUp) => {
      const outcome = givenUp ? 'given-up' : (exchanged.answer.facts.failure?.reason ?? 'ok');
      metrics().countExchange(plan, exchanged, outcome);
      logExchange(log, plan, exchanged, outcome);
    },
    onInternalError: (error, plan) => {
      const detail = error instanceof Error ? error.name : 'unknown';
      log('error', 'vendor-call-broken', { requestId: plan.id, flow: plan.flow, detail });
    },
  });
  const accounts = new Accounts({
    vendors: () => vendors.clients,
    onExchange: (exchanged) => {
      metrics().countAccount(exchanged);
      logAccount(log, exchanged);
    },
  });
  return { searches, accounts };
}

function obey(signals: Signals, closing: Closing, manager: ServiceManager, reload: () => void): void {
  signals.actWith({
    reload: (why) => {
      if (why === 'parent-gone') closing.log('warn', 'relay-parent-gone', { pid: process.pid });
      reload();
    },
    end: (signal, isAgain) => {
      manager.stopping();
      if (isAgain) killProcess(closing, signal);
      else endProcess(closing, { signal }, 0);
    },
  });
}

/** Both, or an error and none. */
async function openPorts(
  parts: RelayParts,
  { registry }: Metrics,
  seen: Pick<AdminSettings, 'ready' | 'problems'>,
): Promise<{ readonly inbound: InboundPort | undefined; readonly admin: Admin }> {
  const inbound = await openInbound(parts, registry);
  try {
    return { inbound, admin: await openAdmin({ ...parts.config.admin, registry, ...seen }) };
  } catch (error) {
    await inbound?.close();
    throw error;
  }
}

/** Its certificate, lists and vendors are those of `inbound`; undefined when the settings have no `listen`. */
async function openInbound(
  { config, key, inbound: state, marks, out }: RelayParts,
  registry: Registry,
): Promise<InboundPort | undefined> {
  const { listen, relayId } = config;
  if (listen === undefined || state === undefined) return undefined;
  const edge = new EdgeClient({ url: config.edge.url, relayId, key, timeoutMs: listen.limits.edgeMs });
  const port = await InboundPort.open({
    listen,
    state,
    marks: marks.scoped(LISTEN_SCOPE),
    edge,
    registry,
    log: out.log,
  });
  out.log('info', 'relay-listening', { port: port.port, host: listen.host, editors: state.editors.size });
  return port;
}

/** Undefined when the settings have no `hubSante`. */
function openCarrier(
  { config, key, hubSante: state, out }: RelayParts,
  registry: Registry,
  instance: string,
): Carrier | undefined {
  if (config.hubSante === undefined || state === undefined) return undefined;
  const { clientId } = config.hubSante;
  return new Carrier({
    state,
    signer: { key, relayId: config.relayId, edgeUrl: config.edge.url },
    client: { clientId, instance },
    log: out.log,
    metrics: new HubSanteMetrics(registry),
  });
}

interface Followed {
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
function followFiles(followed: Followed): FileWatch {
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

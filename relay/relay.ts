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
import { LISTEN_SCOPE, type ListMarks } from './certificates/list-marks.ts';
import { describeProblems } from './check.ts';
import { readFetchReport } from './crl/fetch-report.ts';
import { logAccount, logExchange } from './events.ts';
import { followFiles } from './follow-files.ts';
import { Carrier } from './hub-sante/carrier.ts';
import type { HubSanteState } from './hub-sante/files.ts';
import { HubSanteMetrics } from './hub-sante/metrics.ts';
import { EdgeClient } from './inbound/edge-client.ts';
import type { InboundState } from './inbound/files.ts';
import { InboundPort } from './inbound/port.ts';
import { Links } from './link/links.ts';
import { signRelayToken } from './link/token.ts';
import { Metrics } from './metrics.ts';
import type { Readers } from './reading/readers.ts';
import { gatherReport } from './report.ts';
import { RetryBudget } from './search/retry-budget.ts';
import { Searches } from './search/searches.ts';
import { type Closing, endProcess, killProcess } from './shutdown.ts';
import { Accounts } from './vendor/accounts.ts';
import type { VendorSet } from './vendor/vendor-set.ts';

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
  readers.onLost = (vendor, bound) => log('warn', 'reader-ended', { editor: vendor, reason: bound });
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
    report: () => gatherReport({ vendors, inbound, carrier, standing, metrics }),
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

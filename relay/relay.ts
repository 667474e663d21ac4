// The running relay: wires settings, vendors, link, admin port and their end. Called by main.ts once the
// settings are in order; the only place that knows every part.

import type { KeyObject } from 'node:crypto';
import type { SearchPlan } from '../shared/link/relay.ts';
import type { Log } from '../shared/log.ts';
import { type AccountExchanged, Accounts } from './accounts.ts';
import { type Admin, openAdmin } from './admin.ts';
import type { RelayConfig } from './config.ts';
import { EdgeClient } from './inbound-edge.ts';
import { type InboundState, listenFiles } from './inbound-files.ts';
import { InboundPort } from './inbound-port.ts';
import { Link } from './link.ts';
import { signLinkToken } from './link-token.ts';
import type { RelayLog } from './log.ts';
import { type ExchangeOutcome, Metrics } from './metrics.ts';
import type { Problem } from './problem.ts';
import { RetryBudget } from './retry-budget.ts';
import { Searches } from './search.ts';
import { type Closing, endProcess, killProcess } from './shutdown.ts';
import type { Signals } from './signals.ts';
import type { Exchanged } from './vendor-call.ts';
import type { VendorSet } from './vendors.ts';
import { VERSION } from './version.ts';
import { FileWatch } from './watch.ts';

/** Lists are also read again without a word: a network disk does not tell of its changes. */
const REREAD_MS = 10 * 60_000;

export interface RelayParts {
  readonly config: RelayConfig;
  readonly key: KeyObject;
  readonly vendors: VendorSet;
  /** Of the mTLS port, when the settings have one. */
  readonly inbound: InboundState | undefined;
  readonly out: RelayLog;
  readonly signals: Signals;
}

/**
 * The last word of a process that met what nobody expected: which error and where in our code, never its text,
 * which may quote what a vendor sent. What Node warns of goes to the log too, by name: its text goes nowhere.
 */
function logCrashes({ log, flush }: RelayLog): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    log('warn', 'relay-warning', { reason: warning.name, detail: warning.code ?? '' });
  });
  process.stderr.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    const [, where = ''] = /\(?([^\s/]+\.ts:\d+)/.exec(error.stack ?? '') ?? [];
    log('error', 'relay-crashed', { reason: error.name, detail: where });
    flush();
    process.exit(1);
  });
}

/** Resolves when the ports are open; the link is dialled in the background. */
export async function startRelay(parts: RelayParts): Promise<void> {
  const { config, key, vendors, out, signals } = parts;
  const { log } = out;
  logCrashes(out);
  const searches = new Searches({
    vendors: () => vendors.clients,
    retryBudget: new RetryBudget(performance.now()),
    onExchange: (plan, exchanged, givenUp) => {
      const outcome = givenUp ? 'given-up' : (exchanged.answer.failure?.reason ?? 'ok');
      metrics.countExchange(plan, exchanged, outcome);
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
      metrics.countAccount(exchanged);
      logAccount(log, exchanged);
    },
  });
  const metrics = new Metrics({
    vendors: () => vendors.clients,
    linkUp: () => link.state === 'up',
    searches: () => searches.running,
    lostLines: out.lost,
  });
  const link: Link = new Link({
    url: config.edge.url,
    sign: () => signLinkToken(key, config.relayId, Date.now()),
    announcement: () => ({ relay: config.relayId, version: VERSION, editors: vendors.announce() }),
    searches,
    accounts,
    log,
    onDial: () => metrics.countDial(),
  });
  const inbound = await openInbound(parts, metrics);
  const { host, port } = config.admin;
  const admin = await openAdmin({
    host,
    port,
    registry: metrics.registry,
    ready: () => link.state === 'up',
  }).catch(async (error: unknown): Promise<Admin> => {
    await inbound?.close();
    throw error;
  });
  const { watch, reload } = followFiles({ vendors, inbound, link, metrics, log });
  const closing: Closing = {
    log,
    drainLink: (timeoutMs) => link.drain(timeoutMs),
    finishSearches: async () => {
      watch.close();
      await Promise.all([searches.drain(), accounts.drain()]);
    },
    drainInbound: async () => inbound?.drain(),
    closeInbound: async () => inbound?.close(),
    closeLink: () => link.close(),
    closeVendors: () => vendors.close(),
    closeAdmin: () => admin.close(),
    finishLog: out.finish,
    flushLog: out.flush,
  };
  const ready = { port: admin.port, host, version: VERSION, editors: vendors.clients.size, pid: process.pid };
  log('info', 'relay-ready', ready);
  signals.actWith({
    reload: (why) => {
      if (why === 'parent-gone') log('warn', 'relay-parent-gone', { pid: process.pid });
      reload();
    },
    end: (signal, isAgain) => {
      if (isAgain) killProcess(closing, signal);
      else endProcess(closing, { signal }, 0);
    },
  });
  link.start();
}

/** Its certificate, lists and vendors are those of `inbound`; undefined when the settings have no `listen`. */
async function openInbound(
  { config, key, inbound: state, out }: RelayParts,
  metrics: Metrics,
): Promise<InboundPort | undefined> {
  const { listen, relayId } = config;
  if (listen === undefined || state === undefined) return undefined;
  const edge = new EdgeClient({ url: config.edge.url, relayId, key, timeoutMs: listen.limits.edgeMs });
  const port = await InboundPort.open({ listen, state, edge, registry: metrics.registry, log: out.log });
  out.log('info', 'relay-listening', { port: port.port, host: listen.host, editors: state.editors.size });
  return port;
}

interface Followed {
  readonly vendors: VendorSet;
  readonly inbound: InboundPort | undefined;
  readonly link: Link;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Reloads when told, when a file changes, and the mTLS port's files from time to time. */
function followFiles({ vendors, inbound, link, metrics, log }: Followed): {
  readonly watch: FileWatch;
  readonly reload: () => void;
} {
  const files = (): readonly string[] => {
    const { listen } = vendors.config;
    return [...vendors.files(), ...(listen === undefined ? [] : listenFiles(listen))];
  };
  const reloadInbound = (): readonly Problem[] => {
    const { listen, editors } = vendors.config;
    return listen === undefined ? [] : (inbound?.reload(listen, editors) ?? []);
  };
  const reload = (): void => {
    const { changed, problems: ofVendors, needRestart } = vendors.reload();
    const problems = [...ofVendors, ...reloadInbound()];
    logProblems(log, problems);
    for (const field of needRestart) log('warn', 'relay-restart-needed', { field });
    metrics.countReload(problems.length === 0 ? 'done' : 'failed');
    log('info', 'relay-reloaded', {
      editors: vendors.clients.size,
      failed: problems.length,
      reason: changed ? 'changed' : 'unchanged',
    });
    watch.follow(files());
    if (changed) link.announce();
  };
  const watch = new FileWatch(reload, () => log('warn', 'relay-watch-failed'));
  watch.follow(files());
  setInterval(() => logProblems(log, reloadInbound()), REREAD_MS).unref();
  return { watch, reload };
}

/** The texts are ours and name no value. */
export function logProblems(log: Log, problems: readonly Problem[]): void {
  for (const { field, text, dated } of problems) {
    log(dated === true ? 'warn' : 'error', 'relay-file-problem', { field, detail: text });
  }
}

/** Which vendor and what became of it; never who it was about. */
function logAccount(log: Log, { request, reply, code }: AccountExchanged): void {
  log('info', 'account-exchange', {
    requestId: request.id,
    editor: request.editor,
    flow: 'INT_R02',
    method: request.method,
    reason: reply.kind === 'failed' ? reply.reason : 'ok',
    ...(reply.status !== undefined && { status: reply.status }),
    ...(code !== undefined && { detail: code }),
    durationMs: reply.durationMs,
  });
}

function logExchange(
  log: Log,
  plan: SearchPlan,
  { answer, status, code, retry }: Exchanged,
  reason: ExchangeOutcome,
): void {
  const call = plan.calls[answer.call];
  log(reason === 'internal' ? 'error' : 'info', 'vendor-exchange', {
    requestId: plan.id,
    editor: call?.editor ?? '',
    flow: plan.flow,
    subjects: call?.subjects.length ?? 0,
    reason,
    ...(status !== undefined && { status }),
    ...(code !== undefined && { detail: code }),
    ...((retry === 'answered' || retry === 'failed') && { attempt: 2 }),
    durationMs: answer.durationMs,
    bytes: answer.bytes,
    pages: answer.pages,
    count: answer.received,
    slots: answer.shown,
  });
}

// What a search bench runs against: the vendors' process, and per number of vendors a fresh edge in workerd, a
// relay and the plain program, each a process of its own, on loopback with fresh certificates. `close` leaves
// nothing behind.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSandboxPki, type SandboxPki } from '../sandbox/pki/sandbox-pki.ts';
import { type Child, runChild, startChild } from '../sandbox/platform/child.ts';
import type { EdgeHostName } from '../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../sandbox/platform/edge/local-edge.ts';
import { waitUntilReady } from '../sandbox/platform/examples.ts';
import { writeRelayConfig } from '../sandbox/platform/local/relay.ts';
import { openLocalState, signToken } from '../sandbox/platform/local/state.ts';
import type { Settings } from '../sandbox/vendors/settings.ts';
import { listChildren, readCpuSeconds } from './cpu.ts';
import type { PlainSettings } from './plain-aggregator.ts';

const CA_BITS = 2048;
/** Connections per vendor, for both sides: above the load, so that no queue of ours or theirs is measured. */
const CONNECTIONS = 32;

interface VendorAddress {
  readonly id: string;
  readonly url: string;
  readonly controlUrl: string;
}

const ignore = (): void => undefined;

export class Vendors {
  readonly dir: string;
  readonly pki: SandboxPki;
  readonly list: readonly VendorAddress[];
  readonly #children: readonly Child[];

  private constructor(dir: string, pki: SandboxPki, children: readonly Child[]) {
    this.dir = dir;
    this.pki = pki;
    this.#children = children;
    this.list = children.flatMap(({ ready }) => ready.vendors as readonly VendorAddress[]);
  }

  /** `apart`: so many of them, the last, run in a process of their own, which gives way to all others (niceness 0 to 19). */
  static async start(count: number, apart = { count: 0, niceness: 0 }): Promise<Vendors> {
    const dir = await mkdtemp(join(tmpdir(), 'passerelle-bench-'));
    const vendorIds = Array.from({ length: count }, (_, rank) => `agenda-${String.fromCharCode(97 + rank)}`);
    const pki = await ensureSandboxPki(join(dir, 'pki'), { vendorIds, caKeyBits: CA_BITS });
    const start = (first: number, ids: readonly string[], niceness: number): Promise<Child> =>
      startChild({
        command: ['bench/vendors.ts', join(dir, 'pki'), String(niceness), String(first), ...ids],
        readyEvent: 'vendors-ready',
        onLine: ignore,
      });
    const together = count - apart.count;
    const children = [await start(0, vendorIds.slice(0, together), 0)];
    if (apart.count > 0) {
      children.push(await start(together, vendorIds.slice(together), apart.niceness));
    }
    return new Vendors(dir, pki, children);
  }

  /** Of the process of those that are not apart. */
  get pid(): number | undefined {
    return this.#children[0]?.process.pid;
  }

  /** `only`: the vendor of this place in the list. */
  async set(
    settings: { readonly latencyMs: number; readonly slotsPerPractitioner: number },
    only?: number,
  ): Promise<void> {
    await this.#put(settings, only === undefined ? this.list : this.list.slice(only, only + 1));
  }

  /** The first `count` vendors: each practitioner is known to one of them, or to all. */
  async spread(count: number, isKnownToAll: boolean): Promise<void> {
    for (const part of this.list.slice(0, count).keys()) {
      await this.share(isKnownToAll ? null : { part, of: count }, part);
    }
  }

  /** The vendor of this place in the list knows this share of the practitioners only. */
  async share(share: Settings['share'], only: number): Promise<void> {
    await this.#put({ share }, this.list.slice(only, only + 1));
  }

  async #put(settings: object, vendors: readonly VendorAddress[]): Promise<void> {
    const body = JSON.stringify(settings);
    for (const { controlUrl } of vendors) {
      const response = await fetch(`${controlUrl}/settings`, { method: 'PUT', body });
      if (!response.ok) throw new Error(await response.text());
    }
  }

  /** The vendor of this place in the list, or each, has this fault from now on. */
  async fault(kind: string, only?: number): Promise<void> {
    for (const { controlUrl } of only === undefined ? this.list : this.list.slice(only, only + 1)) {
      const response = await fetch(`${controlUrl}/fault`, { method: 'PUT', body: JSON.stringify(kind) });
      if (!response.ok) throw new Error(await response.text());
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

export interface StageCpu {
  readonly edgeS: number;
  readonly relayS: number;
  readonly plainS: number;
  readonly vendorsS: number;
}

type Pids = Readonly<Record<'relay' | 'plain' | 'vendors', number | undefined>> & {
  /** The runtime, and what it asks. */
  readonly edge: readonly number[];
};

export interface StageOptions {
  readonly vendors: Vendors;
  readonly count: number;
  /** Absent: see EdgeOptions. */
  readonly runsOn?: EdgeHostName;
  /** Of the edge, over the local ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Hears each log line of the edge. */
  readonly onEdgeLog?: (line: string) => void;
  /** Folder for the CPU profiles of the relay and of the plain program. */
  readonly profileDir?: string;
}

export class Stage {
  readonly edgeUrl: string;
  readonly plainUrl: string;
  readonly token: string;
  readonly #pids: Pids;
  readonly #close: () => Promise<void>;

  private constructor(
    edgeUrl: string,
    plainUrl: string,
    token: string,
    pids: Pids,
    close: () => Promise<void>,
  ) {
    this.edgeUrl = edgeUrl;
    this.plainUrl = plainUrl;
    this.token = token;
    this.#pids = pids;
    this.#close = close;
  }

  static async start(options: StageOptions): Promise<Stage> {
    const { vendors, count } = options;
    const dir = await mkdtemp(join(vendors.dir, `stage-${count}-`));
    const chosen = vendors.list.slice(0, count);
    const state = await openLocalState(join(dir, 'edge'));
    const before = new Set(await listChildren());
    const edge = await startLocalEdge({
      ...(options.runsOn !== undefined && { runsOn: options.runsOn }),
      host: '127.0.0.1',
      port: 0,
      stateDir: state.dir,
      settings: options.settings ?? {},
      onLog: options.onEdgeLog ?? ignore,
    });
    const file = await writeRelayConfig({
      id: 'relay-a',
      dir: join(dir, 'relay'),
      edgeUrl: edge.url,
      pki: vendors.pki,
      vendors: chosen.map(({ id, url }) => ({ id, name: id, url })),
      adminPort: 0,
    });
    await allowConnections(file);
    await introduceRelay(file, state.dir);
    const relay = await profiled(options.profileDir, () =>
      startChild({ command: ['relay/main.ts', '--config', file], readyEvent: 'relay-ready', onLine: ignore }),
    );
    const plain = await profiled(options.profileDir, () =>
      startPlain(
        dir,
        vendors.pki,
        chosen.map(({ url }) => url),
      ),
    );
    await waitUntilReady(edge.url);
    const beside = [relay.process.pid, plain.process.pid];
    const pids = {
      // Found now only: learning the relay's key has restarted it.
      edge: (await listChildren()).filter((pid) => !before.has(pid) && !beside.includes(pid)),
      relay: relay.process.pid,
      plain: plain.process.pid,
      vendors: vendors.pid,
    };
    const token = await signToken(state, 'system/Slot.s');
    return new Stage(edge.url, `http://127.0.0.1:${plain.ready.port}`, token, pids, async () => {
      await Promise.all([relay.stop(), plain.stop()]);
      await edge.close();
    });
  }

  async cpu(): Promise<StageCpu> {
    const { edge, relay, plain, vendors } = this.#pids;
    return {
      edgeS: (await Promise.all(edge.map(readCpuSeconds))).reduce((sum, one) => sum + one, 0),
      relayS: await readCpuSeconds(relay),
      plainS: await readCpuSeconds(plain),
      vendorsS: await readCpuSeconds(vendors),
    };
  }

  close(): Promise<void> {
    return this.#close();
  }
}

async function allowConnections(file: string): Promise<void> {
  const config = JSON.parse(await readFile(file, 'utf8')) as { editors: Record<string, unknown>[] };
  for (const editor of config.editors) editor.concurrency = CONNECTIONS;
  await writeFile(file, JSON.stringify(config));
}

async function introduceRelay(file: string, edgeStateDir: string): Promise<void> {
  const lines: string[] = [];
  const flags = ['--config', file, '--print-jwk', '--generate-key', '--trust', edgeStateDir];
  const code = await runChild(['relay/main.ts', ...flags], (line) => lines.push(line));
  if (code !== 0) throw new Error(`the relay's key could not be introduced:\n${lines.join('\n')}`);
}

async function startPlain(dir: string, pki: SandboxPki, vendors: readonly string[]): Promise<Child> {
  const { certFile, keyFile } = pki.relay.client;
  const { caFile, crlFiles } = pki;
  const settings: PlainSettings = { certFile, keyFile, caFile, crlFiles, vendors, connections: CONNECTIONS };
  const file = join(dir, 'plain.json');
  await writeFile(file, JSON.stringify(settings));
  return startChild({
    command: ['bench/plain-aggregator.ts', file],
    readyEvent: 'plain-ready',
    onLine: ignore,
  });
}

/** Node writes its profile when the process ends. */
async function profiled(dir: string | undefined, start: () => Promise<Child>): Promise<Child> {
  if (dir === undefined) return start();
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${dir}`;
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
}

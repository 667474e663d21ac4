// What a soak looks at from outside: memory and sockets of both programs from Linux's /proc, their heaps from V8's
// inspector, and what each says of itself (the relay's metrics, the edge's /admin/relays).

import { readdir, readFile, readlink } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { LiveHeap } from '../live-heap.ts';

export interface Watched {
  readonly edgePid: number;
  readonly relayPid: number;
  readonly edgeUrl: string;
  /** Of the relay's admin port. */
  readonly relayUrl: string;
  /** Scope `admin`. */
  readonly token: string;
  readonly edgeHeap: LiveHeap;
  readonly relayHeap: LiveHeap;
}

/** What must be back where it was once nobody asks any more. */
export interface Counts {
  readonly edgeSockets: number;
  readonly relaySockets: number;
  /** Searches under way at the hub, and at the relay. */
  readonly hubSearches: number;
  readonly relaySearches: number;
  /** Vendor calls that the edge waits for; requests at vendors, and those waiting for a place. */
  readonly pendingCalls: number;
  readonly vendorRequests: number;
  readonly vendorQueue: number;
  /** Timers that keep the relay's process alive. */
  readonly relayTimers: number;
}

interface Memory {
  readonly edgeRssMb: number;
  readonly relayRssMb: number;
}

/** At rest, after a collection. */
export interface RestMemory extends Memory {
  readonly atS: number;
  readonly edgeHeapMb: number;
  readonly relayHeapMb: number;
}

export interface Sample {
  readonly atS: number;
  readonly counts: Counts;
  readonly memory: Memory;
}

const MB = 1024 * 1024;
const WORK_MS = 100;

export class Watch {
  readonly #watched: Watched;
  readonly #startedMs = performance.now();
  /** Its own connections close with each answer: they are not to be counted. */
  readonly #agent = new Agent({ pipelining: 0 });

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  async sample(): Promise<Sample> {
    const { edgePid, relayPid, relayUrl, edgeUrl, token } = this.#watched;
    const metrics = await this.#read(`${relayUrl}/metrics`);
    const hub = JSON.parse(await this.#read(`${edgeUrl}/admin/relays`, token)) as HubState;
    return {
      atS: (performance.now() - this.#startedMs) / 1_000,
      counts: {
        edgeSockets: await countSockets(edgePid),
        relaySockets: await countSockets(relayPid),
        hubSearches: hub.searches,
        relaySearches: sumOf(metrics, 'passerelle_relay_searches_running'),
        pendingCalls: hub.relays.reduce((sum, { load }) => sum + load, 0),
        vendorRequests: sumOf(metrics, 'passerelle_relay_vendor_in_flight'),
        vendorQueue: sumOf(metrics, 'passerelle_relay_vendor_queue'),
        relayTimers: sumOf(metrics, 'nodejs_active_resources', 'type="Timeout"'),
      },
      memory: {
        edgeRssMb: (await readRss(edgePid)) / MB,
        relayRssMb: (await readRss(relayPid)) / MB,
      },
    };
  }

  /** Once nothing is under way. */
  async rest(): Promise<RestMemory> {
    const { edgeHeap, relayHeap, edgeUrl } = this.#watched;
    // workerd collects only when it is next at work.
    const work = setInterval(() => void this.#read(`${edgeUrl}/healthz`).catch(() => undefined), WORK_MS);
    const edgeHeapMb = (await edgeHeap.read().finally(() => clearInterval(work))) / MB;
    const relayHeapMb = (await relayHeap.read()) / MB;
    const { atS, memory } = await this.sample();
    return { atS, ...memory, edgeHeapMb, relayHeapMb };
  }

  /** By outcome, since the relay began. */
  async relayTotals(name: string): Promise<ReadonlyMap<string, number>> {
    const totals = new Map<string, number>();
    for (const line of (await this.#read(`${this.#watched.relayUrl}/metrics`)).split('\n')) {
      if (!line.startsWith(`passerelle_relay_${name}{`)) continue;
      const outcome = /outcome="([^"]*)"/.exec(line)?.[1] ?? '';
      totals.set(outcome, (totals.get(outcome) ?? 0) + Number(line.slice(line.lastIndexOf(' '))));
    }
    return totals;
  }

  close(): Promise<void> {
    this.#watched.edgeHeap.close();
    this.#watched.relayHeap.close();
    return this.#agent.close();
  }

  async #read(url: string, token?: string): Promise<string> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const reply = await request(url, { headers, dispatcher: this.#agent });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`${new URL(url).pathname}: ${reply.statusCode}`);
    return text;
  }
}

interface HubState {
  readonly searches: number;
  readonly relays: readonly { readonly load: number }[];
}

/** Sum of one metric over its labels, or over those that hold `label`. Prometheus text. */
export function sumOf(metrics: string, name: string, label = ''): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Names of the counts that are not back where they were. */
export function above(start: Counts, end: Counts): readonly (keyof Counts)[] {
  return (Object.keys(start) as (keyof Counts)[]).filter((name) => end[name] > start[name]);
}

async function readRss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function countSockets(pid: number): Promise<number> {
  const fds = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link.startsWith('socket:')).length;
}

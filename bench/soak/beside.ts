// What works beside the ordinary traffic of bench/soak/attack.ts, in a process of its own that gives way to all others: by
// turns the attackers, and partners who ask for as much and do no harm. Argument: its settings as JSON; takes its orders from
// the process that started it, and answers each when it is done.

import { getPriority, setPriority } from 'node:os';
import { HostileCaller, HostileVendor, Strangers } from './attackers.ts';
import { BusyCaller, BusyVendor, type Load } from './partners.ts';

export interface BesideSettings {
  readonly niceness: number;
  readonly edgeUrl: string;
  /** Scope `system/Slot.s`, of a caller that is not the ordinary one. */
  readonly token: string;
  readonly seed: number;
  /** Of the relay's mTLS port, on loopback. */
  readonly port: number;
  /** Control port of the vendor that turns hostile. */
  readonly controlUrl: string;
  /** Files of a vendor's client certificate. */
  readonly client: { readonly certFile: string; readonly keyFile: string };
}

export type BesideOrder =
  | { readonly kind: 'attack' }
  | { readonly kind: 'keep-busy'; readonly load: Load }
  | { readonly kind: 'pause' };

/** Once an order is done. After `pause`: what was taken in since the order before. */
export interface BesideDone {
  readonly load: Load;
  /** Lines for people, of all that was done since the start. */
  readonly told: readonly string[];
}

const settings = JSON.parse(process.argv[2] ?? '') as BesideSettings;
setPriority(Math.min(getPriority() + settings.niceness, 19));

const { edgeUrl, token, seed, port } = settings;
const vendor = new HostileVendor(settings.controlUrl, seed);
const caller = new HostileCaller(edgeUrl, token, seed);
const strangers = new Strangers(port);
const busyCaller = new BusyCaller(edgeUrl, token, seed);
const busyVendor = await BusyVendor.open(port, settings.client);
const all = [vendor, caller, strangers, busyCaller, busyVendor];
let sinceMs = performance.now();

process.on('message', (order: BesideOrder) => void obey(order));
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ event: 'beside-ready' })}\n`);

async function obey(order: BesideOrder): Promise<void> {
  let load = { searchesPerS: 0, streamsPerS: 0, handshakesPerS: 0 };
  if (order.kind === 'pause') {
    const seconds = (performance.now() - sinceMs) / 1_000;
    await Promise.all(all.map((one) => one.pause()));
    const { searches, streams } = caller.takeAdmitted();
    const handshakes = strangers.takeHandshakes();
    load = {
      searchesPerS: searches / seconds,
      streamsPerS: streams / seconds,
      handshakesPerS: handshakes / seconds,
    };
  } else {
    sinceMs = performance.now();
    if (order.kind === 'attack') for (const one of [vendor, caller, strangers]) one.start();
    else for (const one of [busyCaller, busyVendor]) one.start(order.load);
  }
  process.send?.({ load, told: all.map((one) => one.tell()) } satisfies BesideDone);
}

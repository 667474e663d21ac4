// What each soak runs against: simulated vendors, the built edge in workerd and relays, each a process of its own; how long,
// how often and with which chances it asks; how it ends.

import { join } from 'node:path';
import { wholeNumber } from '../../sandbox/base/flags.ts';
import type { Child } from '../../sandbox/platform/child.ts';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { waitUntilReady } from '../../sandbox/platform/examples.ts';
import { startLocalRelay } from '../../sandbox/platform/local/relay.ts';
import { type LocalState, openLocalState } from '../../sandbox/platform/local/state.ts';
import type { Vendors } from '../stage.ts';

/** Flags of the soaks. */
export const SEED = {
  kind: 'text',
  hint: 'N',
  check: wholeNumber(0, 2 ** 31),
  about: 'graine ; une neuve sinon',
} as const;
export const minutes = <const D extends string>(standard: D) =>
  ({ kind: 'text', hint: 'N', default: standard, check: wholeNumber(1, 10_080), about: 'durée' }) as const;
export const searchesPerSecond = <const D extends string>(standard: D) =>
  ({
    kind: 'text',
    hint: 'N',
    default: standard,
    check: wholeNumber(1, 1_000),
    about: 'recherches par seconde',
  }) as const;
export const seedOf = (given: string | undefined): number =>
  Number(given ?? Math.floor(Math.random() * 2 ** 31));

export interface SystemOptions {
  readonly vendors: Vendors;
  /** After how long each vendor answers, with two slots a practitioner. */
  readonly latencyMs: number;
  /** Of the edge, over the local ones. */
  readonly settings: Readonly<Record<string, string>>;
  /** The edge's code; by default it is built. */
  readonly script?: string;
  /** Each with the vendors that it serves, in the order in which they start. */
  readonly relays: readonly (readonly [id: string, served: Vendors['list']])[];
  /** Whether the relays open their mTLS ports. */
  readonly isListening?: boolean;
  /** Opens V8's inspector in the edge and in the relays. */
  readonly isInspected?: boolean;
  /** Hears each log line of the edge and of the relays. */
  readonly onLog?: (line: string) => void;
}

export interface System {
  readonly edge: EdgeProcess;
  readonly state: LocalState;
  readonly relays: readonly Child[];
  /** The mTLS port of the relay that started last; 0 without one. */
  readonly listenPort: number;
}

/** Starts it, lets `soak` find what is not kept, prints that, ends with 1 if there is any, and leaves nothing behind. */
export async function soakSystem(
  options: SystemOptions,
  soak: (system: System) => Promise<readonly string[]>,
): Promise<void> {
  const { vendors, isListening = false, isInspected = false } = options;
  const closing: (() => Promise<unknown>)[] = [() => vendors.close()];
  let listenPort = 0;
  const onLog = (line: string): void => {
    if (line.includes('"relay-listening"')) listenPort = Number(/"port":(\d+)/.exec(line)?.[1] ?? listenPort);
    options.onLog?.(line);
  };
  try {
    await vendors.set({ latencyMs: options.latencyMs, slotsPerPractitioner: 2 });
    const state = await openLocalState(join(vendors.dir, 'edge'));
    const edge = await startLocalEdge({
      host: '127.0.0.1',
      port: 0,
      stateDir: state.dir,
      settings: options.settings,
      ...(options.script !== undefined && { script: options.script }),
      inspect: isInspected,
      onLog,
    });
    closing.push(() => edge.close());
    if (isInspected) process.env.NODE_OPTIONS = '--inspect=127.0.0.1:0';
    const relays: Child[] = [];
    for (const [id, served] of options.relays) {
      const relay = await startLocalRelay({
        id,
        dir: join(vendors.dir, id),
        edgeUrl: edge.url,
        edgeStateDir: state.dir,
        pki: vendors.pki,
        vendors: served.map(({ id: name, url }) => ({ id: name, name, url })),
        adminPort: 0,
        ...(isListening && { listenPort: 0 }),
        onLog,
      });
      closing.push(() => relay.stop());
      relays.push(relay);
      await waitUntilReady(edge.url);
    }
    const problems = await soak({ edge, state, relays, listenPort });
    for (const problem of problems) console.log(`not kept: ${problem}`);
    if (problems.length === 0) console.log('every bound is kept');
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    for (const end of closing.reverse()) await end();
  }
}

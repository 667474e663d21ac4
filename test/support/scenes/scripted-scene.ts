// An edge and scripted relays on its link, without any vendor: the hub alone, steered plan by plan.

import { signToken } from '../../../sandbox/platform/local/state.ts';
import { RelayKeys, ScriptedRelay, type ScriptedVendor } from '../doubles/scripted-relay.ts';
import { until } from '../wait/until.ts';
import { type SearchAnswer, System } from './system.ts';

export interface HubState {
  readonly relays: readonly { readonly id: string; readonly state: string; readonly load: number }[];
  readonly searches: number;
  readonly calls: number;
  readonly breakers: Readonly<Record<string, string>>;
  readonly unsaved?: { readonly relays: readonly string[]; readonly failed: number };
}

export class ScriptedScene {
  readonly system: System;
  readonly #keys: RelayKeys;
  readonly #admin: string;
  readonly #relays: ScriptedRelay[] = [];

  private constructor(system: System, keys: RelayKeys, admin: string) {
    this.system = system;
    this.#keys = keys;
    this.#admin = admin;
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<ScriptedScene> {
    const keys = new RelayKeys('relay-a', 'relay-b').with('stranger');
    const system = await System.start({
      vendors: [],
      relay: false,
      settings: { ...settings, ...keys.settings },
    });
    return new ScriptedScene(system, keys, await signToken(system.state, 'admin'));
  }

  /** The edge can ask it for these vendors from now on; `outOfOrder`: those whose entries there are broken. */
  async join(
    id: string,
    editors: readonly ScriptedVendor[] = ['agenda-s'],
    instance?: string,
    outOfOrder: readonly string[] = [],
  ): Promise<ScriptedRelay> {
    const { url } = this.system;
    const relay = await ScriptedRelay.join(url, this.#keys, id, editors, instance, outOfOrder);
    this.#relays.push(relay);
    await until('D1 knows its vendors', async () => (await this.hub()).unsaved === undefined);
    return relay;
  }

  admin(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#admin}`, 'Content-Type': 'application/json' };
    return this.system.fetch(path, { ...init, headers });
  }

  async hub(): Promise<HubState> {
    return (await (await this.admin('/admin/relays')).json()) as HubState;
  }

  /** The relays have gone; nothing of them is left at the edge. */
  closeRelays(): void {
    for (const relay of this.#relays.splice(0)) relay.close();
  }

  async stop(): Promise<void> {
    this.closeRelays();
    await this.system.stop();
  }
}

/** Of the ledger's first issue: `reason`, `since`… */
export function told({ ledger }: SearchAnswer, key: string): string | undefined {
  return new RegExp(`${key}=(\\S+)`).exec(ledger[0]?.diagnostics ?? '')?.[1];
}

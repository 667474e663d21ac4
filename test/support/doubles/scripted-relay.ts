// A relay on the edge's real link that answers when a test says so, and what it says: for what the hub makes of relays
// that drain, refuse, fall silent or are of another version. It calls no vendor.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import { WebSocket } from 'ws';
import { linkUrl } from '../../../relay/link/link.ts';
import { signRelayToken } from '../../../relay/link/token.ts';
import { answerNothing } from '../../../relay/reading/answer-reading.ts';
import type { VendorFailure } from '../../../shared/failure.ts';
import type { AccountReply, AccountRequest } from '../../../shared/link/accounts.ts';
import { writeAnswerLines, writeFrame } from '../../../shared/link/answer-frame.ts';
import { type EditorAnnouncement, type HubApi, LINK_AUDIENCE, LINK_PATH } from '../../../shared/link/hub.ts';
import type { SearchPlan } from '../../../shared/link/relay.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { until } from '../wait/until.ts';

/** Keys of relays, for an edge that is to trust them from its start. */
export class RelayKeys {
  readonly #keys = new Map<string, KeyObject>();

  /** Relays of one operator: they share a key. */
  constructor(...ids: readonly string[]) {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const id of ids) this.#keys.set(id, privateKey);
  }

  /** Relays of strangers beside these: each has a key of its own. */
  with(...ids: readonly string[]): this {
    for (const id of ids) this.#keys.set(id, generateKeyPairSync('ed25519').privateKey);
    return this;
  }

  /** Settings of the edge. */
  get settings(): { readonly RELAY_JWKS: string } {
    const keys = [...this.#keys].map(([kid, key]) => ({
      ...createPublicKey(key).export({ format: 'jwk' }),
      kid,
      alg: 'EdDSA',
    }));
    return { RELAY_JWKS: JSON.stringify({ keys }) };
  }

  /** For the first hub of the edge at `edgeUrl`. */
  sign(id: string, edgeUrl: string): Promise<string> {
    const key = this.#keys.get(id);
    if (key === undefined) throw new Error(`no key of ${id}`);
    const request = { audience: LINK_AUDIENCE, method: 'GET', target: LINK_PATH };
    return signRelayToken({ key, relayId: id, edgeUrl }, request, Date.now());
  }
}

/** A vendor as a relay announces it: its id alone, or more of it. */
export type ScriptedVendor = string | (Partial<EditorAnnouncement> & Pick<EditorAnnouncement, 'id'>);

/** A plan that has arrived. */
export class ArrivedPlan {
  readonly plan: SearchPlan;
  readonly #send: (frame: string) => void;
  readonly #done = Promise.withResolvers<void>();
  readonly #open: Set<number>;
  readonly cancelled: number[] = [];

  constructor(plan: SearchPlan, send: (frame: string) => void) {
    this.plan = plan;
    this.#send = send;
    this.#open = new Set(plan.calls.keys());
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Answers one call: with no slots, unless `over` says otherwise. */
  answer(call: number, over: Partial<CallAnswer> = {}): void {
    const { failure: _none, ...nothing } = answerNothing(call, { reason: 'internal' });
    const said = { ...nothing, durationMs: 5, ...over, call };
    const { failure, durationMs } = said;
    const heads = [{ call, durationMs, ...(failure && { failure }) }];
    this.#send(writeFrame({ search: this.plan.id, heads, body: writeAnswerLines(said) }));
    this.#end(call);
  }

  /** Answers all that is open. */
  answerAll(over: Partial<CallAnswer> = {}): void {
    for (const call of [...this.#open]) this.answer(call, over);
  }

  failAll(reason: VendorFailure): void {
    this.answerAll({ failure: { reason } });
  }

  cancel(calls: readonly number[] = [...this.plan.calls.keys()]): void {
    this.cancelled.push(...calls);
    for (const call of calls) this.#end(call);
  }

  refuse(): void {
    this.#done.reject(new Error('plan refused'));
  }

  #end(call: number): void {
    this.#open.delete(call);
    if (this.#open.size === 0) this.#done.resolve();
  }
}

export class ScriptedRelay {
  readonly plans: ArrivedPlan[] = [];
  /** What it does with a plan as soon as it arrives; nothing unless a test says so. */
  onPlan: (arrived: ArrivedPlan) => void = () => undefined;
  /** What a vendor answers to a message about an account; nothing is at hand unless a test says so. */
  onAccount: (request: AccountRequest) => AccountReply = () => {
    throw new Error('no account is expected');
  };
  readonly socket: WebSocket;
  /** How often the edge has told it that a message to an LRM is due. */
  dueCalls = 0;
  /** Close code of the edge, once it has closed. */
  closedWith: number | undefined;
  readonly #hub: RpcStub<HubApi>;
  readonly #id: string;

  private constructor(id: string, socket: WebSocket) {
    this.#id = id;
    this.socket = socket;
    const served = new Served(this);
    this.#hub = newWebSocketRpcSession<HubApi>(socket as unknown as globalThis.WebSocket, served);
  }

  /** Resolves when the edge can ask it for these vendors. */
  static async join(
    edgeUrl: string,
    keys: RelayKeys,
    id: string,
    editors: readonly ScriptedVendor[],
    instance?: string,
    outOfOrder: readonly string[] = [],
  ): Promise<ScriptedRelay> {
    const socket = new WebSocket(linkUrl(edgeUrl), {
      headers: { authorization: `Bearer ${await keys.sign(id, edgeUrl)}` },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    const relay = new ScriptedRelay(id, socket);
    socket.once('close', (code) => {
      relay.closedWith = code;
    });
    await relay.announce(editors, instance, outOfOrder);
    return relay;
  }

  /** The nth plan, once it is here. */
  async arrived(count: number): Promise<ArrivedPlan> {
    await until(`plan ${count} of ${this.#id}`, () => this.plans.length >= count);
    const plan = this.plans[count - 1];
    if (plan === undefined) throw new Error('no such plan');
    return plan;
  }

  async drain(): Promise<void> {
    await this.#hub.drain();
  }

  close(): void {
    this.socket.terminate();
  }

  /** Replaces what it said before. */
  async announce(
    editors: readonly ScriptedVendor[],
    instance?: string,
    outOfOrder: readonly string[] = [],
    hubSante?: string,
  ): Promise<void> {
    await this.#hub.announce({
      relay: this.#id,
      ...(hubSante !== undefined && { hubSante }),
      ...(instance !== undefined && { instance }),
      version: 'scripted',
      editors: [...editors, ...outOfOrder].map((said) => {
        const id = typeof said === 'string' ? said : said.id;
        return {
          name: id,
          flows: ['INT_R01'],
          redirectHosts: [],
          certificateNotAfter: '2030-01-01T00:00:00Z',
          ...(outOfOrder.includes(id) && { outOfOrder: true }),
          ...(typeof said === 'string' ? { id } : said),
        };
      }),
    });
  }
}

class Served extends RpcTarget {
  readonly #relay: ScriptedRelay;

  constructor(relay: ScriptedRelay) {
    super();
    this.#relay = relay;
  }

  async search(plan: SearchPlan): Promise<void> {
    const arrived = new ArrivedPlan(plan, (frame) => this.#relay.socket.send(frame));
    this.#relay.plans.push(arrived);
    this.#relay.onPlan(arrived);
    await arrived.done;
  }

  sendAccount(request: AccountRequest): AccountReply {
    return this.#relay.onAccount(request);
  }

  publishDue(): void {
    this.#relay.dueCalls += 1;
  }

  cancel(id: string, calls?: readonly number[]): void {
    for (const arrived of this.#relay.plans) if (arrived.plan.id === id) arrived.cancel(calls);
  }
}

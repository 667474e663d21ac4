// The running system for tests and benches: simulated vendors in this process over real mTLS, the relay as a
// process of its own, the edge in workerd with its D1. Everything on loopback and free ports, in a temporary
// folder with fresh certificates; `stop` leaves nothing behind.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Bundle, OperationOutcome, OperationOutcomeIssue } from 'fhir/r4';
import {
  ensureIdentityKey,
  readIdentityKey,
  toPublicJwk,
  trustLocally,
} from '../../../relay/link/identity-key.ts';
import { ensureSandboxPki, type SandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { type Child, startChild } from '../../../sandbox/platform/child.ts';
import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import { type LocalHubSante, writeRelayConfig } from '../../../sandbox/platform/local/relay.ts';
import { type LocalState, openLocalState, signToken } from '../../../sandbox/platform/local/state.ts';
import { startVendor, type Vendor, type VendorOptions } from '../../../sandbox/vendors/vendor.ts';
import { TEST_KEYS } from '../samples/rsa-keys.ts';
import { removeFolder } from '../wait/remove-folder.ts';
import { until } from '../wait/until.ts';
import { mortalWorker, startBuiltEdge } from './built/edge.ts';
import { builtRelay } from './built/relay.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface SystemOptions {
  readonly vendors?: readonly VendorOptions[];
  /** Settings of the edge over the local ones, e.g. `DEADLINE_MS`. Nothing is kept of answers unless `CACHE_TTL_S` says so. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly flows?: readonly string[];
  /** False: the edge and the vendors only. */
  readonly relay?: boolean;
  /** Its hub can be ended, its databases can hang: `endHub`, `hang`. */
  readonly isMortal?: boolean;
  /** The Worker's code, and that of the hub behind it. */
  readonly scripts?: Readonly<Record<'script' | 'hubScript', () => Promise<string>>>;
  /** Absolute path of another relay than these sources's. */
  readonly relayFile?: string;
}

export const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
/**
 * Nothing is kept, and no answer is cut short: a vendor that is to time out has a deadline of its own. The schedule runs when
 * a test runs it.
 */
const UNHURRIED = { CACHE_TTL_S: '0', DEADLINE_MS: '25000', SCHEDULE_S: '3600' };
const THREE_VENDORS: readonly VendorOptions[] = [{ seed: 1 }, { seed: 2 }, { seed: 3 }];

export class System {
  readonly dir: string;
  readonly pki: SandboxPki;
  readonly vendors: readonly Vendor[];
  readonly state: LocalState;
  readonly edgeLog: string[] = [];
  readonly relayLog: string[] = [];
  readonly #options: SystemOptions;
  #edge: EdgeProcess | undefined;
  relay: Child | undefined;
  token = '';
  readonly #introduced = new Set<string>();
  #port = 0;
  #admin: string | undefined;

  private constructor(
    dir: string,
    pki: SandboxPki,
    vendors: readonly Vendor[],
    state: LocalState,
    options: SystemOptions,
  ) {
    this.dir = dir;
    this.pki = pki;
    this.vendors = vendors;
    this.state = state;
    this.#options = options;
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const dir = await mkdtemp(join(tmpdir(), 'passerelle-'));
    const wanted = options.vendors ?? THREE_VENDORS;
    const ids = wanted.map(({ id, seed }) => id ?? `agenda-${String.fromCharCode(96 + seed)}`);
    const pki = await ensureSandboxPki(join(dir, 'pki'), { vendorIds: ids, ...TEST_KEYS });
    const vendors = await Promise.all(
      wanted.map((vendor, i) => startVendor({ ...vendor, id: ids[i] ?? '', pki: join(dir, 'pki') })),
    );
    const state = await openLocalState(join(dir, 'edge'));
    const system = new System(dir, pki, vendors, state, options);
    // Before the edge runs, which restarts its Worker for each key that comes later.
    if (options.relay !== false) for (const id of ['relay-a', 'relay-b']) system.#introduce(id);
    system.token = await signToken(state, 'system/Slot.s');
    await system.startEdge();
    if (options.relay !== false) await system.startRelay();
    return system;
  }

  get url(): string {
    return this.#edge?.url ?? '';
  }

  /** The running edge: its schedule, its database. */
  get edge(): EdgeProcess {
    if (this.#edge === undefined) throw new Error('the edge is stopped');
    return this.#edge;
  }

  /** `settings`: over those of the system's start. */
  async startEdge(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { scripts } = this.#options;
    this.#edge = await startBuiltEdge({
      port: this.#port,
      stateDir: this.state.dir,
      settings: { ...UNHURRIED, ...this.#options.settings, ...settings },
      ...(this.#options.isMortal === true && { script: await mortalWorker() }),
      ...(scripts && { script: await scripts.script(), hubScript: await scripts.hubScript() }),
      onLog: (line) => this.edgeLog.push(line),
    });
    this.#port = Number(new URL(this.#edge.url).port);
  }

  /** Ends the hub as the platform does: without a word, in the midst of everything. */
  async endHub(name = 'hub'): Promise<void> {
    const hub = await this.edge.object('RELAY_HUB', name);
    await hub.fetch('https://hub/end').catch(() => undefined);
  }

  /** A moment later the hub ends, and its storage with it. */
  async loseHub(name = 'hub'): Promise<void> {
    const hub = await this.edge.object('RELAY_HUB', name);
    await hub.fetch('https://hub/perish');
  }

  /** From now on a hub ends as soon as it is asked anything, or lives again. */
  async setDown(name: string, isDown = true): Promise<void> {
    const hub = await this.edge.object('RELAY_HUB', name);
    await hub.fetch(`https://hub/${isDown ? 'down' : 'up'}`).catch(() => undefined);
  }

  /** From now on a database answers nothing, or all answer again. */
  async hang(binding: string, isHanging = true): Promise<void> {
    await this.fetch(isHanging ? `/test/silence?binding=${binding}` : '/test/speech');
  }

  async stopEdge(): Promise<void> {
    await this.#edge?.close();
    this.#edge = undefined;
  }

  /** Starts a relay and waits until the edge can ask it and D1 knows of it. `over`: another file than the system's own. */
  async startRelay(
    id = 'relay-a',
    over: {
      readonly vendors?: readonly string[];
      readonly flows?: readonly string[];
      readonly hubSante?: LocalHubSante;
      /** Vendors that are sent `traceparent`. */
      readonly traced?: readonly string[];
      /** False: D1 cannot save what it announces. */
      readonly isSaved?: boolean;
    } = {},
  ): Promise<Child> {
    const flows = over.flows ?? this.#options.flows;
    const saved = this.#savedAnnouncements(id);
    const vendors = this.vendors.filter((vendor) => over.vendors?.includes(vendor.id) ?? true);
    this.#introduce(id);
    const config = await writeRelayConfig({
      id,
      dir: join(this.dir, id),
      edgeUrl: this.url,
      pki: this.pki,
      vendors: vendors.map((vendor) => ({
        id: vendor.id,
        name: vendor.id.replace('agenda-', 'Agenda '),
        url: vendor.url,
        traceparent: over.traced?.includes(vendor.id) === true,
      })),
      ...(flows === undefined ? {} : { flows }),
      ...(over.hubSante && { hubSante: over.hubSante }),
      adminPort: 0,
      listenPort: 0,
    });
    const child = await startChild({
      command: [relative(ROOT, this.#options.relayFile ?? builtRelay()), '--config', config],
      readyEvent: 'relay-ready',
      onLine: (line) => this.relayLog.push(line),
    });
    this.relay = child;
    await until('the edge can ask it', async () => (await this.fetch('/readyz').catch(() => undefined))?.ok);
    if (over.isSaved !== false) {
      await until('D1 knows the relay', () => this.#savedAnnouncements(id) > saved);
    }
    return child;
  }

  #savedAnnouncements(relay: string): number {
    const isSaved = (line: string): boolean =>
      line.includes('"announcement-saved"') && line.includes(`"relay":"${relay}"`);
    return this.edgeLog.filter(isSaved).length;
  }

  /** What `npm run relay -- --print-jwk --generate-key --trust` does in a process of its own. */
  #introduce(id: string): void {
    if (this.#introduced.has(id)) return;
    this.#introduced.add(id);
    const file = join(this.dir, id, 'link.key.pem');
    ensureIdentityKey(file);
    const key = readIdentityKey(file);
    if (!key.ok) throw new Error(key.error.text);
    trustLocally(this.state.dir, toPublicJwk(key.value, id));
  }

  /** Where the newest relay takes appointments. */
  get appointmentPort(): number {
    const line = this.relayLog.findLast((one) => one.includes('"message":"relay-listening"'));
    if (line === undefined) throw new Error('no relay takes appointments');
    return Number((JSON.parse(line) as { port: number }).port);
  }

  /** The FHIR base that vendors tell appointments to. */
  get inboundUrl(): string {
    return `https://127.0.0.1:${this.appointmentPort}/fhir`;
  }

  vendor(id: string): Vendor {
    const vendor = this.vendors.find((item) => item.id === id);
    if (vendor === undefined) throw new Error(`no vendor ${id}`);
    return vendor;
  }

  /** What the edge waits for this vendor, milliseconds; undefined: as long as for a search. */
  async limit(id: string, deadlineMs?: number): Promise<void> {
    this.#admin ??= await signToken(this.state, 'admin');
    const response = await this.fetch(`/admin/editors/${id}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${this.#admin}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ deadlineMs: deadlineMs ?? null }),
    });
    if (!response.ok) throw new Error(`no deadline for ${id}: ${response.status}`);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('Authorization')) headers.set('Authorization', `Bearer ${this.token}`);
    // The edge closes what is idle for five seconds, and a test that computes for so long would send into it.
    headers.set('Connection', 'close');
    return fetch(`${this.url}${path}`, { redirect: 'manual', ...init, headers });
  }

  async search(path: string, init: RequestInit = {}): Promise<SearchAnswer> {
    const startedMs = performance.now();
    const response = await this.fetch(path, init);
    const text = await response.text();
    return new SearchAnswer(response, text, performance.now() - startedMs);
  }

  async stop(): Promise<void> {
    await this.relay?.stop();
    await this.stopEdge();
    await Promise.all(this.vendors.map((vendor) => vendor.close()));
    await removeFolder(this.dir);
  }
}

export class SearchAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly durationMs: number;

  constructor(response: Response, text: string, durationMs: number) {
    this.status = response.status;
    this.headers = response.headers;
    this.text = text;
    this.durationMs = durationMs;
  }

  get bundle(): Bundle {
    return JSON.parse(this.text) as Bundle;
  }

  get outcome(): OperationOutcome {
    return JSON.parse(this.text) as OperationOutcome;
  }

  /** Resources of one type, in the Bundle's order. */
  resources<T extends { resourceType: string }>(type: T['resourceType']): T[] {
    const found = (this.bundle.entry ?? []).flatMap(({ resource }) =>
      resource?.resourceType === type ? [resource] : [],
    );
    return found as unknown as T[];
  }

  /** Issues of the ledger entry; none when the Bundle has none. */
  get ledger(): readonly OperationOutcomeIssue[] {
    return this.resources<OperationOutcome>('OperationOutcome').flatMap(({ issue }) => issue);
  }

  /** The ledger as identifier → state. */
  get states(): Map<string, string> {
    const states = new Map<string, string>();
    for (const { details, diagnostics } of this.ledger) {
      const state = details?.coding?.[0]?.code ?? '';
      const listed = /(?:^| )subjects=(\S*)/.exec(diagnostics ?? '')?.[1] ?? '';
      for (const item of listed.split(',')) if (item !== '') states.set(item.split(':')[0] ?? '', state);
    }
    return states;
  }
}

export interface SearchWindow {
  readonly from: string;
  readonly to: string;
}

/** The full hour after the next: of what begins later nothing begins while a file's tests run, and all of them ask the same. */
const LATER = new Date(Math.ceil(Date.now() / 3_600_000 + 1) * 3_600_000);

/** From then on for so many hours, on the UTC clock. */
export function windowOf(hours = 60, from = LATER): SearchWindow {
  const text = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
  return { from: text(from.getTime()), to: text(from.getTime() + hours * 3_600_000) };
}

/** Two days. */
export const laterWindow = (): SearchWindow => windowOf(48);

const encode = (text: string): string => text.replaceAll('+', '%2B');

/** The path SAS asks for INT_R01, or for INT_R04 with `cpts`. */
export function slotPath(subjects: readonly string[], window = windowOf(), cpts = false): string {
  const services = cpts
    ? '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization'
    : '';
  return (
    `/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor${services}` +
    `&start=ge${encode(window.from)}&start=le${encode(window.to)}&status=free` +
    `&schedule.actor:Practitioner.identifier=${subjects.map((subject) => `${IDNPS}%7C${subject}`).join(',')}`
  );
}

/** The path SAS asks for SOS Médecins. */
export function schedulePath(subjects: readonly string[], window = windowOf()): string {
  return (
    '/fhir/Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization' +
    `&_has:Slot:schedule:start=ge${encode(window.from)}&_has:Slot:schedule:start=le${encode(window.to)}` +
    '&_has:Slot:schedule:status=free' +
    `&actor:Location.organization.identifier=${subjects.map((subject) => `${IDNST}%7C${subject}`).join(',')}`
  );
}

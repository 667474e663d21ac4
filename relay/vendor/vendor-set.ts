// The vendors this relay serves now. A reload reads the settings and every file again, builds what changed, then
// swaps: calls that run keep the client they started with. A vendor whose entry or files are broken keeps its old
// client; without one it is announced as out of order, so that the edge does not take it for absent, and a call to it
// fails as `not-served`. It costs the others nothing. Settings that cannot be read change nothing at all.

import type { EditorAnnouncement } from '../../shared/link/hub.ts';
import {
  type BrokenEditor,
  type EditorConfig,
  fieldsOf,
  type ListenConfig,
  type RelayConfig,
  readConfig,
} from '../base/config.ts';
import { isBlocking, type Problem } from '../base/problem.ts';
import { type Certificates, isInForce, loadCertificates } from '../certificates/certificates.ts';
import type { HeldLists } from '../certificates/held-lists.ts';
import { type ListMarks, scopeOf } from '../certificates/list-marks.ts';
import type { Readers } from '../reading/readers.ts';
import { VendorClient } from './vendor-client.ts';

/** Of an announcement: no certificate could be read, so no date is true. */
const NO_DATE = new Date(0).toISOString();

export interface Reloaded {
  readonly changed: boolean;
  /** What kept something old in place, or is past its date. */
  readonly problems: readonly Problem[];
  /** Fields outside `editors` that changed: they take effect at the next start. */
  readonly needRestart: readonly string[];
}

interface Kept {
  readonly client: VendorClient;
  readonly key: string;
}

/** `old`: its entry is broken and what served before still does. `none`: broken, and nothing serves it. */
export type VendorState = 'served' | 'old' | 'none';

type Named = Pick<BrokenEditor, 'id' | 'name' | 'flows' | 'redirectHosts'> &
  Partial<Pick<EditorConfig, 'appointmentSystem'>>;

/** One of a process; `reload` never throws, its problems are French sentences. */
export class VendorSet {
  readonly #file: string;
  readonly #marks: ListMarks;
  readonly #readers: Readers;
  #config: RelayConfig;
  #vendors: ReadonlyMap<string, Kept> = new Map();
  #clients: ReadonlyMap<string, VendorClient> = new Map();
  /** The entries that are broken, with or without an older client. */
  #broken: ReadonlyMap<string, Named> = new Map();
  readonly #retiring = new Set<Promise<void>>();

  private constructor(file: string, config: RelayConfig, marks: ListMarks, readers: Readers) {
    this.#file = file;
    this.#marks = marks;
    this.#readers = readers;
    this.#config = config;
  }

  /** `file` absolute: it is read again wherever the process then stands. */
  static open(
    file: string,
    config: RelayConfig,
    marks: ListMarks,
    readers: Readers,
  ): { readonly set: VendorSet; readonly problems: readonly Problem[] } {
    const set = new VendorSet(file, config, marks, readers);
    return { set, problems: set.#replace(config) };
  }

  get clients(): ReadonlyMap<string, VendorClient> {
    return this.#clients;
  }

  states(): ReadonlyMap<string, VendorState> {
    const states = new Map<string, VendorState>([...this.#clients.keys()].map((id) => [id, 'served']));
    for (const id of this.#broken.keys()) states.set(id, states.has(id) ? 'old' : 'none');
    return states;
  }

  reload(): Reloaded {
    const config = readConfig(this.#file);
    if (!config.ok) return { changed: false, problems: config.error, needRestart: [] };
    const before = JSON.stringify(this.announce());
    const clients = this.#clients;
    const old = this.#config;
    const needRestart: string[] = (['relayId', 'edge', 'admin', 'stateFolder'] as const).filter((field) =>
      differ(config.value[field], old[field]),
    );
    if (differ(settledAtStart(config.value.listen), settledAtStart(old.listen))) needRestart.push('listen');
    if (config.value.hubSante?.clientId !== old.hubSante?.clientId) needRestart.push('hubSante');
    const problems = this.#replace(config.value);
    const changed =
      before !== JSON.stringify(this.announce()) ||
      [...this.#clients].some(([id, client]) => clients.get(id) !== client);
    return { changed, problems, needRestart };
  }

  /** The revocation lists that serve, by the scope of their marks. */
  lists(): ReadonlyMap<string, HeldLists> {
    return new Map(
      [...this.#clients].flatMap(
        ([
          id,
          {
            certificates: { trust },
          },
        ]) => (trust.lists === undefined ? [] : [[scopeOf(id), trust.lists]]),
      ),
    );
  }

  /** As last read in order. */
  get config(): RelayConfig {
    return this.#config;
  }

  /** Everything the set was read from. */
  files(): readonly string[] {
    const ofEditors = this.#config.editors.flatMap((vendor) => [
      vendor.certFile,
      vendor.keyFile,
      vendor.caFile,
      ...(vendor.clientCaFile === undefined ? [] : [vendor.clientCaFile]),
      ...vendor.crlFiles,
    ]);
    return [this.#file, ...ofEditors];
  }

  announce(): readonly EditorAnnouncement[] {
    const served = [...this.#clients.values()].map(({ editor, certificates }) =>
      announced(editor, new Date(certificates.notAfterMs).toISOString()),
    );
    const out = [...this.#broken.values()].filter(({ id }) => !this.#clients.has(id));
    return [...served, ...out.map((one) => ({ ...announced(one, NO_DATE), outOfOrder: true }))];
  }

  /** Resolves when every connection is closed. */
  async close(): Promise<void> {
    for (const { client } of this.#vendors.values()) this.#retire(client);
    await Promise.all(this.#retiring);
  }

  #replace(config: RelayConfig): readonly Problem[] {
    const problems: Problem[] = [];
    const next = new Map<string, Kept>();
    const broken = new Map<string, Named>(config.broken.map((one) => [one.id, one]));
    for (const one of config.broken) problems.push(...one.problems);
    const fields = fieldsOf(config.editors, config.broken);
    for (const [index, editor] of config.editors.entries()) {
      const found = this.#build(editor, fields[index] ?? '');
      problems.push(...found.problems.map((problem) => ({ ...problem, editor: editor.id })));
      if (found.kept === undefined) broken.set(editor.id, editor);
      else next.set(editor.id, found.kept);
    }
    for (const id of broken.keys()) {
      const old = this.#vendors.get(id);
      if (old !== undefined) next.set(id, old);
    }
    for (const [id, { client }] of this.#vendors) if (next.get(id)?.client !== client) this.#retire(client);
    this.#vendors = next;
    this.#clients = new Map([...next].map(([id, { client }]) => [id, client]));
    this.#broken = broken;
    this.#config = config;
    return problems;
  }

  /** Nothing is kept of an entry that is broken, or past its dates where the old one is not. */
  #build(
    vendor: EditorConfig,
    field: string,
  ): { readonly kept?: Kept; readonly problems: readonly Problem[] } {
    const nowMs = Date.now();
    const old = this.#vendors.get(vendor.id);
    const before = old?.client.certificates;
    const { certificates, problems } = loadCertificates(
      vendor,
      'client',
      field,
      nowMs,
      before,
      this.#marks.scoped(scopeOf(vendor.id)),
    );
    if (certificates === undefined || problems.some(isBlocking)) return { problems };
    if (before !== undefined && isInForce(before, nowMs) && !isInForce(certificates, nowMs)) {
      return { problems };
    }
    const key = `${certificates.digest} ${JSON.stringify(vendor)}`;
    return {
      kept: key === old?.key ? old : { client: this.#connect(vendor, certificates), key },
      problems,
    };
  }

  #connect(vendor: EditorConfig, certificates: Certificates): VendorClient {
    return new VendorClient(vendor, certificates, this.#readers.open(vendor.id));
  }

  #retire(client: VendorClient): void {
    const retired = client.retire();
    this.#retiring.add(retired);
    retired.then(() => this.#retiring.delete(retired));
  }
}

function announced(
  { id, name, flows, redirectHosts, appointmentSystem }: Named,
  certificateNotAfter: string,
): EditorAnnouncement {
  const sends = appointmentSystem === undefined ? {} : { appointmentSystem };
  return { id, name, flows, redirectHosts, ...sends, certificateNotAfter };
}

/** What of `listen` a reload cannot change. */
function settledAtStart(listen: ListenConfig | undefined): unknown {
  return listen && { host: listen.host, port: listen.port, limits: listen.limits };
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

// The vendors this relay serves now. A reload reads the settings and every file again, builds what changed, then
// swaps: calls that run keep the client they started with. A vendor whose new files are broken keeps its old
// client, so that it costs the others nothing; settings that cannot be read change nothing at all.

import type { EditorAnnouncement } from '../shared/link/hub.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { loadCertificates } from './certificates.ts';
import { type EditorConfig, type ListenConfig, type RelayConfig, readConfig } from './config.ts';
import { VendorClient } from './outbound.ts';
import { isBlocking, type Problem } from './problem.ts';

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

export class VendorSet {
  readonly #file: string;
  #config: RelayConfig;
  #vendors: ReadonlyMap<string, Kept> = new Map();
  #clients: ReadonlyMap<string, VendorClient> = new Map();
  readonly #retiring = new Set<Promise<void>>();

  private constructor(file: string, config: RelayConfig) {
    this.#file = file;
    this.#config = config;
  }

  /** At start everything must be in order; only dates may be past (they are in `problems` of the result). */
  static open(
    file: string,
    config: RelayConfig,
  ): Result<{ readonly set: VendorSet; readonly problems: readonly Problem[] }, readonly Problem[]> {
    const set = new VendorSet(file, config);
    const problems = set.#replace(config);
    return problems.some(isBlocking) ? err(problems) : ok({ set, problems });
  }

  get clients(): ReadonlyMap<string, VendorClient> {
    return this.#clients;
  }

  reload(): Reloaded {
    const config = readConfig(this.#file);
    if (!config.ok) return { changed: false, problems: config.error, needRestart: [] };
    const before = this.#clients;
    const old = this.#config;
    const needRestart: string[] = (['relayId', 'edge', 'admin'] as const).filter((field) =>
      differ(config.value[field], old[field]),
    );
    if (differ(settledAtStart(config.value.listen), settledAtStart(old.listen))) needRestart.push('listen');
    const problems = this.#replace(config.value);
    const changed =
      before.size !== this.#clients.size ||
      [...this.#clients].some(([id, client]) => before.get(id) !== client);
    return { changed, problems, needRestart };
  }

  /** As last read in order. */
  get config(): RelayConfig {
    return this.#config;
  }

  /** Everything the set was read from. */
  files(): readonly string[] {
    const ofEditors = this.#config.editors.flatMap((editor) => [
      editor.certFile,
      editor.keyFile,
      editor.caFile,
      ...(editor.clientCaFile === undefined ? [] : [editor.clientCaFile]),
      ...editor.crlFiles,
    ]);
    return [this.#file, ...ofEditors];
  }

  announce(): readonly EditorAnnouncement[] {
    return [...this.#clients.values()].map(({ editor, certificates }) => ({
      id: editor.id,
      name: editor.name,
      flows: editor.flows,
      redirectHosts: editor.redirectHosts,
      certificateNotAfter: new Date(certificates.notAfterMs).toISOString(),
    }));
  }

  /** Resolves when every connection is closed. */
  async close(): Promise<void> {
    for (const { client } of this.#vendors.values()) this.#retire(client);
    await Promise.all(this.#retiring);
  }

  #replace(config: RelayConfig): readonly Problem[] {
    const problems: Problem[] = [];
    const next = new Map<string, Kept>();
    config.editors.forEach((editor, index) => {
      const kept = this.#build(editor, `editors[${index}]`, problems);
      if (kept !== undefined) next.set(editor.id, kept);
    });
    for (const [id, { client }] of this.#vendors) if (next.get(id)?.client !== client) this.#retire(client);
    this.#vendors = next;
    this.#clients = new Map([...next].map(([id, { client }]) => [id, client]));
    this.#config = config;
    return problems;
  }

  #build(editor: EditorConfig, field: string, problems: Problem[]): Kept | undefined {
    const old = this.#vendors.get(editor.id);
    const loaded = loadCertificates(editor, 'client', field, Date.now());
    problems.push(...loaded.problems);
    if (loaded.certificates === undefined) return old;
    const key = `${loaded.certificates.digest} ${JSON.stringify(editor)}`;
    return key === old?.key ? old : { client: new VendorClient(editor, loaded.certificates), key };
  }

  #retire(client: VendorClient): void {
    const retired = client.retire();
    this.#retiring.add(retired);
    retired.then(() => this.#retiring.delete(retired));
  }
}

/** What of `listen` a reload cannot change. */
function settledAtStart(listen: ListenConfig | undefined): unknown {
  return listen && { host: listen.host, port: listen.port, limits: listen.limits };
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

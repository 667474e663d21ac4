// What learned routing knows, in the hub's memory: whose slots each vendor has shown, and when every vendor was last asked.
// A subject of whom nothing is known yet is asked of all vendors while D1 is read behind; what was read a while ago is
// read again behind. Bounded; the least recently asked leaves first. docs/cache.md.

import { LRUCache } from 'lru-cache';
import { log } from '../../../base/log.ts';
import { guardIdempotent } from '../../../store/guard.ts';
import type { SeenPair } from '../../../store/interfaced.ts';
import type { RoutingKnowledge } from './routing.ts';
import { knowledgeIn, knowledgeStatement, noteBroadcast } from './table.ts';

const SUBJECTS_MAX = 50_000;
/** A practitioner's declaration at the front's face is heard after so long. */
const FRESH_MS = 60_000;

interface Known {
  readonly holders: Set<string>;
  /** When every vendor was last asked, milliseconds. */
  broadcastMs: number | undefined;
  /** When D1 was last asked; also when it did not answer. */
  readMs: number;
}

/** What the hub knows of whom to ask. `scope`: of table.ts. */
export class HubRouting {
  readonly #db: D1Database;
  readonly #known = new LRUCache<string, Known>({ max: SUBJECTS_MAX });

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** What is known now; what is not is read behind. */
  recall(scope: string, subjects: readonly string[], nowMs: number): RoutingKnowledge {
    const holders = new Map<string, ReadonlySet<string>>();
    const broadcastMs = new Map<string, number>();
    const old: string[] = [];
    for (const subject of subjects) {
      const known = this.#known.get(keyOf(scope, subject));
      if (known === undefined || nowMs - known.readMs >= FRESH_MS) old.push(subject);
      if (known === undefined) continue;
      if (known.holders.size > 0) holders.set(subject, known.holders);
      if (known.broadcastMs !== undefined) broadcastMs.set(subject, known.broadcastMs);
    }
    if (old.length > 0) void this.#read(scope, old, nowMs);
    return { holders, broadcastMs };
  }

  /** A vendor has shown slots of these subjects. */
  noteHolders(scope: string, pairs: readonly SeenPair[]): void {
    for (const { subject, editor: vendor } of pairs) this.#of(scope, subject).holders.add(vendor);
  }

  /**
   * Every vendor has been asked for these subjects, and has answered. Those of whom some vendor holds slots, or is declared
   * to, are routed from now on.
   */
  async noteBroadcast(scope: string, subjects: readonly string[], nowMs: number): Promise<void> {
    const held = subjects.filter((subject) => this.#of(scope, subject).holders.size > 0);
    for (const subject of held) this.#of(scope, subject).broadcastMs = nowMs;
    if (held.length === 0) return;
    try {
      await noteBroadcast(this.#db, scope, held, nowMs);
    } catch {
      log('warn', 'broadcast-not-noted', { count: held.length });
    }
  }

  /** All vendors are asked for everybody once more: one of them was away. */
  forgetBroadcasts(): void {
    this.#known.forEach((known) => {
      known.broadcastMs = undefined;
    });
  }

  async #read(scope: string, subjects: readonly string[], nowMs: number): Promise<void> {
    for (const subject of subjects) this.#of(scope, subject).readMs = nowMs;
    try {
      const result = await guardIdempotent(() => knowledgeStatement(this.#db, scope, subjects, nowMs).all());
      const { holders, broadcastMs } = knowledgeIn(result);
      for (const subject of subjects) {
        const known = this.#of(scope, subject);
        for (const vendor of holders.get(subject) ?? []) known.holders.add(vendor);
        known.broadcastMs ??= broadcastMs.get(subject);
      }
    } catch {
      log('warn', 'routing-not-read', { count: subjects.length });
    }
  }

  #of(scope: string, subject: string): Known {
    const key = keyOf(scope, subject);
    const known = this.#known.get(key) ?? { holders: new Set(), broadcastMs: undefined, readMs: 0 };
    if (!this.#known.has(key)) this.#known.set(key, known);
    return known;
  }
}

function keyOf(scope: string, subject: string): string {
  return `${scope} ${subject}`;
}

// The edge with its databases watched (test/support/worker/counted.ts): which statements the Worker ran, and how many rows
// each read, by D1's own count.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker } from '../../../sandbox/platform/edge/build-worker.ts';
import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import { type LocalState, openLocalState } from '../../../sandbox/platform/local/state.ts';
import { removeFolder } from '../wait/remove-folder.ts';
import { startBuiltEdge } from './built/edge.ts';

const COUNTED = join(import.meta.dirname, '../worker/counted.ts');

/** A statement's text, and the rows that it read. */
export interface CountedStatement {
  readonly sql: string;
  readonly rows: number;
}

export class CountedEdge {
  readonly state: LocalState;
  readonly edge: EdgeProcess;
  readonly #dir: string;
  readonly #counted: CountedStatement[];

  private constructor(dir: string, state: LocalState, edge: EdgeProcess, counted: CountedStatement[]) {
    this.#dir = dir;
    this.state = state;
    this.edge = edge;
    this.#counted = counted;
  }

  static async start(): Promise<CountedEdge> {
    const dir = await mkdtemp(join(tmpdir(), 'passerelle-counted-'));
    const state = await openLocalState(join(dir, 'edge'));
    const counted: CountedStatement[] = [];
    const edge = await startBuiltEdge({
      port: 0,
      stateDir: state.dir,
      script: await buildWorker(COUNTED),
      onLog: (line) => {
        if (line.includes('"statement-counted"')) counted.push(JSON.parse(line) as CountedStatement);
      },
    });
    return new CountedEdge(dir, state, edge, counted);
  }

  get url(): string {
    return this.edge.url;
  }

  /** What was run since the last time this was asked. */
  takeCounted(): readonly CountedStatement[] {
    return this.#counted.splice(0);
  }

  async stop(): Promise<void> {
    await this.edge.close();
    await removeFolder(this.#dir);
  }
}

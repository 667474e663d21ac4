// The edge as a process of its own, which dies without warning and starts again over the same state and port.

import { type Child, startChild } from '../../../sandbox/platform/child.ts';
import { until } from '../wait/until.ts';
import { childProcessesOf } from './child-processes.ts';

export class EdgeChild {
  readonly #dir: string;
  readonly #envFile: string | undefined;
  readonly #onLine: (line: string) => void;
  #child: Child | undefined;
  #port = 0;
  #url = '';

  /** `dir`: its state; `envFile`: settings over the local ones. */
  constructor(dir: string, { envFile, onLine = () => undefined }: EdgeChildOptions = {}) {
    this.#dir = dir;
    this.#envFile = envFile;
    this.#onLine = onLine;
  }

  /** The same for each life, once it has started. */
  get url(): string {
    return this.#url;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const settings = this.#envFile === undefined ? [] : ['--env-file', this.#envFile];
    this.#child = await startChild({
      command: ['sandbox/platform/edge.ts', '--port', String(this.#port), '--state', this.#dir, ...settings],
      readyEvent: 'edge-ready',
      onLine: this.#onLine,
    });
    this.#url = String(this.#child.ready.url);
    this.#port = Number(new URL(this.#url).port);
  }

  /** Its runtime first: it holds the database. Then the process that would tidy up after it. Linux. */
  async kill(): Promise<void> {
    if (this.#child === undefined) throw new TypeError('the edge has not started');
    const { process: program } = this.#child;
    const children = await childProcessesOf(program.pid);
    if (children.length === 0) throw new Error('the edge has no runtime to be killed');
    for (const child of children) process.kill(child.pid, 'SIGKILL');
    program.kill('SIGKILL');
    await until('the edge is dead', () => program.exitCode !== null || program.signalCode !== null);
    for (const child of children) await until('its runtime is dead', () => !isAlive(child.pid));
    this.#child = undefined;
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }
}

export interface EdgeChildOptions {
  readonly envFile?: string;
  /** What it writes. */
  readonly onLine?: (line: string) => void;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

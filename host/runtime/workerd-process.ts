// One run of workerd: begun on an open port, ready when it listens, ended by its owner, or with it however that ends. What
// it writes goes to its owner line by line; its configuration, which may hold a key, lies on the disk only while it is read.

import type { ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configText, EDGE_SOCKET, type WorkerdConfig } from './edge-config.ts';
import { spawnGuarded } from './guarded-process.ts';
import { readLines } from './read-lines.ts';

export interface WorkerdOptions {
  /** Path of the program. */
  readonly workerd: string;
  readonly config: WorkerdConfig;
  /** Settings, by the variables of edge-config.ts. Nothing else of this process's environment is handed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** The open port's. */
  readonly fd: number;
  /** A folder for its owner alone. */
  readonly folder: string;
  readonly onLine: (line: string) => void;
  /** Opens V8's inspector on a free port of loopback. */
  readonly inspect?: boolean;
}

const UNIX = 'unix:';
const CONTROL_FD = 3;
const PORT_FD = 5;
const START_MS = 60_000;

/** What workerd says on its control descriptor. */
interface ListenWord {
  readonly event: string;
  readonly port?: number;
}

export class WorkerdProcess {
  readonly #child: ChildProcess;
  /** Resolves when it is gone, however it ended: its signal or exit code. */
  readonly ended: Promise<string>;
  #inspectorPort = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (cause) => resolve(cause.message));
      child.once('exit', (code, signal) => resolve(String(signal ?? code)));
    });
  }

  /** Resolves when it listens. @throws Error when it ends before, or says nothing for long. */
  static async start(options: WorkerdOptions): Promise<WorkerdProcess> {
    const file = join(options.folder, 'config.capnp');
    // workerd leaves its sockets behind when it ends, and opens none that is there.
    for (const { address } of options.config.sockets) {
      if (typeof address === 'string' && address.startsWith(UNIX))
        await rm(address.slice(UNIX.length), { force: true });
    }
    await writeFile(file, configText(options.config), { mode: 0o600 });
    const args = [
      ...['serve', '--experimental', `--control-fd=${CONTROL_FD}`, `--socket-fd=${EDGE_SOCKET}=${PORT_FD}`],
      ...(options.inspect === true ? ['--inspector-addr=127.0.0.1:0'] : []),
      file,
    ];
    const child = spawnGuarded(options.workerd, args, options.environment, {
      3: 'pipe',
      [PORT_FD]: options.fd,
    });
    const runtime = new WorkerdProcess(child);
    try {
      await runtime.#untilListening(options);
      return runtime;
    } catch (cause) {
      await runtime.kill();
      throw cause;
    } finally {
      await rm(file, { force: true });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of V8's inspector, when it is open. */
  get inspectorPort(): number {
    return this.#inspectorPort;
  }

  /** It accepts no more connections; what is under way goes on. Links of relays keep it alive. */
  stopAccepting(): void {
    this.#child.kill('SIGTERM');
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async #untilListening({ onLine, config }: WorkerdOptions): Promise<void> {
    const { stdout, stderr, stdio } = this.#child;
    readLines(stdout, onLine);
    readLines(stderr, onLine);
    let missing = config.sockets.length;
    const listening = new Promise<void>((resolve) => {
      readLines(stdio[CONTROL_FD] as NodeJS.ReadableStream, (line) => {
        const word = JSON.parse(line) as ListenWord;
        if (word.event === 'listen-inspector') this.#inspectorPort = word.port ?? 0;
        else if (word.event === 'listen') missing -= 1;
        if (missing === 0) resolve();
      });
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('workerd does not listen')), START_MS);
    });
    const gone = this.ended.then((how) => {
      throw new Error(`workerd ended: ${how}`);
    });
    gone.catch(() => undefined);
    await Promise.race([listening, late, gone]).finally(() => clearTimeout(timer));
  }
}

// What systemd is told of a relay that it runs as Type=notify: ready, stopping, and from time to time that the main thread
// still turns. Node has no datagram sockets of the unix kind, so systemd's own `systemd-notify` carries each word. Called by
// relay.ts; does nothing in a process that systemd did not start so. sd_notify(3), sd_watchdog_enabled(3).

import { spawn } from 'node:child_process';
import type { Log } from '../../shared/log.ts';

const TOOL = 'systemd-notify';

/** The service manager (systemd) that started this relay, told of each state by `systemd-notify`; none: nothing is told. */
export class ServiceManager {
  readonly #isThere: boolean;
  readonly #everyMs: number | undefined;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  /** Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them. */
  constructor(log: Log) {
    const { env } = process;
    this.#log = log;
    this.#isThere = (env.NOTIFY_SOCKET ?? '') !== '';
    const isOurs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
    const everyMs = Number(env.WATCHDOG_USEC) / 1000;
    // Twice in its time, as sd_watchdog_enabled(3) asks.
    this.#everyMs = isOurs && everyMs > 0 ? everyMs / 2 : undefined;
  }

  /** The ports are open: the service has started, and is watched from now on. */
  ready(): void {
    this.#tell('READY=1');
    if (!this.#isThere || this.#everyMs === undefined) return;
    this.#timer = setInterval(() => this.#tell('WATCHDOG=1'), this.#everyMs).unref();
  }

  /** The end has begun; systemd's own timeout watches over it. */
  stopping(): void {
    clearInterval(this.#timer);
    this.#tell('STOPPING=1');
  }

  #tell(word: string): void {
    if (!this.#isThere) return;
    const child = spawn(TOOL, [word], { stdio: 'ignore' });
    child.unref();
    child.once('error', () => this.#fail());
    child.once('exit', (code) => {
      if (code !== 0) this.#fail();
    });
  }

  /** Said once: systemd then ends a relay whose words do not reach it, and its journal should say why. */
  #fail(): void {
    if (!this.#hasFailed) this.#log('error', 'relay-notify-failed', { detail: TOOL });
    this.#hasFailed = true;
  }
}

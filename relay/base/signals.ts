// What the system tells the relay: reload, or end. Heard from the first moment, kept until the relay can act on it.
// npm stands between an operator and the relay in two ways: it doubles signals, and it dies of SIGHUP, which it does
// not hand on (docs/relay.md).

import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** npm hands on to its script the signal that a terminal or a supervisor has given to both of them. */
const TWIN_MS = 500;
const PARENT_POLL_MS = 1000;

export type Heard = NodeJS.Signals | 'parent-gone';

export interface SignalActions {
  readonly reload: (why: Heard) => void;
  /** `isAgain`: it was told so before and has not ended yet. */
  readonly end: (why: Heard, isAgain: boolean) => void;
}

/** One of a process: what it hears before `actWith` is done then, in order. */
export class Signals {
  readonly #isUnderNpm = process.env.npm_lifecycle_event === 'relay';
  readonly #hasTerminal = [0, 1, 2].some((fd) => isatty(fd));
  #early: Heard[] = [];
  #actions: SignalActions | undefined;
  #endedMs: number | undefined;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => this.#hear(signal));
    }
    if (this.#isUnderNpm) this.#watchParent();
    // A program that started this one with a channel wants it no longer than itself.
    process.once('disconnect', () => this.#hear('SIGTERM'));
    process.channel?.unref();
    if (process.connected === false) this.#hear('SIGTERM');
  }

  /** Acts from now on, first on what was heard so far. */
  actWith(actions: SignalActions): void {
    this.#actions = actions;
    for (const heard of this.#early.splice(0)) this.#hear(heard);
  }

  #hear(heard: Heard): void {
    if (this.#actions === undefined) {
      this.#early.push(heard);
      return;
    }
    const isHangUp = heard === 'SIGHUP' || heard === 'parent-gone';
    if (isHangUp && !this.#hasLostTerminal()) {
      if (this.#endedMs === undefined) this.#actions.reload(heard);
      return;
    }
    const again = this.#endedMs !== undefined;
    if (again && (isHangUp || this.#isTwin())) return;
    this.#endedMs ??= performance.now();
    this.#actions.end(heard, again);
  }

  #isTwin(): boolean {
    return this.#isUnderNpm && performance.now() - (this.#endedMs ?? 0) < TWIN_MS;
  }

  /** A terminal that is closed sends SIGHUP too: who ran the relay in it is gone. */
  #hasLostTerminal(): boolean {
    if (!this.#hasTerminal) return false;
    try {
      closeSync(openSync('/dev/tty', 'r'));
      return false;
    } catch {
      return true;
    }
  }

  #watchParent(): void {
    const { ppid } = process;
    const timer = setInterval(() => {
      if (process.ppid === ppid) return;
      clearInterval(timer);
      this.#hear('parent-gone');
    }, PARENT_POLL_MS);
    timer.unref();
  }
}

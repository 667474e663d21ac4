// Command-line flags of the local programs: read, checked, or refused with one sentence and exit code 2.

import { parseArgs } from 'node:util';

export function readFlags<Name extends string>(
  usage: string,
  defaults: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const options = Object.fromEntries(
    Object.keys(defaults).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    const { values } = parseArgs({ options, strict: true, allowPositionals: false });
    return { ...defaults, ...(values as Partial<Record<Name, string>>) };
  } catch (cause) {
    return refuseUsage(`${cause instanceof Error ? cause.message : String(cause)}\n${usage}`);
  }
}

export function readPort(text: string, name: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return refuseUsage(`--${name} attend un port entre 0 et 65535.`);
}

export function refuseUsage(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

/** npm hands on to its script the Ctrl-C that the terminal has given to both of them. */
const TWIN_MS = 500;
const PARENT_POLL_MS = 1000;

/**
 * Runs `close` once on SIGINT, SIGTERM, SIGHUP (the terminal was closed) or when the program that started this is gone,
 * then exits. A second SIGINT or SIGTERM exits at once.
 */
export function closeOnSignal(close: () => Promise<void>): void {
  const isUnderNpm = /^(start|edge|vendor)$/.test(process.env.npm_lifecycle_event ?? '');
  let closingMs: number | undefined;
  const onSignal = (signal?: NodeJS.Signals): void => {
    if (closingMs !== undefined) {
      const isTwin = isUnderNpm && performance.now() - closingMs < TWIN_MS;
      if (signal === undefined || signal === 'SIGHUP' || isTwin) return;
      process.exit(1);
    }
    closingMs = performance.now();
    close().then(
      () => process.exit(0),
      (cause: unknown) => {
        process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  if (isUnderNpm) onParentGone(onSignal);
  // A program that started this one with a channel wants it no longer than itself.
  process.once('disconnect', () => onSignal());
  process.channel?.unref();
  if (process.connected === false) onSignal();
}

function onParentGone(then: () => void): void {
  const { ppid } = process;
  const timer = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(timer);
    then();
  }, PARENT_POLL_MS);
  timer.unref();
}

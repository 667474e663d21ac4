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

/** Runs `close` once on SIGINT or SIGTERM, then exits; a second signal exits at once. */
export function closeOnSignal(close: () => Promise<void>): void {
  let isClosing = false;
  const onSignal = (): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
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
}

// Command-line flags of the local programs: read, checked, or refused with one sentence for each problem and exit code 2.

import { describeUsage, type Flags, readCommandLine, type Values } from '../../shared/command-line.ts';

export { nearestOf, oneOf, portNumber, wholeNumber } from '../../shared/command-line.ts';

/**
 * Values of the flags of this process. `head`: how the program is called, for the usage. `judge`: problems that one
 * flag alone does not show, in French. `more`: what only `--help` adds.
 */
export function readFlags<const F extends Flags>(
  head: string,
  flags: F,
  judge: (values: Values<F>) => readonly string[] = () => [],
  more = '',
): Values<F> {
  return readFlagsAndWords(head, flags, (values) => judge(values), { takesWords: false, more }).values;
}

/** The same for a program that takes words besides its flags. */
export function readFlagsAndWords<const F extends Flags>(
  head: string,
  flags: F,
  judge: (values: Values<F>, words: readonly string[]) => readonly string[],
  { takesWords = true, more = '' } = {},
): { readonly values: Values<F>; readonly words: readonly string[] } {
  // Whoever reads what this prints may have gone (`| head`): nothing to tell, and nobody to tell it to.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { help, values, words, problems } = readCommandLine(process.argv.slice(2), flags, {
    takesWords,
    env: process.env,
  });
  const usage = describeUsage(head, flags);
  if (help) {
    process.stdout.write(usage + more);
    process.exit(0);
  }
  const all = [...problems, ...judge(values, words)];
  return all.length === 0 ? { values, words } : refuseUsage(`${all.join('\n')}\n\n${usage}`);
}

export function refuseUsage(sentence: string): never {
  process.stderr.write(`${sentence.trimEnd()}\n`);
  process.exit(2);
}

/** npm hands on to its script the Ctrl-C that the terminal has given to both of them. */
const TWIN_MS = 500;
const PARENT_POLL_MS = 1000;

/** An error that nobody foresaw: what and where, on one line. */
function describeUnexpected(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [, where = ''] = /([^\s/(]+\.[cm]?[jt]s:\d+)/.exec(cause.stack ?? '') ?? [];
  return `${cause.name} : ${cause.message.split('\n', 1)[0]} (${where})`;
}

/**
 * Runs `close` once on SIGINT, SIGTERM, SIGHUP (the terminal was closed) or when the program that started this is gone,
 * then exits. A second SIGINT or SIGTERM exits at once. An error that nobody caught ends it in order too, with 1.
 */
export function closeOnSignal(close: () => Promise<void>): void {
  const isUnderNpm = /^(start|edge|vendor|hub-sante)$/.test(process.env.npm_lifecycle_event ?? '');
  let closingMs: number | undefined;
  let code = 0;
  const onSignal = (signal?: NodeJS.Signals): void => {
    if (closingMs !== undefined) {
      const isTwin = isUnderNpm && performance.now() - closingMs < TWIN_MS;
      if (signal === undefined || signal === 'SIGHUP' || isTwin) return;
      process.exit(1);
    }
    closingMs = performance.now();
    close().then(
      () => process.exit(code),
      (cause: unknown) => {
        process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('uncaughtException', (cause) => {
    process.stderr.write(`Erreur imprévue, tout s'arrête : ${describeUnexpected(cause)}\n`);
    code = 1;
    onSignal();
  });
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

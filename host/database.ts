// The program that has one database of the edge, started by the host (databases/process.ts), a process for each: one
// that hangs in a statement is ended without the others. Its main thread speaks HTTP, a thread of it has the file. The
// message of the start names what it is to serve; it ends with the program that started it.

import { rmSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { answerD1 } from './databases/d1-request.ts';
import { DatabaseServer, type ThreadRequest } from './databases/server.ts';
import { SqliteFile, type SqliteFileOptions } from './databases/sqlite-file.ts';
import type { DatabaseStart, DatabaseWord } from './databases/words.ts';

const CLOSE = 'close';
const CLOSE_MS = 5_000;

function tell(word: DatabaseWord): void {
  process.send?.(word);
}

/** The main thread. */
async function serve({ socket, statementMs, ...about }: DatabaseStart): Promise<void> {
  const thread = new Worker(new URL(import.meta.url), { workerData: about });
  thread.on('error', (cause) => {
    tell({ event: 'failed', detail: cause.message });
    process.exit(1);
  });
  const giveUp = (): void => {
    tell({ event: 'too-long' });
    // The thread is inside SQLite: nothing else ends it.
    process.kill(process.pid, 'SIGKILL');
  };
  await new Promise((resolve) => thread.once('message', resolve));
  rmSync(socket, { force: true });
  await new DatabaseServer({ thread, statementMs, giveUp }).listen(socket);
  process.removeAllListeners('disconnect');
  process.once('disconnect', () => closeFile(thread));
  if (!process.connected) closeFile(thread);
  tell({ event: 'ready' });
}

/** Nobody asks any more. A thread that a statement holds is left to SQLite's recovery. */
function closeFile(thread: Worker): void {
  thread.once('exit', () => process.exit(0));
  thread.postMessage(CLOSE);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLOSE_MS);
}

/** The thread that has the file. */
function haveFile(options: SqliteFileOptions): void {
  const file = new SqliteFile(options);
  parentPort?.on('message', (request: ThreadRequest | typeof CLOSE) => {
    if (request === CLOSE) {
      file.close();
      process.exit(0);
    }
    const answer = answerD1(request, (queries, format) => file.run(queries, format));
    parentPort?.postMessage(answer, [answer.body.buffer as ArrayBuffer]);
  });
  parentPort?.postMessage('open');
}

if (isMainThread) {
  process.umask(0o077);
  process.once('disconnect', () => process.exit(0));
  // Its terminal's signals are for the host, which ends it when the edge has no more to ask.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.once('message', (start: DatabaseStart) => {
    serve(start).catch((cause: unknown) => {
      tell({ event: 'failed', detail: cause instanceof Error ? cause.message : String(cause) });
      process.exit(1);
    });
  });
} else {
  haveFile(workerData as SqliteFileOptions);
}

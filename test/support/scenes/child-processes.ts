// The processes that a process has started and that still run, from Linux's /proc.

import { readFile } from 'node:fs/promises';

export interface ChildProcessSeen {
  readonly pid: number;
  /** Its command line, words parted by blanks; empty when it has ended meanwhile. */
  readonly command: string;
}

/** None of a process that has ended. */
export async function childProcessesOf(pid: number | undefined): Promise<readonly ChildProcessSeen[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return Promise.all(
    listed
      .split(' ')
      .filter((text) => text !== '')
      .map(async (text) => ({
        pid: Number(text),
        command: (await readFile(`/proc/${text}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
      })),
  );
}

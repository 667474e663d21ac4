// CPU time that processes have used, from Linux's /proc: user and system, all threads, ended ones included.

import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in ticks of 10 ms here, whatever the kernel's own clock (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** `pid (comm) state ppid …`: comm may hold blanks and parentheses, so fields are counted after the last one. */
function fieldsAfterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Seconds from the text of /proc/PID/stat. */
export function cpuSecondsOf(stat: string): number {
  const fields = fieldsAfterName(stat);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds; NaN where there is no /proc. */
export async function readCpuSeconds(pid: number | undefined): Promise<number> {
  try {
    return cpuSecondsOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

/** The first child of this process whose program has that name. */
export async function findChild(name: string): Promise<number | undefined> {
  return (await listChildren(name))[0];
}

/** All children of this process; `name`: those whose program has it. */
export async function listChildren(name?: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (name !== undefined && !stat.includes(`(${name})`)) continue;
    if (Number(fieldsAfterName(stat)[1]) === process.pid) found.push(Number(pid));
  }
  return found;
}

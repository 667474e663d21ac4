// A program confined as a service manager or a container engine would do it, by the kernel's namespaces: its own root in
// memory over the host's /usr, its own account, no capability. Called by the tests of what we ship for both. It imitates neither
// limits of memory nor filters of system calls. Needs root, util-linux and iproute2.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from '../wait/until.ts';
import type { LogLine } from './relay/process.ts';

export interface Confinement {
  /** Of the account and of its group. */
  readonly uid: number;
  /** Place in the root → what stands there; copied before the root is closed. */
  readonly copies: Readonly<Record<string, string>>;
  /** Place → file of the host, copied into memory for the account alone. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Place → folder of the host that the program may write. */
  readonly writable: Readonly<Record<string, string>>;
  /** Places that nobody opens. */
  readonly hidden?: readonly string[];
  /** Commands run as root in the root, before it is closed. */
  readonly build?: readonly (readonly string[])[];
  readonly isReadOnly: boolean;
  readonly hasCapabilities: boolean;
  readonly umask?: string;
  /** A network of its own, with a loopback only. */
  readonly ownNetwork?: boolean;
  readonly folder?: string;
  readonly command: readonly string[];
}

export interface Confined {
  readonly child: ChildProcess;
  readonly lines: LogLine[];
  output(): string;
  said(message: string): Promise<LogLine>;
  /** Another command beside it, in the same confinement. */
  run(command: readonly string[]): { readonly code: number | null; readonly output: string };
  stop(): Promise<void>;
}

export const CAN_CONFINE =
  process.geteuid?.() === 0 &&
  spawnSync('ip', ['-V']).status === 0 &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** Whose /usr the root has: this machine's, or that of another Debian in a folder (mmdebstrap makes one). */
const BASE = process.env.CONFINED_BASE ?? '';
/** Where the root is made, in the mount namespace of the program alone. */
const ROOT = '/mnt';
const PATH = 'PATH=/usr/local/bin:/usr/bin:/bin';

export function startConfined(spec: Confinement): Confined {
  const own = spec.ownNetwork ? ['--net'] : [];
  const flags = ['--mount', '--pid', '--fork', '--propagation', 'private', ...own];
  const child = spawn('unshare', [...flags, 'bash', '-euc', writeScript(spec)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  let output = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`;
    if (line.startsWith('{"level"')) lines.push(JSON.parse(line) as LogLine);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const closed = once(child, 'close');
  return {
    child,
    lines,
    output: () => output,
    said: (message) =>
      until(`${message}\n${output}`, () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`);
        return lines.find((line) => line.message === message);
      }),
    run: (command) => {
      const enter = ['--target', String(innerOf(child) ?? ''), '--mount', '--net', '--pid', '--root', '--wd'];
      const ran = spawnSync('nsenter', [...enter, ...become(spec), ...command], { encoding: 'utf8' });
      return { code: ran.status, output: ran.stdout + ran.stderr };
    },
    stop: async () => {
      const inner = innerOf(child);
      // The program itself: what would end it with unshare is undone when it changes its account.
      if (inner !== undefined) process.kill(inner, 'SIGKILL');
      else child.kill('SIGKILL');
      await closed;
    },
  };
}

/** The first process of the new namespace, as the host numbers it; undefined when it has ended. */
function innerOf({ pid }: ChildProcess): number | undefined {
  try {
    const [inner] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return inner === undefined || inner === '' ? undefined : Number(inner);
  } catch {
    return undefined;
  }
}

/** What precedes a command that the account runs. */
function become({ uid, hasCapabilities }: Confinement): readonly string[] {
  const ids = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--no-new-privs'];
  const none = hasCapabilities ? [] : ['--bounding-set=-all', '--inh-caps=-all'];
  return ['setpriv', ...ids, ...none, 'env', '-i', PATH];
}

function writeScript(spec: Confinement): string {
  const { uid, copies, secrets = {}, writable, hidden = [], build = [], umask = '0077', folder = '/' } = spec;
  const at = (place: string): string => quote(`${ROOT}${place}`);
  const isFolder = (place: string): boolean => place.endsWith('/');
  return [
    ...(spec.ownNetwork ? ['ip link set lo up'] : []),
    `mount -t tmpfs -o mode=0755 tmpfs ${ROOT}`,
    `cd ${ROOT}`,
    'mkdir -p usr etc proc dev opt run tmp var/lib var/tmp home root',
    'chmod 1777 tmp var/tmp',
    `mount --bind ${quote(`${BASE}/usr`)} usr && mount -o remount,bind,ro usr`,
    'mount -t tmpfs -o mode=0755 tmpfs usr/local && mkdir usr/local/bin',
    'ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64; ln -s usr/sbin sbin',
    `cp ${quote(`${BASE}/etc/ld.so.cache`)} /etc/hosts etc/`,
    `cp ${quote(process.execPath)} usr/local/bin/node`,
    'mount -t tmpfs -o mode=0755 tmpfs dev',
    'for one in null zero random urandom; do touch dev/$one; mount --bind /dev/$one dev/$one; done',
    'mount -t proc -o subset=pid,hidepid=invisible proc proc',
    ...Object.entries(copies).map(([place, from]) =>
      isFolder(place)
        ? `mkdir -p ${at(place)} && cp -rT ${quote(from)} ${at(place)} && chmod -R a+rX ${at(place)}`
        : `mkdir -p $(dirname ${at(place)}) && cp ${quote(from)} ${at(place)} && chmod a+r ${at(place)}`,
    ),
    ...Object.entries(secrets).flatMap(([place, from]) => [
      `mkdir -p $(dirname ${at(place)})`,
      `install -m 0400 -o ${uid} -g ${uid} ${quote(from)} ${at(place)}`,
      `chown ${uid}:${uid} $(dirname ${at(place)}) && chmod 0500 $(dirname ${at(place)})`,
    ]),
    ...build.map((command) => `chroot ${ROOT} ${command.map(quote).join(' ')}`),
    ...Object.entries(writable).map(
      ([place, from]) =>
        `mkdir -p ${at(place)} && chown ${uid}:${uid} ${quote(from)} && chmod 0700 ${quote(from)} && mount --bind ${quote(from)} ${at(place)}`,
    ),
    ...hidden.map((place) => `mkdir -p ${at(place)} && mount -t tmpfs -o mode=0000 tmpfs ${at(place)}`),
    'mount -t tmpfs -o mode=1777 tmpfs tmp; mount -t tmpfs -o mode=1777 tmpfs var/tmp',
    ...(spec.isReadOnly
      ? [`mount -o remount,ro ${ROOT}; mount -o remount,ro usr/local; mount -o remount,ro dev`]
      : []),
    `umask ${umask}`,
    `exec chroot ${ROOT} ${become(spec).map(quote).join(' ')} sh -c 'cd "$0"; exec "$@"' ${[folder, ...spec.command].map(quote).join(' ')}`,
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Run inside by `node -e`: prints the folders that the account may write, as JSON; what is writable is not gone into. */
export const FIND_WRITABLE = `
const { accessSync, constants, readdirSync } = require('node:fs');
const found = [];
const walk = (folder, depth) => {
  try { accessSync(folder, constants.W_OK); found.push(folder); return; } catch {}
  if (depth === 0) return;
  let entries = [];
  try { entries = readdirSync(folder, { withFileTypes: true }); } catch {}
  for (const entry of entries) if (entry.isDirectory() && folder + entry.name !== '/proc') walk(folder.replace(/\\/$/, '') + '/' + entry.name, depth - 1);
};
walk('/', 5);
console.log(JSON.stringify(found.sort()));`;

// Says when one of a set of files may have changed: the file, a link on the way to it, or a folder above it (mounted
// secrets move a link `..data`, a renewal may rename the whole folder). The system's notices make it quick; a look at
// every file from time to time makes it sure, on network disks and mounts, and where nothing can be watched.

import { type FSWatcher, readlinkSync, statSync, watch } from 'node:fs';
import { join, parse, resolve, sep } from 'node:path';

/** A renewal writes several files: wait until it has been quiet this long. */
const QUIET_MS = 200;
/** Between two looks. */
const LOOK_MS = 2000;
/** As the system follows them. */
const LINKS_MAX = 40;

/** What the watch is made with, for tests: the system's notices, and the time between two looks, milliseconds. */
export interface Means {
  readonly observe: (
    folder: string,
    options: { readonly persistent: boolean },
    onChange: (event: string, name: string | null) => void,
  ) => FSWatcher;
  readonly lookMs: number;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Which folder stood at that path when the watch began. */
  readonly inode: string;
}

/** Calls `onChange` once for changes that come together; it keeps no process alive. */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #watched = new Map<string, Watched>();
  /** Folders of which the watch failed, each said once until it works again. */
  readonly #failed = new Set<string>();
  readonly #observe: Means['observe'];
  readonly #looks: NodeJS.Timeout;
  #files: readonly string[] = [];
  /** By folder, what in it is on the way to a file. */
  #names: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  /** `onError`: a folder cannot be watched; its files are still looked at. */
  constructor(onChange: () => void, onError: (error: unknown) => void, means: Partial<Means> = {}) {
    this.#onChange = onChange;
    this.#onError = onError;
    this.#observe = means.observe ?? watch;
    this.#looks = setInterval(() => this.#look(), means.lookMs ?? LOOK_MS).unref();
  }

  /** Replaces the set of files, and watches what stands at their paths now. Call it after each change as well. */
  follow(files: readonly string[]): void {
    const isNew = this.#files.join('\0') !== files.join('\0');
    this.#files = [...files];
    if (isNew) this.#seen = describe(this.#files);
    this.#names = namesOnTheWay(this.#files);
    for (const [folder, { watcher, inode }] of this.#watched) {
      if (this.#names.has(folder) && inode === inodeOf(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const folder of this.#names.keys()) if (!this.#watched.has(folder)) this.#watch(folder);
  }

  /** As if something had changed, without waiting. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Before the files are read: what changes meanwhile is seen by the next look.
    this.#seen = describe(this.#files);
    this.#onChange();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /** A folder that is not there is waited for in the one above. */
  #watch(folder: string): void {
    const inode = inodeOf(folder);
    if (inode === undefined) return;
    try {
      const watcher = this.#observe(folder, { persistent: false }, (_event, name) =>
        this.#note(folder, name),
      );
      watcher.on('error', (error) => {
        watcher.close();
        this.#watched.delete(folder);
        this.#fail(folder, error);
      });
      this.#watched.set(folder, { watcher, inode });
      this.#failed.delete(folder);
    } catch (error) {
      this.#fail(folder, error);
    }
  }

  #fail(folder: string, error: unknown): void {
    if (this.#failed.has(folder)) return;
    this.#failed.add(folder);
    this.#onError(error);
  }

  #note(folder: string, name: string | null): void {
    if (name === null || this.#names.get(folder)?.has(name) === true) this.#wait();
  }

  #look(): void {
    if (this.#timer === undefined && this.#seen !== describe(this.#files)) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), QUIET_MS);
  }
}

/** Every folder that leads to a file, through links as well, with the names in it that do. */
function namesOnTheWay(files: readonly string[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  const walk = (path: string, links: number): void => {
    const { root } = parse(path);
    const steps = path.slice(root.length).split(sep);
    let folder = root;
    for (const [index, step] of steps.entries()) {
      names.set(folder, (names.get(folder) ?? new Set()).add(step));
      const at = join(folder, step);
      const target = readLink(at);
      if (target !== undefined) {
        if (links < LINKS_MAX) walk(resolve(folder, target, ...steps.slice(index + 1)), links + 1);
        return;
      }
      folder = at;
    }
  };
  for (const file of new Set(files)) walk(resolve(file), 0);
  return names;
}

/** Undefined when it is no link, or nothing at all. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Changes when a file does: its place on the disk, its size or one of its dates. */
function describe(files: readonly string[]): string {
  return files.map(stamp).join('\n');
}

function stamp(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'absent';
  }
}

/** Which folder stands there; undefined when none does. */
function inodeOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

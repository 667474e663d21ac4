// Says when one of a set of files may have changed. Watches their folders, not the files: certificates are
// replaced by renaming, and mounted secrets by moving a link (`..data`) beside them.

import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A renewal writes several files: wait until it has been quiet this long. */
const QUIET_MS = 200;

export class FileWatch {
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void, onError: (error: unknown) => void) {
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /** Replaces the set of files. */
  follow(files: readonly string[]): void {
    this.#names = new Set(files.map((file) => basename(file)));
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => this.#note(name));
      watcher.on('error', (error) => {
        watcher.close();
        this.#watchers.delete(folder);
        this.#onError(error);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#onError(error);
    }
  }

  #note(name: string | null): void {
    if (name !== null && !this.#names.has(name) && !name.startsWith('..')) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, QUIET_MS);
  }
}

import { rm } from 'node:fs/promises';

/** Removes a folder and what it holds; tries again while a program that was just ended still writes into it. */
export const removeFolder = (dir: string): Promise<void> =>
  rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

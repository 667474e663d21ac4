// What the host and the process of one database say to each other over the channel between them. Types only.

import type { SqliteFileOptions } from './sqlite-file.ts';

/** The host's one message: what to serve, and where. */
export interface DatabaseStart extends SqliteFileOptions {
  /** Path of the Unix socket. */
  readonly socket: string;
  /** What one request may take. */
  readonly statementMs: number;
}

/** What the process says of itself. */
export type DatabaseWord =
  | { readonly event: 'ready' }
  /** A statement took too long; the process ends itself. */
  | { readonly event: 'too-long' }
  /** `detail`: SQLite's words, which name no value. */
  | { readonly event: 'failed'; readonly detail: string };

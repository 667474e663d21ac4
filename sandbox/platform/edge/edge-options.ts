// What starts an edge for tests, benches and the local commands, and what is had of it, whichever host it runs on. Types only.

import type { Miniflare } from 'miniflare';
import type { DatabaseName } from '../../../host/databases/migrations.ts';

/** What runs the edge: Miniflare, Cloudflare's simulator, or workerd, as on one's own machines (host/). */
export type EdgeHostName = 'miniflare' | 'workerd';

export interface EdgeOptions {
  /** Absent: what the variable EDGE_HOST says, else Miniflare. */
  readonly runsOn?: EdgeHostName;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Folder of the databases and of the Durable Object; undefined keeps them in memory. */
  readonly stateDir: string | undefined;
  /** Vars of the Worker. */
  readonly settings: Readonly<Record<string, string>>;
  /** Receives what the Worker logs, line by line; by default standard output. */
  readonly onLog?: (line: string) => void;
  /** What people typed, for whoever finds the state folder taken. */
  readonly command?: string;
  /** Folder that changes of appointments are exported to; undefined: they are not. */
  readonly exportDir?: string;
  /** Folder of the migrations of all databases, for tests; by default the Worker's. */
  readonly migrations?: string;
  /** The Worker's code as buildWorker gave it, for those who start it often; by default it is built. */
  readonly script?: string;
  /** What a release's Worker loads when it is first asked for: file name → code; buildWorker's has all in one file. */
  readonly modules?: ReadonlyMap<string, string>;
  /** Another code for the hub, for tests of two releases; by default the Worker's own. */
  readonly hubScript?: string;
  /** What takes longer to start and less memory then; by default what starts soon. */
  readonly runsLong?: boolean;
  /** Opens V8's inspector on a free port of loopback. */
  readonly inspect?: boolean;
}

export interface EdgeProcess {
  readonly url: string;
  /** Restarts the Worker with other settings; the port and the data stay. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Runs the schedule now, as if it were that time; false when a step failed. By itself it runs as it does in production,
   * by the object's alarm, each SCHEDULE_S.
   */
  runSchedule(at?: Date, what?: 'everything' | 'by day'): Promise<boolean>;
  /** A D1 of it, by default the core one, for tests of what only the Worker calls. */
  database(name?: DatabaseName): ReturnType<Miniflare['getD1Database']>;
  /** One of its Durable Objects, for tests; `binding` as in wrangler.toml. */
  object(binding: string, name: string): Promise<{ fetch(url: string): Promise<unknown> }>;
  /** Of V8's inspector, when it is open. */
  inspectorUrl(): Promise<URL>;
  close(): Promise<void>;
}

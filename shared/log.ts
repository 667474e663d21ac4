// The only fields a log line may carry, at the edge and at the relay. A field that is not here cannot be
// logged: no body, no query, no full URL, no name, no e-mail, no phone, no national identifier of a person.

import type { Fault, LogLevel } from './error.ts';

export interface LogFields {
  readonly requestId?: string;
  /** Of the trace that the request is part of: 32 hexadecimal digits (shared/link/trace.ts). */
  readonly traceId?: string;
  readonly method?: string;
  /** The route's pattern, never the path asked. */
  readonly route?: string;
  readonly flow?: string;
  readonly relay?: string;
  /** Number of one of the edge's hubs, when it has several. */
  readonly hub?: number;
  readonly editor?: string;
  readonly reason?: string;
  /** Client id of an LRM at Hub Santé, e.g. `fr.health.samu420`; empty: none is known. */
  readonly recipient?: string;
  readonly fault?: Fault;
  readonly status?: number;
  readonly durationMs?: number;
  readonly bytes?: number;
  /** Of a limit, 100 when reached. */
  readonly percent?: number;
  /** core, appointments, cache (docs/storage.md). */
  readonly database?: string;
  readonly count?: number;
  readonly subjects?: number;
  readonly slots?: number;
  readonly editors?: number;
  readonly failed?: number;
  readonly pages?: number;
  /** Calls made to vendors. */
  readonly calls?: number;
  readonly attempt?: number;
  readonly delayMs?: number;
  readonly port?: number;
  readonly host?: string;
  readonly field?: string;
  /** The subject of an operator's token, when it is an id (worker/http/operator.ts). */
  readonly operator?: string;
  /** Settings of ours that an operator changed, `name=value`. */
  readonly before?: string;
  readonly after?: string;
  readonly signal?: string;
  /** Of the relay's process: the one that signals are for. */
  readonly pid?: number;
  readonly version?: string;
  /** Certificate facts: subject CN and OU of a machine, serial, TLS version and cipher. */
  readonly cn?: string;
  readonly ou?: string;
  readonly serial?: string;
  readonly tls?: string;
  readonly cipher?: string;
  /** Why, in our own words (an error's class or code, never its text when it comes from outside). */
  readonly detail?: string;
}

/** Messages are constants; all that varies is a field. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

// What the platform hands to the Worker: its bindings (wrangler.toml) and its settings, still as texts. Types only.

/** The bindings, and the settings by name; config.ts reads the settings. */
export interface Env {
  /** Vendors, accounts, the front, routing, rule counts; worker/store/migrations/core. */
  readonly DB: D1Database;
  /** Appointments and their versions; worker/store/migrations/appointments. */
  readonly APPOINTMENTS: D1Database;
  /** Kept answers, nothing that cannot be asked again; worker/store/migrations/cache. */
  readonly CACHE: D1Database;
  /** Where changes of appointments are exported to each night; absent: nowhere. */
  readonly EXPORT?: R2Bucket;
  /** The same, a folder of a local edge: `PUT http://export/{key}`. */
  readonly EXPORT_FOLDER?: Fetcher;
  /** Of a local edge: what the runtime last said of a file that it could not use, in SQLite's words; empty: nothing. */
  readonly STORE_FAULTS?: Fetcher;
  /** The Durable Object that holds the relays' links. worker/hub names its class and its calls. */
  readonly RELAY_HUB: DurableObjectNamespace;
  /** The Durable Object in front of the doors; worker/gate. */
  readonly GATE: DurableObjectNamespace;
  /** The Durable Object that runs the schedule; worker/schedule. */
  readonly SCHEDULER: DurableObjectNamespace;
  readonly [name: string]: unknown;
}

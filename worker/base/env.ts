// What the platform hands to the Worker: its bindings (wrangler.toml) and its settings, still as texts. Types only.

/** The bindings, and the settings by name; config.ts reads the settings. */
export interface Env {
  /** The one database; worker/store/migrations. */
  readonly DB: D1Database;
  /** The Durable Object that holds the relays' links. worker/hub names its class and its calls. */
  readonly RELAY_HUB: DurableObjectNamespace;
  readonly [name: string]: unknown;
}

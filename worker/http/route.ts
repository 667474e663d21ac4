// What a route is: a row of the table worker/routes.ts, which the router serves and which the CapabilityStatement and
// the OpenAPI document are made from. Each wing lists its own rows. Types only.

import type { CapabilityStatementRestResource } from 'fhir/r4';
import type { GenericSchema } from 'valibot';
import type { StoreName } from '../gate/stores.ts';
import type { Need } from './auth.ts';
import type { RequestContext } from './http.ts';

/** The FHIR interactions that this edge serves. */
type Interaction = 'search-type' | 'read' | 'vread' | 'history-instance' | 'create' | 'update';

/** What a route tells the CapabilityStatement. */
export interface Capability {
  readonly type: 'Slot' | 'Schedule' | 'Appointment' | 'Practitioner';
  readonly interactions: readonly Interaction[];
  readonly searchParameters: readonly string[];
  readonly includes: readonly string[];
  readonly revIncludes: readonly string[];
  readonly profiles: readonly string[];
  /** Versions, conditional writes and the like, as R4 names them. */
  readonly behaviour?: Partial<CapabilityStatementRestResource>;
}

/** Answers one request; a GatewayError that it throws becomes the refusal (worker/router.ts). */
type Handler = (context: RequestContext) => Response | Promise<Response>;

/** One method on one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As itty-router reads it: `:name` stands for one segment, `:name+` for one or more. */
  readonly path: string;
  /**
   * Any of these scopes opens the route. `open`: no bearer token (or, for relays, their own). `relay`: only what
   * a relay forwards for a vendor that proved itself at its mTLS port. `front`: a token of the front's login_check.
   */
  readonly needs: readonly Need[] | 'open' | 'relay' | 'front';
  /** Not served at the host names of the front's browsers (worker/front/door.ts). */
  readonly door?: 'server';
  readonly handler: Handler;
  /** The database whose acknowledged writes it tells of, or adds to (worker/store/loss.ts). */
  readonly rests?: StoreName;
  /** What its JSON body is read with; the OpenAPI document describes the body by it. */
  readonly body?: GenericSchema;
  readonly capability?: Capability;
  /** Answers text/event-stream too. */
  readonly streams?: true;
}

// Parts of the Worker that few requests ask for are modules of their own, which an isolate loads when they are first asked for:
// its start pays for what searches and appointments need. docs/decisions/0021-lazy-modules.md.

/** What a module exports by that name, called once the module is there. */
type Called<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;

/**
 * `load`: `() => import('…')`, so that the bundler sees it. The runtime loads a module once, however many ask.
 * @returns of a name, a function with the arguments and the answer of the one exported by it; it rejects as that does, and when
 * the module cannot be loaded.
 */
export function lazily<M extends object>(
  load: () => Promise<M>,
): <K extends keyof M>(name: K) => Called<M[K]> {
  return (name) =>
    (async (...args: never[]) => {
      const one = (await load())[name] as (...args: never[]) => unknown;
      return one(...args);
    }) as Called<M[typeof name]>;
}

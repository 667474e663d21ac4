// The edge as it is, with a hub that ends when a test says so, as the platform ends one: what it held in memory is gone,
// its sockets break, who had called it gets an error, and the next call begins a new one. Bundled by built-edge.ts in
// place of worker/index.ts; no deployed Worker has this way in.

import { RelayHub as Hub } from '../../../worker/index.ts';

export * from '../../../worker/index.ts';
export { default } from '../../../worker/index.ts';

/** As a request of a test's own, beside the relays' (`RELAY_HUB` is reached by Miniflare alone). */
export class RelayHub extends Hub {
  readonly #end: () => void;

  constructor(...[context, env]: ConstructorParameters<typeof Hub>) {
    super(context, env);
    this.#end = () => (context as { abort(reason: string): void }).abort('ended by a test');
  }

  override fetch(request: Request): Response {
    if (new URL(request.url).pathname === '/end') this.#end();
    return super.fetch(request);
  }
}

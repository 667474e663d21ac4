// The edge as it is, with a hub that ends when a test says so, as the platform ends one: what it held in memory is gone,
// its sockets break, who had called it gets an error, and the next call begins a new one. Bundled by built-edge.ts in
// place of worker/index.ts; no deployed Worker has this way in.

import worker, { RelayHub as Hub } from '../../../worker/index.ts';
import { steer, withSilence } from './silent-databases.ts';

export * from '../../../worker/index.ts';
/** Its databases can fall silent too. */
export default {
  ...worker,
  fetch: (...[request, env, context]: Parameters<typeof worker.fetch>) =>
    steer(request as unknown as globalThis.Request) ?? worker.fetch(request, withSilence(env), context),
};

/** As a request of a test's own, beside the relays' (`RELAY_HUB` is reached by Miniflare alone). */
export class RelayHub extends Hub {
  readonly #end: () => void;
  #isDeaf = false;

  constructor(...[context, env]: ConstructorParameters<typeof Hub>) {
    super(context, withSilence(env));
    this.#end = () => (context as { abort(reason: string): void }).abort('ended by a test');
  }

  override fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === '/end') this.#end();
    if (pathname !== '/deaf' && pathname !== '/hearing') return super.fetch(request);
    this.#isDeaf = pathname === '/deaf';
    return new Response();
  }

  /** Between `/deaf` and `/hearing` it is told of no appointment. */
  override async takeAppointment(...given: Parameters<Hub['takeAppointment']>): Promise<void> {
    if (this.#isDeaf) throw new Error('deaf');
    await super.takeAppointment(...given);
  }
}

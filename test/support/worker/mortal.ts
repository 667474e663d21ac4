// The edge as it is, with a hub that ends when a test says so, as the platform ends one (what it held in memory is gone,
// its sockets break, who had called it gets an error, and the next call begins a new one) or stays down. Bundled by
// scenes/built/edge.ts in place of worker/index.ts; no deployed Worker has this way in.

import worker, { RelayHub as Hub } from '../../../worker/index.ts';
import { steer, withSilence } from './silent-databases.ts';

export * from '../../../worker/index.ts';
/** Its databases can fall silent too. */
export default {
  ...worker,
  fetch: (...[request, env, context]: Parameters<typeof worker.fetch>) =>
    steer(request as unknown as globalThis.Request) ?? worker.fetch(request, withSilence(env), context),
};

/** Hubs that end as soon as they are asked anything. */
const down = new Set<string>();

/** As a request of a test's own, beside the relays' (`RELAY_HUB` is reached by Miniflare alone). */
export class RelayHub extends Hub {
  readonly #id: string;
  readonly #end: () => void;
  /** Ends without anything of its own left. */
  readonly #perish: () => Promise<void>;
  #isDeaf = false;

  constructor(...[context, env]: ConstructorParameters<typeof Hub>) {
    super(context, withSilence(env));
    const { id, abort } = context as { readonly id: object; abort(reason: string): void };
    this.#id = String(id);
    this.#end = () => abort.call(context, 'ended by a test');
    this.#perish = async () => {
      await context.storage.deleteAll();
      await context.storage.sync();
      this.#end();
    };
  }

  override fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === '/down') down.add(this.#id);
    if (pathname === '/up') down.delete(this.#id);
    else if (pathname === '/end' || down.has(this.#id)) this.#end();
    if (pathname === '/perish') void this.#perish();
    if (!['/deaf', '/hearing', '/up', '/perish'].includes(pathname)) return super.fetch(request);
    this.#isDeaf = pathname === '/deaf';
    return new Response();
  }

  override call(...given: Parameters<Hub['call']>): ReturnType<Hub['call']> {
    if (down.has(this.#id)) this.#end();
    return super.call(...given);
  }

  /** Between `/deaf` and `/hearing` it is told of no appointment. */
  override async takeAppointment(...given: Parameters<Hub['takeAppointment']>): Promise<void> {
    if (this.#isDeaf) throw new Error('deaf');
    await super.takeAppointment(...given);
  }
}

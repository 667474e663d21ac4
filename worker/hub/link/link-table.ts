// The relays' links by id, and whose an id is when two connections claim it: a relay that dials again takes the place of
// its own lost link at once; another process does only when the first is draining or gives no sign of life.
// docs/link-protocol.md.

import { LINK_CLOSE } from '../../../shared/link/hub.ts';
import { log } from '../../base/log.ts';
import type { RelayLink } from './relay-link.ts';

/** One link per relay id; two for a moment, while it is found out whose the id is. */
export class LinkTable {
  readonly #links = new Map<string, RelayLink>();
  readonly #instances = new WeakMap<RelayLink, string>();

  all(): RelayLink[] {
    return [...this.#links.values()];
  }

  /**
   * Waits until it is clear that the relay's id is this link's. `instance` is what its announcement says; an older relay
   * says none, and is told from a second one by the first link's sign of life alone.
   *
   * @throws Error when another living process has the id; the link is then closed.
   */
  async admit(link: RelayLink, instance: string | undefined): Promise<void> {
    if (instance !== undefined) this.#instances.set(link, instance);
    let before = this.#rivalOf(link);
    while (before !== undefined && (await before.isAlive())) {
      // It may have gone or drained while it was asked.
      const now = this.#rivalOf(link);
      if (now === before) {
        log('warn', 'relay-refused', { relay: link.id, reason: 'relay-id-taken' });
        link.close(LINK_CLOSE.relayIdTaken, 'relay id taken');
        throw new Error('relay id taken');
      }
      before = now;
    }
  }

  /** From its announcement on a link is the relay's. One that drains keeps its socket, and ends what it has begun. */
  take(link: RelayLink): void {
    if (link.isLost) return;
    const before = this.#links.get(link.id);
    this.#links.set(link.id, link);
    if (before === link || before === undefined || before.isDraining) return;
    log('info', 'relay-replaced', { relay: link.id });
    before.close(LINK_CLOSE.replaced, 'replaced');
  }

  /** False when another link is its relay's already, or it never was. */
  drop(link: RelayLink): boolean {
    return this.#links.get(link.id) === link && this.#links.delete(link.id);
  }

  /** A link of the same id that may be another process's. */
  #rivalOf(link: RelayLink): RelayLink | undefined {
    const before = this.#links.get(link.id);
    if (before === undefined || before === link || before.isDraining) return undefined;
    const instance = this.#instances.get(link);
    return instance !== undefined && this.#instances.get(before) === instance ? undefined : before;
  }
}

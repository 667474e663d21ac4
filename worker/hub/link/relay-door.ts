// Where relays come in: takes a relay's WebSocket for a token that was not used before, and its announcement; a link that
// announces nothing is closed within seconds. docs/link-protocol.md.

import { LINK_CLOSE } from '../../../shared/link/hub.ts';
import { log } from '../../base/log.ts';
import type { OneTimeToken } from '../../http/relay-token.ts';
import type { AnnouncementSaver } from '../vendors/announcement-saver.ts';
import type { VendorRegistry } from '../vendors/registry.ts';
import { readAnnouncement } from './announcement.ts';
import type { AwaitedRelays } from './awaited-relays.ts';
import { DueCall } from './due-call.ts';
import { LinkTable } from './link-table.ts';
import { RelayLink } from './relay-link.ts';
import { CARRIER_TOKENS, type TokenVerdict, type UsedTokens } from './used-tokens.ts';

/** Names, on a relay's WebSocket handed to the hub, the relay whose token was verified. */
export const RELAY_ID_HEADER = 'X-Passerelle-Relay';

/** On the same: the token's `jti`, until when it is good, and the name of the request that uses it. A hub of before ignores it. */
export const RELAY_TOKEN_HEADER = 'X-Passerelle-Token';

/** A relay announces itself with its first message. */
const MUTE_MS = 5_000;

/** What the door reads and tells. */
export interface DoorParts {
  readonly registry: VendorRegistry;
  readonly saver: AnnouncementSaver;
  readonly tokens: UsedTokens;
  readonly awaited: AwaitedRelays;
  /** Which vendors can be asked for may have changed. */
  readonly onChange: () => void;
}

/** The door of one hub, and the links that came in by it. */
export class RelayDoor {
  readonly links = new LinkTable();
  readonly #parts: DoorParts;
  readonly #dueCall = new DueCall(() => this.serving());

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** The links of relays that can be asked. */
  serving(): RelayLink[] {
    return this.links.all().filter((link) => link.isServing);
  }

  /** Of a relay that carries messages of INT_L02: these have room of their own. */
  useToken(token: OneTimeToken, by: string): TokenVerdict {
    return this.#parts.tokens.take(token, by, Date.now(), CARRIER_TOKENS);
  }

  /** A message of INT_L02 is due: relays that carry them hear of it. */
  tellDue(): void {
    this.#dueCall.tell();
  }

  /**
   * The upgrade's answer. accept-relay.ts has verified the token; 409: it was used before, 503: too many were. A Worker of
   * before names no token.
   */
  open(request: Request): Response {
    const relay = request.headers.get(RELAY_ID_HEADER) ?? '';
    const token = request.headers.get(RELAY_TOKEN_HEADER);
    if (token !== null) {
      const [jti = '', untilMs = '', by = ''] = token.split(' ');
      const verdict = this.#parts.tokens.take({ relay, jti, untilMs: Number(untilMs) }, by, Date.now());
      if (verdict !== 'first') {
        log('warn', 'relay-token-refused', { relay, reason: verdict });
        return new Response(null, { status: verdict === 'used' ? 409 : 503 });
      }
    }
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    this.#hold(relay, server);
    log('info', 'relay-connected', { relay });
    return new Response(null, { status: 101, webSocket: client });
  }

  #hold(relay: string, server: WebSocket): void {
    const { registry, awaited, onChange } = this.#parts;
    const link: RelayLink = new RelayLink(relay, server, {
      announced: (value) => this.#take(link, value),
      reported: (value) => this.#parts.saver.reports.take(relay, value),
      lost: () => {
        clearTimeout(mute);
        if (this.links.drop(link)) registry.noteLost(relay, Date.now());
        onChange();
        log('info', 'relay-lost', { relay });
      },
      changed: () => {
        onChange();
        awaited.arrived(relay);
        if (link.isDraining) registry.noteLost(relay, 0);
      },
    });
    const mute = setTimeout(() => {
      if (link.hasAnnounced) return;
      log('warn', 'relay-mute', { relay });
      link.close(LINK_CLOSE.mute, 'nothing announced');
    }, MUTE_MS);
  }

  /** An operator, or D1, has said otherwise who may be what: links serve accordingly. */
  review(): void {
    const { registry, saver } = this.#parts;
    for (const link of this.links.all()) {
      const { announcement, id, vendors, outOfOrder } = link;
      if (announcement === undefined) continue;
      const ids = announcement.editors.map((one) => one.id);
      if (!registry.isServedOtherwise(id, ids, vendors.union(outOfOrder))) continue;
      link.serve(announcement, registry.announce(id, announcement.editors, Date.now()));
      saver.start();
    }
  }

  /** @throws what readAnnouncement throws; Error when another process has the relay's id. */
  async #take(link: RelayLink, value: unknown): Promise<ReadonlySet<string>> {
    const { registry, saver } = this.#parts;
    const { editors, instance, version } = readAnnouncement(value, link.id);
    await this.links.admit(link, instance);
    if (link.isLost) return new Set();
    const served = registry.announce(link.id, editors, Date.now());
    this.links.take(link);
    saver.start();
    log('info', 'relay-announced', { relay: link.id, editors: served.size, version });
    return served;
  }
}

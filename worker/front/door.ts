// The two doors of docs/guide.md G-935: the token that a browser holds is the server's own, so the calls that only the
// front's server makes can be kept from the host name that browsers reach. docs/guide.md G-935.

import { GatewayError } from '../../shared/error.ts';
import type { FrontSettings } from '../base/front-settings.ts';

/** Neither list: one door for all. */
export function isServerDoor({ browserHosts, serverHosts }: FrontSettings, hostname: string): boolean {
  // `front.example.` is the same host.
  const host = hostname.replace(/\.$/, '');
  return !browserHosts.has(host) && (serverHosts.size === 0 || serverHosts.has(host));
}

/** @throws GatewayError not-found, for a call of the server at the browsers' address. */
export function refuseBrowserDoor(settings: FrontSettings, { hostname }: URL): void {
  if (isServerDoor(settings, hostname)) return;
  throw new GatewayError({
    reason: 'not-found',
    text: 'Cet appel est réservé au serveur du portail ; il n’est pas servi à cette adresse.',
  });
}

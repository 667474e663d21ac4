// Which host name is which door (docs/front.md § 2). Doors are allow-lists: a request for a name that the settings do not
// say is refused, whatever it asks, so that a name that somebody else points here, or invents, opens nothing and is written
// nowhere. Browsers hold the server's own token (docs/guide.md G-935), so their door serves what they ask, and no more.

import { GatewayError } from '../../shared/error.ts';
import { type Doors, hostOf } from '../base/host-names.ts';
import type { Route } from '../http/route.ts';

/** Balancers ask by address, or by no name at all; the answer says nothing. */
const PROBES = /^\/(?:healthz|readyz)$/;
const CONSOLE = /^\/console(?:\/|$)/;
/** What the front's pages ask and lead to, and the words for whoever got lost there. */
const BROWSERS = /^\/(?:aggregator\/.*|r\/.*|docs|openapi\.json|fhir\/metadata)?$/;

/** The request's address. @throws GatewayError host-unknown, also when its Host can be no host's name. */
export function enter(doors: Doors, requestUrl: string): URL {
  // An absolute target, or a Host with a blank or an @ in it, makes no URL.
  const url = URL.canParse(requestUrl) ? new URL(requestUrl) : undefined;
  if (url !== undefined && (PROBES.test(url.pathname) || isKnown(doors, hostOf(url)))) return url;
  throw new GatewayError({
    reason: 'host-unknown',
    text: 'Ce nom d’hôte n’est pas de ceux de ce service ; son exploitant les nomme (PUBLIC_URL, EDGE_HOSTS, FRONT_BROWSER_HOSTS, FRONT_SERVER_HOSTS, CONSOLE_HOSTS).',
  });
}

/** @throws GatewayError not-found, for what is not served at the door by which it was asked. */
export function refuseOtherDoor(doors: Doors, route: Pick<Route, 'path' | 'door'>, url: URL): void {
  if (isServedAt(doors, route, hostOf(url))) return;
  throw new GatewayError({
    reason: 'not-found',
    text: 'Cet appel n’est pas servi à cette adresse : il a une autre porte.',
  });
}

function isKnown({ browserHosts, serverHosts, edgeHosts, consoleHosts }: Doors, host: string): boolean {
  // An edge that nobody has named yet has one door.
  if (browserHosts.size + serverHosts.size + edgeHosts.size === 0) return true;
  return [browserHosts, serverHosts, edgeHosts, consoleHosts].some((hosts) => hosts.has(host));
}

function isServedAt(doors: Doors, { path, door }: Pick<Route, 'path' | 'door'>, host: string): boolean {
  const isServers = door === 'server';
  const isConsoles = CONSOLE.test(path);
  if (isConsoles && doors.consoleHosts.size > 0) {
    return doors.consoleHosts.has(host) && !doors.browserHosts.has(host);
  }
  if (isConsolesAlone(doors, host)) return PROBES.test(path);
  // A name in both lists is the browsers'.
  if (doors.browserHosts.has(host)) return !isServers && (BROWSERS.test(path) || PROBES.test(path));
  return !isServers || doors.serverHosts.size === 0 || doors.serverHosts.has(host);
}

function isConsolesAlone(
  { consoleHosts, browserHosts, serverHosts, edgeHosts }: Doors,
  host: string,
): boolean {
  return consoleHosts.has(host) && ![browserHosts, serverHosts, edgeHosts].some((hosts) => hosts.has(host));
}

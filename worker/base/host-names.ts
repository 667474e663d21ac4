// The host names by which the edge is reached: settings FRONT_BROWSER_HOSTS, FRONT_SERVER_HOSTS, CONSOLE_HOSTS, EDGE_HOSTS,
// LOCAL_HOSTS and PUBLIC_URL, as worker/front/door.ts holds requests against them. docs/front.md § 2. No I/O.

import * as v from 'valibot';

/** Each name as a URL spells it: in small letters, in ASCII, without port or last dot. */
export interface Doors {
  /** Of browsers: what they ask, and nothing else. */
  readonly browserHosts: ReadonlySet<string>;
  /** When there are any, the calls of the front's server are served at these alone. */
  readonly serverHosts: ReadonlySet<string>;
  /** When there are any, the console is served at these alone; a name in no other list serves nothing but the console. */
  readonly consoleHosts: ReadonlySet<string>;
  /** All others that are ours. */
  readonly edgeHosts: ReadonlySet<string>;
}

/** A setting that lists host names, divided by blanks or commas. */
export const hostNames = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) =>
    text
      .split(/[\s,]+/)
      .filter((name) => name !== '')
      .map(readHostName),
  ),
  v.array(v.string('is not a list of host names')),
);

/** Undefined for what is more, or less, than a name or an address: IPv6 in brackets, IDN in either spelling. */
function readHostName(text: string): string | undefined {
  if (!/^(?:[^/?#@:[\]\\]+|\[[\da-f:.]+\])$/i.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  return hostOf(new URL(`http://${text}`));
}

/** `front.example.` is the same host. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '');
}

/** A setting that lists hosts as a Host header has them, ports included: in small letters, without a last dot. */
export function hostList(form: RegExp) {
  return v.pipe(
    v.optional(v.string(), ''),
    v.transform((text) =>
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .map((host) => host.replace(/\.$/, ''))
        .filter((host) => host !== ''),
    ),
    v.everyItem((host) => form.test(host), 'is not a list of host names'),
  );
}

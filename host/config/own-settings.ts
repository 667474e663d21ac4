// What the host itself says to the Worker of where it runs, over the operator's settings. Pure.

/** `host`: the address that the edge listens on. */
export function ownSettings(host: string): { readonly JURISDICTION: ''; readonly LOCAL_HOSTS: string } {
  // workerd alone knows no jurisdiction: this machine is where it is.
  return { JURISDICTION: '', LOCAL_HOSTS: hostsAt(host) };
}

/** By what names an edge that listens on this machine alone is reached: any of its own. At another address, by that. */
function hostsAt(host: string): string {
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|::1|\[::1\])$/.test(host);
  if (isLocal) return `localhost 127.0.0.1 [::1] ${bracketed(host)}`;
  return ['0.0.0.0', '::'].includes(host) ? '' : bracketed(host);
}

const bracketed = (host: string): string => (/^[^[]*:/.test(host) ? `[${host}]` : host);

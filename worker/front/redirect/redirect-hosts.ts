// Which hosts a vendor lets regulators be sent to: those that its relay declares. Whatever else a slot's page names is
// given to no front and opened for nobody. docs/guide.md G-705, G-706. Pure.

/** A declared host is a name or an address, with or without a port. */
export function isDeclared(hosts: readonly string[], page: URL): boolean {
  const bare = page.hostname.replace(/^\[|\]$/g, '');
  return hosts.some((host) => [page.host, page.hostname, bare].includes(host.toLowerCase()));
}

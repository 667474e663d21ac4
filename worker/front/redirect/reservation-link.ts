// The address that a slot's hour leads to: the vendor's booking page with exactly one `origin`, by which the vendor
// knows that a regulator comes from the SAS. Either that page itself or our own redirect to it (token.ts).
// Source: docs/guide.md G-705, G-706, G-916, G-928. Pure but for a memo per answer.

import type { RequestContext } from '../../http/http.ts';
import type { VendorRow } from '../../store/editors.ts';
import { writeRedirectToken } from './token.ts';

/**
 * The vendor's booking page with `origin` in its query; everything else (path, other parameters in their order and
 * spelling, fragment) as the vendor wrote it. Empty when the text is no absolute http(s) URL, or holds credentials.
 */
export function reservationLink(page: string, origin: string): string {
  const url = readBookingPage(page);
  if (url === undefined) return '';
  const others = url.search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !isOrigin(parameter));
  // Not through URLSearchParams: it would spell the vendor's own parameters anew (%20 as +, `a` as `a=`).
  // With its own first `?`: the setter takes one away.
  url.search = `?${[...others, `origin=${encodeURIComponent(origin)}`].join('&')}`;
  return url.href;
}

/** Undefined when a browser should not be sent there: other schemes, credentials, no absolute URL. */
export function readBookingPage(page: string): URL | undefined {
  const url = URL.parse(page);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}

/** Also when it is written `%6Frigin`. The `&` keeps a first `?` part of the name. */
function isOrigin(parameter: string): boolean {
  return new URLSearchParams(`&${parameter}`).has('origin');
}

/**
 * Whether a vendor's relay declares the host of the page: regulators are sent to no other. `hosts`: names or addresses, with a
 * port when it is not the scheme's own; `https` unless `http://` is written before it.
 */
export function isDeclared(hosts: readonly string[], page: URL): boolean {
  return hosts.some((host) => originOf(host) === page.origin);
}

/** An address of IPv6 may be declared without its brackets. */
function originOf(host: string): string | undefined {
  const isBareAddress = /^[^[]*:.*:/.test(host) && !host.includes('//');
  return URL.parse(host.includes('//') ? host : `https://${isBareAddress ? `[${host}]` : host}`)?.origin;
}

/** The link of a slot that `vendor` offers from `startMs` on; empty without booking page. */
export type LinkWriter = (vendor: string, page: string | undefined, startMs: number) => string;

/** What the links of one answer are made from. */
export interface LinkContext {
  readonly config: Pick<RequestContext['config'], 'reservationLinks' | 'redirectOrigin' | 'publicUrl'>;
  readonly url: URL;
  /** As they were last read; without one of them, none of its pages is linked to. */
  readonly editors: readonly Pick<VendorRow, 'id' | 'redirectHosts'>[];
  /** Hears of each page on a host that its vendor has not declared, once per page. */
  readonly onRefused: (vendor: string) => void;
}

/**
 * One writer per answer. Vendors give the same page for many slots: each page is read once. With RESERVATION_LINKS
 * `direct` the link is the page with `origin`; with `redirect` it is ours, absolute, under the path that the front's
 * host hands to the edge. Either way there is none to a host that the vendor has not declared.
 */
export function linkWriter({ config, url, editors, onRefused }: LinkContext): LinkWriter {
  const isDirect = config.reservationLinks === 'direct';
  const hosts = new Map(editors.map(({ id, redirectHosts }) => [id, redirectHosts]));
  const read = (vendor: string, page: string): string => {
    const target = readBookingPage(page);
    const declared = hosts.get(vendor);
    if (target === undefined || declared === undefined) return '';
    if (!isDeclared(declared, target)) {
      onRefused(vendor);
      return '';
    }
    return isDirect ? reservationLink(page, config.redirectOrigin) : target.href;
  };
  const known = new Map<string, Map<string, string>>();
  const base = `${config.publicUrl ?? url.origin}/aggregator/r/`;
  return (vendor, page, startMs) => {
    if (page === undefined) return '';
    const own = known.get(vendor) ?? new Map<string, string>();
    known.set(vendor, own);
    let link = own.get(page);
    if (link === undefined) {
      link = read(vendor, page);
      own.set(page, link);
    }
    return link === '' || isDirect
      ? link
      : base + writeRedirectToken({ editor: vendor, page: link, startMs });
  };
}

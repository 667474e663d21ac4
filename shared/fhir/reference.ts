// Literal references taken apart, in every form that R4 allows: relative, absolute, with a version, urn, fragment. Pure.
// R4 references.html#literal, http.html#vread; bundle.html#references for the base that a resource belongs to.

export interface ReferenceTarget {
  /** Absent for `urn:…` and `#…`, which do not say it. */
  readonly type?: string;
  readonly id: string;
}

const PATH = /(?:^|\/)([A-Z][A-Za-z]{1,63})\/([^/?#\s]+)$/;

/** Undefined when the text is none of these. */
export function readReference(text: string): ReferenceTarget | undefined {
  const trimmed = text.trim();
  const [, bare] = /^(?:#|urn:uuid:|urn:oid:)([^\s#]+)$/i.exec(trimmed) ?? [];
  if (bare !== undefined) return { id: bare };
  const [, type, id] = PATH.exec(trimmed.replace(/\/_history\/[^/?#\s]+$/, '').replace(/\/$/, '')) ?? [];
  return type === undefined || id === undefined ? undefined : { type, id };
}

export interface ParsedReference {
  /** Of an absolute URL that ends in type and id, in normal form. */
  readonly base?: string;
  /** `Type/id`, without a version. */
  readonly tail?: string;
  /** As it was written, without a version: what a urn, or a URL that ends in something else, is known by. */
  readonly exact: string;
}

/** `https://host/base/Type/id/_history/2`, `Type/id`, `urn:uuid:…`; a relative one has no base. */
export function parseReference(written: string): ParsedReference {
  const text = written.trim().replace(/\/_history\/[^/]*$/, '');
  if (/^urn:/i.test(text)) return { exact: text.toLowerCase() };
  const path = text.replace(/\/+$/, '');
  const last = path.lastIndexOf('/');
  const first = path.lastIndexOf('/', last - 1);
  const tail = path.slice(first + 1);
  if (last < 1 || first === last || !/^[A-Z][A-Za-z]*\/[^/?#]+$/.test(tail)) return { exact: text };
  const front = path.slice(0, first + 1);
  // Relative to the base of its entry (R4 references.html#literal); with a path or a host it is of who knows which.
  if (!/^https?:\/\//i.test(front)) return /^\.?\/?$/.test(front) ? { exact: text, tail } : { exact: text };
  return { exact: text, tail, base: normaliseBase(path.slice(0, first)) };
}

/** http and https, a host in capitals, a doubled slash: one server all the same. */
function normaliseBase(base: string): string {
  const [, host = '', path = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)(.*)$/i.exec(base) ?? [];
  return `//${host.toLowerCase().replace(/:(80|443)$/, '')}${path.replace(/\/{2,}/g, '/').replace(/\/$/, '')}`;
}

// What a literal reference leads to, in every form that R4 allows: relative, absolute, with a version, urn, fragment.
// Pure. R4 references.html#literal, http.html#vread.

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

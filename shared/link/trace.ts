// The id under which one request is found in everybody's log: from its caller through edge, hub and relay to a vendor. A name,
// and no right: whoever calls may choose it. https://www.w3.org/TR/trace-context/#traceparent-header

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
/** Longer than any version's that is known. */
const LENGTH_MAX = 200;
const NONE = /^0+$/;

/** The trace's id, 32 hexadecimal digits, as a caller's header names it; undefined when it is absent or not well-formed. */
export function readTraceparent(header: string | null | undefined): string | undefined {
  if (header === null || header === undefined || header.length > LENGTH_MAX) return undefined;
  const [, version, traceId, parentId, more] = TRACEPARENT.exec(header.trim()) ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined || version === 'ff')
    return undefined;
  // Later versions may say more behind; this one says nothing.
  if (version === '00' && more !== undefined) return undefined;
  return NONE.test(traceId) || NONE.test(parentId) ? undefined : traceId;
}

/** Of a request whose caller names none. */
export function newTraceId(): string {
  return randomHex(16);
}

/** The header for the next one in line, under a parent id of its own. It promises no record (flags 00). */
export function writeTraceparent(traceId: string): string {
  return `00-${traceId}-${randomHex(8)}-00`;
}

/** Never all zeros: that means none. */
function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return NONE.test(text) ? `${text.slice(1)}1` : text;
}

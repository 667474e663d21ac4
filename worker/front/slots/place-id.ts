// The number by which the front knows a place: positive, 31 bits, the same in every answer. Pure. docs/guide.md G-916.

/** From a card's id; or, of a place that the directory lacks, whose it is and where. */
export function placeId(...parts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join('\u0000')) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  // FNV-1a leaves neighbours close; the end of MurmurHash3 scatters them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & 0x7fffffff || 1;
}

// The bound of what is remembered of vendors in memory.

/** Vendors of which something is remembered; a registry holds some tens. */
export const EDITORS_REMEMBERED_MAX = 500;

/** Makes room for one more in a map of at most `max`: drops the entry that was set first, and returns its key. */
export function dropOldest<Key>(map: Map<Key, unknown>, max: number): Key | undefined {
  if (map.size < max) return undefined;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
  return oldest;
}

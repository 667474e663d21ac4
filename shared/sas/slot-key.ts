// A short key for the vendor's own id of a slot: it crosses the link beside each slot, so that an appointment that
// names its slot (`Appointment.slot`) is matched with it at the edge. Not for secrets; 31 bits tell the slots of one
// practitioner apart. Pure.

/** Characters of every key. */
const SLOT_KEY_LENGTH = 6;

/** Of a slot without an id: no reference leads to it. */
const NO_KEY = '-'.repeat(SLOT_KEY_LENGTH);

/** FNV-1a over the id's characters, in base 36. */
export function slotKey(id: string | undefined): string {
  if (id === undefined || id === '') return NO_KEY;
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash >>> 0) % 36 ** SLOT_KEY_LENGTH).toString(36).padStart(SLOT_KEY_LENGTH, '0');
}

/** The key of the slot at that place in a list that `Place.slotKeys` goes with. */
export function slotKeyAt(keys: string | undefined, index: number): string | undefined {
  return keys?.slice(index * SLOT_KEY_LENGTH, (index + 1) * SLOT_KEY_LENGTH);
}

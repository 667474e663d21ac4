// The form of the id that the edge gives to an appointment, `{editor}-{hash}`: the relay knows the edge's yes by it.

import { EDITOR_ID_PATTERN } from '../editor-id.ts';

export const ID_HASH_LENGTH = 20;

const ID = new RegExp(`^(${EDITOR_ID_PATTERN})-[0-9a-f]{${ID_HASH_LENGTH}}$`);

/** The vendor whose appointment has that id; undefined when we never gave such an id. */
export function ownerOf(id: string): string | undefined {
  return ID.exec(id)?.[1];
}

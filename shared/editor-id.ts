// The form of an editor's id, as the relay file, the register and every id made of it write it.

import { EDITOR_ID_LENGTH_MAX } from './limits.ts';

/** Lower-case letters, digits and hyphens, no hyphen first: for use within another pattern. Says nothing of the length. */
export const EDITOR_ID_PATTERN = '[a-z0-9][a-z0-9-]*';
/** The whole of a text has that form. */
export const EDITOR_ID = new RegExp(`^${EDITOR_ID_PATTERN}$`);

/** The form, and at most EDITOR_ID_LENGTH_MAX characters. */
export function isEditorId(text: string): boolean {
  return text.length <= EDITOR_ID_LENGTH_MAX && EDITOR_ID.test(text);
}

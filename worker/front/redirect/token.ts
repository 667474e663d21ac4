// What `/r/{slot}` says: which vendor's booking page, and when the slot starts. All of it is in the path segment
// itself (base64url), so that no row per slot is kept. It proves nothing: whoever opens it is only ever sent to a
// host that the vendor declared. Pure.

import { EDITOR_ID_PATTERN } from '../../../shared/editor-id.ts';

/** What a link of ours says. */
export interface RedirectTarget {
  /** The vendor's id. */
  readonly editor: string;
  /** Absolute URL, ASCII only as `URL.href` gives it, without our `origin`. */
  readonly page: string;
  readonly startMs: number;
}

/** Longer addresses are no booking page, and some proxies cut them. */
const TOKEN_CHARS_MAX = 4_096;
/** Version, start in seconds (base 36), vendor, page. */
const CONTENT = new RegExp(`^1\\.([0-9a-z]{1,9})\\.(${EDITOR_ID_PATTERN})\\.([\\x21-\\x7e]+)$`);

/** One path segment; seconds are whole. */
export function writeRedirectToken({ editor, page, startMs }: RedirectTarget): string {
  const content = `1.${Math.floor(startMs / 1000).toString(36)}.${editor}.${page}`;
  return btoa(content).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Undefined when it is not one of ours. */
export function readRedirectToken(token: string): RedirectTarget | undefined {
  if (token.length > TOKEN_CHARS_MAX || !/^[\w-]+$/.test(token)) return undefined;
  const [, seconds, editor, page] = CONTENT.exec(decode(token)) ?? [];
  if (seconds === undefined || editor === undefined || page === undefined) return undefined;
  return { editor, page, startMs: Number.parseInt(seconds, 36) * 1000 };
}

function decode(token: string): string {
  try {
    return atob(token.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}

// The console's files, within the Worker's bundle: named by what they hold, so that a browser may keep them for ever.

import { GatewayError } from '../../../shared/error.ts';
import type { RequestContext } from '../../http/http.ts';
import { STYLE } from './style.ts';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1d3fa8"/><path d="M2 11h12M4 11V6m8 5V6M4 7q4 4 8 0" fill="none" stroke="#fff" stroke-width="1.5"/></svg>';

/** FNV-1a, 32 bits: tells the file of one version from that of the next, and guards nothing. */
function nameHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const STYLE_NAME = `console.${nameHash(STYLE)}.css`;
const ICON_NAME = `icon.${nameHash(ICON)}.svg`;
const FILES: ReadonlyMap<string, { readonly text: string; readonly type: string }> = new Map([
  [STYLE_NAME, { text: STYLE, type: 'text/css; charset=utf-8' }],
  [ICON_NAME, { text: ICON, type: 'image/svg+xml' }],
]);

/** Where the style sheet is. */
export const STYLE_PATH = `/console/assets/${STYLE_NAME}`;
/** Where the icon of the browser's tab is. */
export const ICON_PATH = `/console/assets/${ICON_NAME}`;

/** GET /console/assets/{file}, without a session. @throws GatewayError not-found. */
export function answerAsset({ parameters, requestId }: RequestContext): Response {
  const file = FILES.get(parameters.file ?? '');
  if (file === undefined) {
    throw new GatewayError({ reason: 'not-found', text: 'Ce fichier n’est pas de cette version.' });
  }
  return new Response(file.text, {
    headers: {
      'Content-Type': file.type,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Request-Id': requestId,
    },
  });
}

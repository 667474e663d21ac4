// Pages that the edge shows to people: whole in one answer, without script, image or anything from elsewhere, which
// the Content-Security-Policy also says. Legible at any width and zoom, in light and dark.

import { sha256 } from '../../shared/hash.ts';
import { type Html, html, raw } from '../../shared/html.ts';

/** A page of ours. `style`: CSS, allowed by its digest. */
export interface Page {
  readonly title: string;
  readonly style: string;
  readonly body: Html;
  readonly requestId: string;
}

/** The whole page, with the policy that lets nothing else in. */
export async function pageResponse(
  { title, style, body, requestId }: Page,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const page = html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return new Response(page.text, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${await digest(style)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
      ...headers,
    },
  });
}

async function digest(text: string): Promise<string> {
  return btoa(String.fromCharCode(...(await sha256(text))));
}

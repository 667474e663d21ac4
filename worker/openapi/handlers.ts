// GET /openapi.json and GET /docs: what the edge serves beside FHIR, for programs and for people. Written from the
// routes once per isolate and address: both paths are open, and writing takes some milliseconds.

import type { Html } from '../../shared/html.ts';
import type { Config } from '../base/config.ts';
import { pageResponse } from '../http/html-page.ts';
import type { RequestContext } from '../http/http.ts';
import type { Handler, Route } from '../http/route.ts';
import { describeApi } from './document.ts';
import { writeDocs } from './page/page.ts';
import { DOCS_STYLE } from './page/style.ts';

const CACHE = 'public, max-age=300';

interface Written {
  readonly baseUrl: string;
  readonly title: string;
  /** The document as JSON. */
  readonly text: string;
  readonly page: Html;
}
const written = new WeakMap<Config, Written>();

export function openApiHandler(routes: () => readonly Route[]): Handler {
  return (context) =>
    new Response(write(routes(), context).text, {
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Cache-Control': CACHE,
        'X-Request-Id': context.requestId,
      },
    });
}

export function docsHandler(routes: () => readonly Route[]): Handler {
  return (context) => {
    const { title, page } = write(routes(), context);
    const { requestId } = context;
    return pageResponse({ title, style: DOCS_STYLE, body: page, requestId }, 200, { 'Cache-Control': CACHE });
  };
}

function write(routes: readonly Route[], { config, url }: RequestContext): Written {
  const baseUrl = config.publicUrl ?? url.origin;
  const known = written.get(config);
  if (known?.baseUrl === baseUrl) return known;
  const document = describeApi(routes, baseUrl);
  const made = {
    baseUrl,
    title: document.info.title,
    text: JSON.stringify(document),
    page: writeDocs(document),
  };
  written.set(config, made);
  return made;
}

// GET /openapi.json and GET /docs: what the edge serves beside FHIR, for programs and for people. Made anew for each
// request from the routes: about a millisecond, and nothing to keep up to date.

import { pageResponse } from '../html-page.ts';
import type { RequestContext } from '../http.ts';
import { writeDocs } from '../openapi/docs-page.ts';
import { DOCS_STYLE } from '../openapi/docs-style.ts';
import { type ApiDocument, describeApi } from '../openapi/document.ts';
import type { Route } from '../routes.ts';

const CACHE = 'public, max-age=300';

type Handler = (context: RequestContext) => Response | Promise<Response>;

export function openApiHandler(routes: () => readonly Route[]): Handler {
  return (context) =>
    new Response(JSON.stringify(documentOf(routes(), context)), {
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Cache-Control': CACHE,
        'X-Request-Id': context.requestId,
      },
    });
}

export function docsHandler(routes: () => readonly Route[]): Handler {
  return (context) => {
    const document = documentOf(routes(), context);
    const { title } = document.info;
    const page = { title, style: DOCS_STYLE, body: writeDocs(document), requestId: context.requestId };
    return pageResponse(page, 200, { 'Cache-Control': CACHE });
  };
}

function documentOf(routes: readonly Route[], { config, url }: RequestContext): ApiDocument {
  return describeApi(routes, config.publicUrl ?? url.origin);
}

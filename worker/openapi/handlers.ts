// GET /openapi.json and GET /docs: what the edge serves beside FHIR, for programs and for people. Written when the
// Worker is built (scripts/write-built.ts); only the edge's own address is put in here.

import { html, raw } from '../../shared/html.ts';
import type { Config } from '../base/config.ts';
import { API } from '../built/api.ts';
import { pageResponse } from '../http/html-page.ts';
import type { RequestContext } from '../http/http.ts';
import { DOCS_STYLE } from './page/style.ts';

const CACHE = 'public, max-age=300';

/** Both bodies for one address. */
interface Written {
  readonly baseUrl: string;
  readonly openApi: string;
  readonly docs: string;
}
/** Both paths are open, and unpacking takes some milliseconds: done once per isolate and address. */
const written = new WeakMap<Config, Written>();

/** The OpenAPI 3.1 document. */
export async function answerOpenApi(context: RequestContext): Promise<Response> {
  return new Response((await bodiesFor(context)).openApi, {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': CACHE,
      'X-Request-Id': context.requestId,
    },
  });
}

/** The same as a page. */
export async function answerDocs(context: RequestContext): Promise<Response> {
  const { requestId } = context;
  const body = raw((await bodiesFor(context)).docs);
  return pageResponse({ title: API.title, style: DOCS_STYLE, body, requestId }, 200, {
    'Cache-Control': CACHE,
  });
}

async function bodiesFor({ config, url }: RequestContext): Promise<Written> {
  const baseUrl = config.publicUrl ?? url.origin;
  const known = written.get(config);
  if (known?.baseUrl === baseUrl) return known;
  const made = {
    baseUrl,
    openApi: await unpack(API.openApi, JSON.stringify(baseUrl).slice(1, -1)),
    docs: await unpack(API.docs, html`${baseUrl}`.text),
  };
  written.set(config, made);
  return made;
}

/** `base`: as the body spells it. */
async function unpack(packed: string, base: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(plain).text()).replaceAll(API.base, () => base);
}

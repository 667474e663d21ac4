// GET /openapi.json and GET /docs: what the edge serves beside FHIR, for programs and for people. The document is written when
// the Worker is built (scripts/write-built.ts), the page from it when it is first asked for; only the edge's own address is
// put in for each request.

import { html, raw } from '../../shared/html.ts';
import { API } from '../built/api.ts';
import { pageResponse } from '../http/html-page.ts';
import { publicCache, type RequestContext } from '../http/http.ts';
import { type Folded, unfold } from './folded.ts';
import type { ApiDocument } from './model/documented.ts';
import { writeDocs } from './page/page.ts';
import { DOCS_STYLE } from './page/style.ts';

/** Both bodies, with API.base where the edge's own address goes. */
interface Unpacked {
  readonly openApi: string;
  readonly docs: string;
}
/** Both paths are open, and unpacking takes some milliseconds: done once per isolate, whatever address is asked. */
let unpacked: Unpacked | undefined;

/** The OpenAPI 3.1 document. */
export async function answerOpenApi(context: RequestContext): Promise<Response> {
  const { openApi } = await bodies();
  return new Response(atOwnAddress(openApi, JSON.stringify(addressOf(context)).slice(1, -1)), {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'X-Request-Id': context.requestId,
      ...publicCache(context),
    },
  });
}

/** The same as a page. */
export async function answerDocs(context: RequestContext): Promise<Response> {
  const { requestId } = context;
  const body = raw(atOwnAddress((await bodies()).docs, html`${addressOf(context)}`.text));
  return pageResponse({ title: API.title, style: DOCS_STYLE, body, requestId }, 200, publicCache(context));
}

function addressOf({ config, url }: RequestContext): string {
  return config.publicUrl ?? url.origin;
}

/** `address`: as the body spells it. */
function atOwnAddress(body: string, address: string): string {
  return body.replaceAll(API.base, () => address);
}

async function bodies(): Promise<Unpacked> {
  if (unpacked === undefined) {
    const openApi = unfold(JSON.parse(await unpack(API.openApi)) as Folded);
    unpacked = { openApi, docs: writeDocs(JSON.parse(openApi) as ApiDocument).text };
  }
  return unpacked;
}

async function unpack(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(plain).text();
}

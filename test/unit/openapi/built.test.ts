// What a build makes of package.json, and writes for the Worker: the description, from which the Worker writes its page.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { VERSION } from '../../../shared/version.ts';
import type { Config } from '../../../worker/base/config.ts';
import { API } from '../../../worker/built/api.ts';
import type { RequestContext } from '../../../worker/http/http.ts';
import { describeApi } from '../../../worker/openapi/document.ts';
import { type Folded, unfold } from '../../../worker/openapi/folded.ts';
import { answerDocs, answerOpenApi } from '../../../worker/openapi/handlers.ts';
import { writeDocs } from '../../../worker/openapi/page/page.ts';
import { ROUTES } from '../../../worker/routes.ts';

const textOf = (packed: string): string =>
  unfold(JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as Folded);
const contextAt = (url: string, publicUrl?: string): RequestContext =>
  ({ url: new URL(url), requestId: 'r', config: { publicUrl } as Config }) as RequestContext;

it('has the version of package.json and its day', () => {
  const { version, date } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  expect(VERSION).toEqual({ number: version, date });
  expect(VERSION.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});

it('holds what the routes and their descriptions say now', () => {
  const document = describeApi(ROUTES, API.base);
  expect(JSON.parse(textOf(API.openApi))).toEqual(JSON.parse(JSON.stringify(document)));
});

it.each([
  ['https://edge.example', undefined],
  ['https://edge.example', "https://public.example/a'$&b&c"],
])('answers as written for its own address: %s, %s', async (url, publicUrl) => {
  const base = publicUrl ?? url;
  const document = describeApi(ROUTES, base);
  const json = await answerOpenApi(contextAt(url, publicUrl));
  expect(await json.text()).toBe(JSON.stringify(document));
  const page = await answerDocs(contextAt(url, publicUrl));
  expect(await page.text()).toContain(writeDocs(document).text);
});

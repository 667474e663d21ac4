// The edge as its own description tells it: every operation of /openapi.json, how to call it, and what is wrong with an
// answer that the description does not cover.

import type { ApiDocument, DocumentedOperation } from '../../../worker/openapi/model/documented.ts';
import { judgeOf, mediaOf } from '../oracles/openapi-judge.ts';
import { type FrontReply, sendPlain } from './front-caller.ts';

export interface ApiOperation {
  /** `PUT /admin/editors/{editor}`. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly operation: DocumentedOperation;
  readonly needs: 'nothing' | 'front' | 'admin' | 'sas' | 'vendor';
}

export interface ApiCall {
  /** Over the description's examples, by parameter; those of the query are left out unless given or required. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Over the description's first example. */
  readonly body?: unknown;
  /** Or one for this very request. */
  readonly token?: string | ((request: { method: string; path: string; body: string }) => Promise<string>);
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  readonly document: ApiDocument;
  /** But those of the FHIR face. */
  readonly operations: readonly ApiOperation[];
  /** Those of the FHIR face. */
  readonly fhir: readonly ApiOperation[];
  /** Of each path. */
  readonly options: readonly ApiOperation[];
  of(key: string): ApiOperation;
  call(operation: ApiOperation, call?: ApiCall): Promise<FrontReply>;
  /** What is wrong with it; empty: it is as described. */
  check(operation: ApiOperation, reply: FrontReply): readonly string[];
}

/** `url`: origin of a running edge; asked at each call, for an edge that is started again. */
export async function openApi(url: () => string): Promise<Api> {
  const document = JSON.parse((await sendPlain(`${url()}/openapi.json`, {})).text) as ApiDocument;
  const judge = judgeOf(document);
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
      needs: needsOf(operation),
    })),
  );
  const options = all.filter(({ method }) => method === 'OPTIONS');
  const others = all.filter(({ method }) => method !== 'OPTIONS');
  const isFhir = ({ path }: ApiOperation): boolean => path.startsWith('/fhir/');
  const operations = others.filter((one) => !isFhir(one));
  return {
    document,
    operations,
    fhir: others.filter(isFhir),
    options,
    of: (key) => {
      const found = others.find((one) => one.key === key);
      if (found === undefined) throw new Error(`no operation ${key}`);
      return found;
    },
    call: async (operation, call = {}) => {
      const { method } = operation;
      const path = addressOf(operation, call.parameters ?? {});
      const body = textOf(call.body ?? exampleOf(operation));
      const token =
        typeof call.token === 'function' ? await call.token({ method, path, body: body ?? '' }) : call.token;
      return sendPlain(url() + path, {
        method,
        body,
        headers: {
          ...(operation.operation.requestBody === undefined ? {} : { 'Content-Type': bodyTypeOf(operation) }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...call.headers,
        },
      });
    },
    check: (operation, reply) => {
      const described = operation.operation.responses[reply.status];
      if (described === undefined) return [`${reply.status} is not described`];
      if (typeof reply.headers['x-request-id'] !== 'string') return ['no X-Request-Id'];
      const type = String(reply.headers['content-type'] ?? '').split(';')[0] ?? '';
      const media = mediaOf(document, operation.path, operation.method.toLowerCase()).filter(
        (one) => one.of === String(reply.status),
      );
      if (media.length === 0) return reply.text === '' ? [] : ['a body that is not described'];
      const placed = media.find((one) => one.type === type);
      if (placed === undefined) return [`${type} is not described for ${reply.status}`];
      try {
        const value: unknown = /[/+]json$/.test(type) ? JSON.parse(reply.text) : reply.text;
        return judge(placed.pointer, value);
      } catch {
        return ['the body is no JSON'];
      }
    },
  };
}

function needsOf({ security }: DocumentedOperation): ApiOperation['needs'] {
  const [scheme] = security;
  if (scheme === undefined) return 'nothing';
  if ('portail' in scheme) return 'front';
  if ('editeur' in scheme) return 'vendor';
  return 'sas' in scheme ? 'sas' : 'admin';
}

const FORM = 'application/x-www-form-urlencoded';

function bodyTypeOf({ operation }: ApiOperation): string {
  return Object.keys(operation.requestBody?.content ?? {})[0] ?? '';
}

/** Of a form: as it is sent. */
function exampleOf(one: ApiOperation): unknown {
  const [content] = Object.values(one.operation.requestBody?.content ?? {});
  const value = Object.values(content?.examples ?? {})[0]?.value;
  if (bodyTypeOf(one) !== FORM) return value;
  const form = new URLSearchParams();
  for (const [name, given] of Object.entries(value as Readonly<Record<string, string | readonly string[]>>)) {
    for (const item of [given].flat()) form.append(name, item);
  }
  return form.toString();
}

function addressOf({ path, operation }: ApiOperation, given: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  let address = path;
  for (const { name, in: place, example, required } of operation.parameters ?? []) {
    const value = given[name] ?? (required ? example : undefined);
    for (const item of value === undefined ? [] : [value].flat()) {
      if (place === 'path') address = address.replace(`{${name}}`, encodeURIComponent(item));
      else query.append(name, item);
    }
  }
  for (const [name, value] of Object.entries(given)) {
    if (!(operation.parameters ?? []).some((one) => one.name === name)) query.append(name, value);
  }
  return query.size === 0 ? address : `${address}?${query}`;
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

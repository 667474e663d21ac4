// The shape of the OpenAPI 3.1 document as document.ts makes it and page/page.ts shows it: what OpenAPI allows and we
// do not write is left out. Types only. https://spec.openapis.org/oas/v3.1.1.html

import type { Parameter, Schema } from './operation.ts';

/** A body of one media type. */
export interface Media {
  readonly schema: Schema;
  readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
}

/** OpenAPI's Response Object. */
export interface DocumentedAnswer {
  readonly description: string;
  readonly headers: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>;
  readonly content?: Readonly<Record<string, Media>>;
}

/** OpenAPI's Operation Object. */
export interface DocumentedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (Omit<Parameter, 'required'> & { readonly required: boolean })[];
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

/** HTTP methods, as OpenAPI spells them. */
export type Method = 'get' | 'post' | 'put' | 'delete' | 'options';

/** OpenAPI's root object. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>> & { readonly title: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, DocumentedOperation>>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

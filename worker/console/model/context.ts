// What a screen of the console sees of its request, and what it gives back. Types, and the two ways on from a form.

import type { Html } from '../../../shared/html.ts';
import type { RequestContext } from '../../http/http.ts';
import type { ParameterTable } from './parameters.ts';
import type { ConsoleUser, Role } from './roles.ts';

/** One request of somebody who is in. */
export interface ConsoleContext extends RequestContext {
  readonly user: ConsoleUser;
  /** SHA-256 of the cookie. */
  readonly session: string;
  /** What each form of this session carries; another site cannot know it. */
  readonly formToken: string;
  /** What was sent; empty on GET. */
  readonly form: URLSearchParams;
}

/** A page of the console, without its frame. */
export interface Screen {
  /** Of the page, and its heading. */
  readonly title: string;
  readonly body: Html;
  /** 200 by default. */
  readonly status?: number;
}

/** A row of the table of screens. */
export interface ConsoleRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Any of these opens it. */
  readonly roles: readonly Role[];
  /** In the menu, under that name. */
  readonly menu?: string;
  /** What its address may say behind `?`; nothing by default. */
  readonly parameters?: ParameterTable;
  readonly screen: (context: ConsoleContext) => Promise<Screen | Response> | Screen | Response;
}

/** After a POST: the browser is to ask for that path. */
export function seeOther(path: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, {
    status: 303,
    headers: { Location: path, 'Cache-Control': 'no-store', ...headers },
  });
}

/** A field of the form, without blanks around it; empty when it is absent. */
export function field({ form }: Pick<ConsoleContext, 'form'>, name: string): string {
  return (form.get(name) ?? '').trim();
}

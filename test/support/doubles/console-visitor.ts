// A browser without script, as far as the console needs one: keeps its cookie, follows no redirect by itself, sends forms with
// what a page's forms hold.

import { type LocalState, signConsoleCode } from '../../../sandbox/platform/local/state.ts';

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Sent {
  /** `Sec-Fetch-Site`; undefined: none is sent. */
  readonly site?: string | undefined;
}

/** Whose console it is. */
export interface Visited {
  readonly url: string;
  readonly state: LocalState;
}

export class ConsoleVisitor {
  readonly #system: Visited;
  cookie: string | undefined;

  constructor(system: Visited) {
    this.#system = system;
  }

  /** Someone who has entered by a link. */
  static async enter(system: Visited, role: string, vendor?: string): Promise<ConsoleVisitor> {
    const visitor = new ConsoleVisitor(system);
    const page = await visitor.use(await signConsoleCode(system.state, [role], vendor));
    if (page.status !== 303) throw new Error(`not entered: ${page.status} ${page.text}`);
    return visitor;
  }

  /** Presses the button of the link's page. */
  async use(code: string, sent: Sent = { site: 'same-origin' }): Promise<Page> {
    const page = await this.post('/console/entree', { code }, sent);
    const [, value] = /__Host-passerelle=([\w-]{43});/.exec(page.headers.get('Set-Cookie') ?? '') ?? [];
    if (value !== undefined) this.cookie = value;
    return page;
  }

  get(path: string): Promise<Page> {
    return this.#ask(path, { headers: this.#headers() });
  }

  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    sent: Sent = { site: 'same-origin' },
  ): Promise<Page> {
    const headers = {
      ...this.#headers(),
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(sent.site !== undefined && { 'Sec-Fetch-Site': sent.site }),
    };
    return this.#ask(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
  }

  /** Sends the form that goes to `action`, as the page at `path` has it, with these fields filled in. */
  async submit(
    path: string,
    action: string,
    fields: Readonly<Record<string, string>>,
    acte?: string,
  ): Promise<Page> {
    return this.post(action, { ...(await this.hidden(path, action, acte)), ...fields });
  }

  /** What the form's hidden fields hold. `acte`: which of several forms to that action. */
  async hidden(path: string, action: string, acte?: string): Promise<Record<string, string>> {
    const { text } = await this.get(path);
    const forms = text.split('<form').slice(1);
    const form = forms.find(
      (one) => one.includes(`action="${action}"`) && (acte === undefined || one.includes(`value="${acte}"`)),
    );
    if (form === undefined) throw new Error(`no form to ${action} at ${path}:\n${text}`);
    const inputs =
      form.split('</form>')[0]?.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g) ?? [];
    return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]));
  }

  #headers(): Record<string, string> {
    const cookie = this.cookie === undefined ? {} : { Cookie: `__Host-passerelle=${this.cookie}` };
    return { Accept: 'text/html', ...cookie };
  }

  async #ask(path: string, init: RequestInit): Promise<Page> {
    const headers = { ...(init.headers as Record<string, string>), Connection: 'close' };
    const response = await fetch(this.#system.url + path, { ...init, headers, redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

// SAS, an operator and one vendor around an EdgeMachine: regulators that are written, logged in and withdrawn over HTTP, what the
// vendor heard of them and holds, which outlives every edge. Invented people only.

import {
  type LocalState,
  localSettings,
  openLocalState,
  signToken,
} from '../../../sandbox/platform/local/state.ts';
import type { AccountReply, AccountRequest } from '../../../shared/link/accounts.ts';
import { RelayKeys, ScriptedRelay } from '../doubles/scripted-relay.ts';
import { keyOf, type Person, practitioner } from './accounts-scene.ts';

const VENDOR = { id: 'agenda-a', flows: ['INT_R01', 'INT_R02'] } as const;

interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

export class MachineRegulators {
  /** By the identifier of the regulator, what the vendor was told last. */
  readonly isActive = new Map<string, boolean>();
  /** What the vendor was told, in order. */
  readonly heard: { readonly value: string; readonly active: boolean }[] = [];
  readonly #state: LocalState;
  readonly #keys = new RelayKeys('relay-a');
  #link: ScriptedRelay | undefined;
  /** Of the edge that is asked. */
  url = '';

  private constructor(state: LocalState) {
    this.#state = state;
  }

  /** `dir`: for the keys of the issuer of tokens. */
  static async open(dir: string): Promise<MachineRegulators> {
    return new MachineRegulators(await openLocalState(dir));
  }

  /** For the edge; the schedule runs each second. `jwks`: of other relays. */
  async settings(jwks: readonly object[] = []): Promise<Record<string, string>> {
    const { FRONT_KEYS: _, FRONT_USERS: __, ...local } = await localSettings(this.#state);
    const { keys } = JSON.parse(this.#keys.settings.RELAY_JWKS) as { keys: object[] };
    const known = JSON.stringify({ keys: [...keys, ...jwks] });
    return { ...local, RELAY_JWKS: known, SCHEDULE_S: '1', ACCOUNT_WAVE_MAX: '1000' };
  }

  /** The vendor can be reached from now on. */
  async join(): Promise<void> {
    this.#link = await ScriptedRelay.join(this.url, this.#keys, 'relay-a', [VENDOR]);
    this.#link.onAccount = (request) => this.#answer(request);
  }

  leave(): void {
    this.#link?.close();
  }

  /** @returns status 0 when the edge is not there. */
  async send(path: string, method = 'GET', body?: unknown, bearer?: string): Promise<Answer> {
    const scope = path.startsWith('/admin') ? 'admin' : 'system/Practitioner.cu';
    const token = bearer ?? (await signToken(this.#state, scope));
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Connection: 'close',
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const answer = await fetch(this.url + path, { method, headers, ...sent });
      const text = await answer.text();
      const json: unknown = text.startsWith('{') ? JSON.parse(text) : text;
      return { status: answer.status, headers: answer.headers, json };
    } catch {
      return { status: 0, headers: new Headers(), json: undefined };
    }
  }

  /** Recorded and logged in: the vendor opens an account. @returns its id here. */
  async open(person: Person): Promise<string> {
    const made = await this.send('/fhir/Practitioner', 'POST', practitioner(person));
    const { id } = made.json as { id: string };
    await this.send(`/fhir/Practitioner/${id}/$login`, 'POST');
    if (this.isActive.get(person.value) !== true) throw new Error(`not opened: ${made.status}`);
    return id;
  }

  /** @returns the status; 200: acknowledged. */
  async withdraw(person: Person): Promise<number> {
    const path = `/fhir/Practitioner?identifier=${encodeURIComponent(keyOf(person))}`;
    return (await this.send(path, 'PUT', practitioner({ ...person, active: false }))).status;
  }

  /** How many withdrawals are not confirmed, and what each restore made due again, the last restore first. */
  async exposure(): Promise<{ open: number; restores: readonly { accounts: number; open: number }[] }> {
    const { json } = await this.send('/admin/accounts/exposure');
    return json as Awaited<ReturnType<MachineRegulators['exposure']>>;
  }

  #answer({ method, body }: AccountRequest): AccountReply {
    const said = JSON.parse(body) as { identifier: { value: string }[]; active: boolean };
    const value = said.identifier[0]?.value ?? '';
    this.isActive.set(value, said.active);
    this.heard.push({ value, active: said.active });
    return { kind: 'answered', status: method === 'POST' ? 201 : 200, codes: [], durationMs: 1 };
  }
}

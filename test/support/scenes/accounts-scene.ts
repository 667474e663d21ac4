// The running system as tests of regulators' accounts need it: writes and logins as SAS makes them, what vendors hold,
// the schedule at any time. Invented people only.

import { randomUUID } from 'node:crypto';
import type { Bundle, OperationOutcome, Parameters, Practitioner } from 'fhir/r4';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { VendorOptions } from '../../../sandbox/vendors/vendor.ts';
import { PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { until } from '../wait/until.ts';
import { System, type SystemOptions } from './system.ts';

export interface Person {
  readonly system: string;
  readonly value: string;
  readonly family: string;
  readonly given: string;
  readonly email: string;
  readonly active: boolean;
}

export function technical(change: Partial<Person> = {}): Person {
  return {
    system: SYSTEM.sas,
    value: randomUUID(),
    family: 'Imaginaire',
    given: 'Camille',
    email: 'camille.imaginaire@regulation.example',
    active: true,
    ...change,
  };
}

export const keyOf = ({ system, value }: Pick<Person, 'system' | 'value'>): string => `${system}|${value}`;

export function practitioner({ system, value, family, given, email, active }: Person): Practitioner {
  const code = system === SYSTEM.idnps ? 'IDNPS' : 'INTRN';
  return {
    resourceType: 'Practitioner',
    id: 'example-regulator-1',
    meta: { source: SYSTEM.sas, profile: [PROFILE.regulator] },
    identifier: [{ type: { coding: [{ system: SYSTEM.identifierType, code }] }, system, value }],
    active,
    name: [{ family, given: [given] }],
    telecom: [{ system: 'email', value: email }],
  };
}

export interface VendorState {
  readonly state: string;
  readonly reason?: string;
  readonly status?: number;
  readonly nextTry?: string;
}

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A regulator, or an OperationOutcome. */
export type Written = Omit<Practitioner, 'resourceType'> & Partial<Pick<OperationOutcome, 'issue'>>;

export class AccountScene {
  readonly system: System;
  readonly admin: string;

  private constructor(system: System, admin: string) {
    this.system = system;
    this.admin = admin;
  }

  static async start(options: SystemOptions = {}): Promise<AccountScene> {
    const system = await System.start({ vendors: THREE, ...options });
    system.token = await signToken(system.state, 'system/Practitioner.cu');
    return new AccountScene(system, await signToken(system.state, 'admin'));
  }

  stop(): Promise<void> {
    return this.system.stop();
  }

  async call<T>(path: string, init: RequestInit = {}): Promise<Reply<T>> {
    const response = await this.system.fetch(path, init);
    const text = await response.text();
    const body = (text === '' ? undefined : JSON.parse(text)) as T;
    return { status: response.status, headers: response.headers, body };
  }

  post(body: unknown): Promise<Reply<Written>> {
    return this.#send('POST', '/fhir/Practitioner', body);
  }

  put(key: string, body: unknown): Promise<Reply<Written>> {
    return this.#send('PUT', `/fhir/Practitioner?identifier=${encodeURIComponent(key)}`, body);
  }

  #send(method: string, path: string, body: unknown): Promise<Reply<Written>> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json+fhir' };
    return this.call(path, { method, headers, body: JSON.stringify(body) });
  }

  /** The id of the new regulator. */
  async create(person: Person): Promise<string> {
    const { status, body } = await this.post(practitioner(person));
    if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(body)}`);
    return body.id ?? '';
  }

  async change(before: Person, after: Person): Promise<void> {
    const { status, body } = await this.put(keyOf(before), practitioner(after));
    if (status !== 200) throw new Error(`not changed: ${status} ${JSON.stringify(body)}`);
  }

  async logIn(id: string): Promise<Map<string, VendorState>> {
    const { status, body } = await this.call<Parameters>(`/fhir/Practitioner/${id}/$login`, {
      method: 'POST',
    });
    if (status !== 200) throw new Error(`no login: ${status} ${JSON.stringify(body)}`);
    const vendors = (body.parameter ?? []).filter(({ name }) => name === 'vendor');
    return new Map(
      vendors.map(({ part = [] }) => {
        const read = (name: string) => part.find((item) => item.name === name);
        const state: VendorState = {
          state: read('state')?.valueCode ?? '',
          ...(read('reason') ? { reason: read('reason')?.valueCode ?? '' } : {}),
          ...(read('status') ? { status: read('status')?.valueInteger ?? 0 } : {}),
          ...(read('nextTry') ? { nextTry: read('nextTry')?.valueInstant ?? '' } : {}),
        };
        return [read('id')?.valueCode ?? '', state] as const;
      }),
    );
  }

  search(query: string): Promise<Reply<Bundle<Practitioner>>> {
    return this.call(`/fhir/Practitioner${query}`);
  }

  asAdmin<T>(path: string, method = 'GET'): Promise<Reply<T>> {
    return this.call(path, { method, headers: { Authorization: `Bearer ${this.admin}` } });
  }

  /** What a vendor keeps under an identifier. */
  held(vendor: string, person: Pick<Person, 'system' | 'value'>) {
    return this.system
      .vendor(vendor)
      .accounts()
      .filter(({ key }) => key === keyOf(person));
  }

  /** Methods of the requests about accounts, oldest first. */
  requests(
    vendor: string,
  ): readonly { readonly method: string; readonly url: string; readonly status: number | null }[] {
    return this.system
      .vendor(vendor)
      .state()
      .requests.filter(({ route }) => route === 'Practitioner')
      .map(({ method, url, status }) => ({ method, url, status }));
  }

  methods(vendor: string): string {
    return this.requests(vendor)
      .map(({ method }) => method)
      .join(' ');
  }

  async runSchedule(at = new Date()): Promise<void> {
    if (!(await this.system.edge.runSchedule(at))) throw new Error('the scheduled run failed');
  }

  /** Waits until the vendor has answered all it was asked. */
  async quiet(vendor: string): Promise<void> {
    await until(`${vendor} is idle`, () => this.system.vendor(vendor).state().inFlight === 0);
  }
}

const THREE: readonly VendorOptions[] = [{ seed: 1 }, { seed: 2 }, { seed: 3 }];

// The edge alone, for tests and benches of appointments: relays are played by this process, which signs their tokens with
// fresh keys and announces their vendors over a real link. Invented people only.

import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import type { OperationOutcome } from 'fhir/r4';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { type LocalState, openLocalState, signToken } from '../../sandbox/platform/local/state.ts';
import {
  type EditorFlow,
  type HubApi,
  INBOUND_AUDIENCE,
  LINK_AUDIENCE,
  LINK_PATH,
  RELAY_TOKEN_LIFETIME_S,
} from '../../shared/link/hub.ts';

/** The request that a token is for; `path` with its query. */
export interface SignedFor {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
}

export interface TestRelay {
  readonly id: string;
  readonly jwk: object;
  /** For the link of the edge at `url`. */
  signLink(url: string): Promise<string>;
  /** For a request to the edge at `url`; `claims` over its own: editor and appointmentSystem, or what a liar says. */
  sign(url: string, request: SignedFor, claims: JWTPayload): Promise<string>;
}

export async function makeRelay(id: string): Promise<TestRelay> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const sign: TestRelay['sign'] = (url, { method, path, body = '' }, claims) => {
    const { pathname, search, host } = new URL(url + path);
    const nowS = Math.floor(Date.now() / 1000);
    const own = { iss: id, sub: id, iat: nowS, exp: nowS + RELAY_TOKEN_LIFETIME_S, jti: randomUUID() };
    const of = { edge: host, method, target: pathname + search, bodySha256: sha256(body) };
    return new SignJWT({ ...own, ...of, aud: INBOUND_AUDIENCE, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: id })
      .sign(privateKey);
  };
  return {
    id,
    jwk: { ...(await exportJWK(publicKey)), kid: id, alg: 'EdDSA', use: 'sig' },
    signLink: (url) => sign(url, { method: 'GET', path: LINK_PATH }, { aud: LINK_AUDIENCE }),
    sign,
  };
}

function sha256(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url');
}

export const SYSTEM_A = 'https://agenda-a.example/rdv';
export const SYSTEM_B = 'urn:oid:1.2.250.1.999.7';
/** The vendors that the test relay announces: the last without INT_R03. */
const VENDORS = [
  { id: 'agenda-a', system: SYSTEM_A, flows: ['INT_R01', 'INT_R03'] },
  { id: 'agenda-b', system: SYSTEM_B, flows: ['INT_R01', 'INT_R03', 'SOS'] },
  { id: 'agenda-mute', system: 'urn:oid:1.2.250.1.999.8', flows: ['INT_R01'] },
] as const;

export type VendorId = (typeof VENDORS)[number]['id'];

/** Says over a real link which vendors a relay serves, and hangs up. */
export async function announce(
  url: string,
  relay: TestRelay,
  vendors: readonly {
    readonly id: string;
    readonly system?: string;
    readonly flows: readonly string[];
  }[] = VENDORS,
): Promise<void> {
  const token = await relay.signLink(url);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/link`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const hub: RpcStub<RpcTarget & HubApi> = newWebSocketRpcSession(
    socket as unknown as globalThis.WebSocket,
    new RpcTarget(),
  );
  await hub.announce({
    relay: relay.id,
    version: 'test',
    editors: vendors.map(({ id, system, flows }) => ({
      id,
      name: id,
      flows: flows as readonly EditorFlow[],
      redirectHosts: [],
      ...(system !== undefined && { appointmentSystem: system }),
      certificateNotAfter: '2030-01-01T00:00:00.000Z',
    })),
  });
  socket.terminate();
}

/** The edge closes what is idle for five seconds: who is held up for so long would send into a closed connection. */
const UNKEPT = { Connection: 'close' } as const;

export class AppointmentEdge {
  readonly dir: string;
  readonly relay: TestRelay;
  readonly state: LocalState;
  readonly log: string[] = [];
  readonly #settings: Readonly<Record<string, string>>;
  readonly #run: typeof startLocalEdge;
  edge: EdgeProcess | undefined;
  /** Of changes, each night; undefined: they are not exported. */
  exportDir: string | undefined;
  #port = 0;
  /** Scope system/Appointment.rs. */
  token = '';

  private constructor(
    dir: string,
    relay: TestRelay,
    state: LocalState,
    settings: Record<string, string>,
    run: typeof startLocalEdge,
  ) {
    this.#run = run;
    this.dir = dir;
    this.relay = relay;
    this.state = state;
    this.#settings = settings;
  }

  /** `keys`: of other relays that the edge is to trust; `run`: starts it. */
  static async start(
    settings: Record<string, string> = {},
    isExporting = false,
    keys: readonly object[] = [],
    run = startLocalEdge,
  ): Promise<AppointmentEdge> {
    const dir = await mkdtemp(join(tmpdir(), 'passerelle-appointments-'));
    const relay = await makeRelay('relay-a');
    const state = await openLocalState(join(dir, 'edge'));
    const trusted = JSON.stringify({ keys: [relay.jwk, ...keys] });
    const system = new AppointmentEdge(dir, relay, state, { RELAY_JWKS: trusted, ...settings }, run);
    if (isExporting) system.exportDir = join(dir, 'exports');
    system.token = await signToken(state, 'system/Appointment.rs');
    await system.startEdge();
    await announce(system.url, relay);
    return system;
  }

  get url(): string {
    return this.edge?.url ?? '';
  }

  async startEdge(): Promise<void> {
    this.edge = await this.#run({
      host: '127.0.0.1',
      port: this.#port,
      stateDir: this.state.dir,
      settings: this.#settings,
      onLog: (line) => this.log.push(line),
      ...(this.exportDir !== undefined && { exportDir: this.exportDir }),
    });
    this.#port = Number(new URL(this.edge.url).port);
  }

  async stopEdge(): Promise<void> {
    await this.edge?.close();
    this.edge = undefined;
  }

  async stop(): Promise<void> {
    await this.stopEdge();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** As a relay signs for a vendor. */
  vendorToken(vendor: VendorId, request: SignedFor): Promise<string> {
    const appointmentSystem = VENDORS.find(({ id }) => id === vendor)?.system;
    return this.relay.sign(this.url, request, { editor: vendor, appointmentSystem });
  }

  async send(
    method: 'POST' | 'PUT',
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    vendor: VendorId = 'agenda-a',
  ): Promise<Answer> {
    const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, {
      method,
      body: sent as string,
      headers: {
        Authorization: `Bearer ${await this.vendorToken(vendor, { method, path, body: sent })}`,
        'Content-Type': 'application/fhir+json',
        ...UNKEPT,
        ...headers,
      },
    });
    return readAnswer(response);
  }

  post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', '/fhir/Appointment', body, headers);
  }

  /** Conditional PUT by the body's own identifier. */
  put(
    body: { readonly identifier: readonly { readonly system: string; readonly value: string }[] },
    headers: Readonly<Record<string, string>> = {},
    vendor: VendorId = 'agenda-a',
  ): Promise<Answer> {
    const { system = '', value = '' } = body.identifier[0] ?? {};
    const query = `identifier=${encodeURIComponent(system)}%7C${encodeURIComponent(value)}`;
    return this.send('PUT', `/fhir/Appointment?${query}`, body, headers, vendor);
  }

  async get(path: string, token = this.token): Promise<Answer> {
    return readAnswer(
      await fetch(path.startsWith('http') ? path : `${this.url}${path}`, {
        headers: { Authorization: `Bearer ${token}`, ...UNKEPT },
      }),
    );
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any resource
  readonly json: any;
  /** First issue of an OperationOutcome. */
  readonly reason: string | undefined;
  readonly issues: readonly { reason: string | undefined; expression: string | undefined; text: string }[];
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = (response.headers.get('Content-Type') ?? '').includes('json') && text !== '';
  const json = isJson && !text.includes('\n{') ? JSON.parse(text) : undefined;
  const outcome = json as OperationOutcome | undefined;
  const issues =
    outcome?.resourceType === 'OperationOutcome'
      ? outcome.issue.map((issue) => ({
          reason: issue.details?.coding?.[0]?.code,
          expression: issue.expression?.[0],
          text: issue.details?.text ?? '',
        }))
      : [];
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    issues,
    reason: issues[0]?.reason,
  };
}

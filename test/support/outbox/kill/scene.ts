// INT_L02 as programs: the edge, two relays and a broker are processes of their own, ways of bytes that can be cut lie between
// them, the Hub's dispatcher and its LRM stand in this process. Vendors' messages are signed here, as a third relay signs them.

import { globSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Answer,
  announce,
  makeRelay,
  readAnswer,
  SYSTEM_B,
  type TestRelay,
} from '../../../../bench/appointments/appointment-edge.ts';
import { OPERATOR, type SampleOptions, sos } from '../../../../bench/appointments/samples.ts';
import { ensureIdentityKey, readIdentityKey, toPublicJwk } from '../../../../relay/link/identity-key.ts';
import { COMMAND_DATABASE_FILES } from '../../../../sandbox/platform/edge/edge-process.ts';
import {
  type LocalState,
  openLocalState,
  RELAY_JWKS_FILE,
  signToken,
} from '../../../../sandbox/platform/local/state.ts';
import { CutWay } from '../../doubles/cut-way.ts';
import { FrontCaller } from '../../doubles/front-caller.ts';
import { type CarrierScene, openCarrier } from '../../scenes/carrier-scene.ts';
import { EdgeChild } from '../../scenes/edge-child.ts';
import { type HubSanteScene, openHubSante } from '../../scenes/hub-sante-scene.ts';
import { LRM_ON, SAMU } from '../../scenes/lrm-scene.ts';
import { removeFolder } from '../../wait/remove-folder.ts';

const RELAYS = ['relay-one', 'relay-two'] as const;
const ANSWER_MS = 30_000;
/** More than a lease and its margin, and than any pause after a failure but a day's. */
const AGED_MS = 2 * 3_600_000;

const REGULATOR = {
  uuid: '6f7c0c61-52b8-4b7e-9c5b-8a8a6f0a4b12',
  lastName: 'Imaginaire',
  firstName: 'Camille',
  email: 'camille.imaginaire@regulation.example',
  nationalId: OPERATOR,
  habilitation: true,
  emailBeforeUpdate: null,
  sasTerritories: ['SAS 990'],
};

/** A relay's process, whichever lives now, and its two ways. */
export interface KilledRelay {
  readonly carrier: CarrierScene;
  readonly toBroker: CutWay;
  readonly toEdge: CutWay;
}

export class KillScene {
  readonly edge: EdgeChild;
  readonly hub: HubSanteScene;
  readonly relays: readonly KilledRelay[];
  readonly #dir: string;
  readonly #vendor: TestRelay;
  readonly #tokens: { readonly admin: string; readonly reader: string };

  private constructor(parts: Pick<KillScene, 'edge' | 'hub' | 'relays'> & Made) {
    this.edge = parts.edge;
    this.hub = parts.hub;
    this.relays = parts.relays;
    this.#dir = parts.dir;
    this.#vendor = parts.vendor;
    this.#tokens = parts.tokens;
  }

  static async start(): Promise<KillScene> {
    const dir = await mkdtemp(join(tmpdir(), 'random-kills-'));
    const state = await openLocalState(join(dir, 'edge'));
    const vendor = await makeRelay('relay-a');
    const keys = RELAYS.map((relayId) => makeKey(dir, relayId));
    await writeFile(join(state.dir, RELAY_JWKS_FILE), JSON.stringify({ keys: [vendor.jwk, ...keys] }));
    const envFile = join(dir, 'edge.env');
    await writeFile(
      envFile,
      Object.entries(LRM_ON)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(''),
    );
    const hub = await openHubSante({ lrms: [SAMU] });
    const edge = new EdgeChild(state.dir, { envFile });
    await edge.start();
    await announce(edge.url, vendor);
    const front = new FrontCaller(() => edge.url);
    const declared = await front.asServer('/v1/regulators', { method: 'PUT', body: REGULATOR });
    if (declared.status !== 200) throw new Error(`regulator: ${declared.status} ${declared.text}`);
    const relays: KilledRelay[] = [];
    for (const relayId of RELAYS) {
      const toBroker = await CutWay.open(() => hub.hub.broker.port);
      const toEdge = await CutWay.open(() => edge.port);
      const known = {
        relayId,
        edgeUrl: `http://127.0.0.1:${toEdge.port}`,
        keyFile: join(dir, `${relayId}.pem`),
      };
      const carrier = await openCarrier(hub, { port: toBroker.port }, known);
      relays.push({ carrier, toBroker, toEdge });
    }
    for (const { carrier } of relays) await carrier.relay.said('hub-sante-up');
    const tokens = await signTokens(state);
    return new KillScene({ edge, hub, relays, dir, vendor, tokens });
  }

  /** A vendor's message; undefined: there was no answer, or one that asks to send it again. */
  async put(options: SampleOptions): Promise<Answer | undefined> {
    const body = sos(options);
    const { system = '', value = '' } = body.identifier[0] ?? {};
    const path = `/fhir/Appointment?identifier=${encodeURIComponent(system)}%7C${encodeURIComponent(value)}`;
    const sent = JSON.stringify(body);
    const claims = { editor: 'agenda-b', appointmentSystem: SYSTEM_B };
    const token = await this.#vendor.sign(this.edge.url, { method: 'PUT', path, body: sent }, claims);
    const answer = await this.#ask(path, token, { method: 'PUT', body: sent }).catch(() => undefined);
    if (answer === undefined || answer.status === 503 || answer.status === 429) return undefined;
    if (answer.status > 201) throw new Error(`put: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** What an operator reads; the edge is there. */
  async admin<T>(path: string): Promise<T> {
    const { status, text, json } = await this.#ask(path, this.#tokens.admin);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return json as T;
  }

  /** By version that held, when the appointment begins. */
  async startsOf(id: string): Promise<ReadonlyMap<number, number>> {
    const { json } = await this.#ask(`/fhir/Appointment/${id}/_history?_count=100`, this.#tokens.reader);
    const entries = (json as { entry: readonly { resource: Held }[] }).entry;
    // A version that came too late to hold has a tag.
    const held = entries.filter(({ resource: { meta } }) => meta.tag === undefined);
    return new Map(held.map(({ resource: { meta, start } }) => [Number(meta.versionId), Date.parse(start)]));
  }

  /** A process dies without warning, and what it had written goes with it. */
  async killRelay({ carrier, toBroker, toEdge }: KilledRelay): Promise<void> {
    await carrier.relay.stop();
    for (const way of [toBroker, toEdge]) way.reset();
  }

  /** While the edge and both relays are dead: as if they had been for so long that every lease, and every pause, is over. */
  age(): void {
    const folder = join(this.#dir, 'edge', COMMAND_DATABASE_FILES);
    const files = globSync('*.sqlite', { cwd: folder });
    let aged = 0;
    for (const name of files) {
      const db = new DatabaseSync(join(folder, name));
      const isOurs = db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'lrm_attempts'`).get();
      if (isOurs !== undefined) {
        const earlier = (column: string): string => `${column} = ${column} - ${AGED_MS}`;
        db.exec(`UPDATE lrm_attempts SET ${earlier('until_ms')} WHERE outcome = 'leased';
          UPDATE lrm_attempts SET ${earlier('settled_ms')} WHERE outcome = 'unknown';
          UPDATE lrm_messages SET ${earlier('due_ms')} WHERE state IN ('pending', 'held', 'leased')`);
        aged += 1;
      }
      db.close();
    }
    if (aged !== 1) throw new Error(`${aged} databases have an outbox`);
  }

  async close(): Promise<void> {
    for (const { carrier, toBroker, toEdge } of this.relays) {
      await carrier.close();
      await toBroker.close();
      await toEdge.close();
    }
    await this.edge.stop();
    await this.hub.close();
    await removeFolder(this.#dir);
  }

  async #ask(
    path: string,
    token: string,
    { method = 'GET', body }: { readonly method?: string; readonly body?: string } = {},
  ): Promise<Answer> {
    const headers = {
      Authorization: `Bearer ${token}`,
      Connection: 'close',
      ...(body !== undefined && { 'Content-Type': 'application/fhir+json' }),
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const sent = { method, headers, signal, ...(body !== undefined && { body }) };
    return readAnswer(await fetch(`${this.edge.url}${path}`, sent));
  }
}

interface Made {
  readonly dir: string;
  readonly vendor: TestRelay;
  readonly tokens: { readonly admin: string; readonly reader: string };
}

interface Held {
  readonly meta: { readonly versionId: string; readonly tag?: unknown };
  readonly start: string;
}

function makeKey(dir: string, relayId: string): object {
  const file = join(dir, `${relayId}.pem`);
  ensureIdentityKey(file);
  const key = readIdentityKey(file);
  if (!key.ok) throw new Error(key.error.text);
  return toPublicJwk(key.value, relayId);
}

async function signTokens(state: LocalState): Promise<Made['tokens']> {
  return {
    admin: await signToken(state, 'admin'),
    reader: await signToken(state, 'system/Appointment.rs'),
  };
}

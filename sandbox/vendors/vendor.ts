// One simulated vendor: its HTTPS port and its control port, started and closed together. Twenty may live in one
// process. Without a given certificate it takes one from the imitation authority's folder, made when missing.

import { readFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { openAuthority } from '../pki/authority.ts';
import { ensureVendorClient, ensureVendorServer } from '../pki/sandbox-pki.ts';
import { type Account, Accounts } from './accounts.ts';
import { Appointments } from './appointments/appointments.ts';
import { type ClientMaterial, SasClient } from './appointments/sas-client.ts';
import { makeControlServer } from './control.ts';
import { readAccountFaults } from './faults/account-faults.ts';
import { type Fault, FaultSet, readFaults } from './faults/faults.ts';
import { Journal } from './journal.ts';
import { Override } from './override.ts';
import { Pages } from './search/pages.ts';
import { Practice } from './search/practice.ts';
import { makeServer, type TlsMaterial } from './server.ts';
import { changeSettings, DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { OpenSockets } from './sockets.ts';
import { describeState, resetVendor, type VendorInside } from './state.ts';

const DEFAULT_PKI_DIR = join('.passerelle', 'pki');

export interface VendorOptions {
  readonly seed: number;
  /** Default: `agenda-a` for seed 1, and so on. */
  readonly id?: string;
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly controlPort?: number;
  /** Folder of the imitation authority; not read when `tls` is given. */
  readonly pki?: string;
  /** PEM texts. */
  readonly tls?: TlsMaterial;
  readonly settings?: Partial<Settings>;
  /** A fault, a list, names or objects: what `PUT /fault` accepts. */
  readonly faults?: unknown;
  readonly clientCertificate?: 'ask' | 'require';
  readonly tlsMax?: 'TLSv1.2' | 'TLSv1.3';
  readonly tlsMin?: 'TLSv1' | 'TLSv1.2';
  /** Start of agenda addresses; default: the vendor's own `/agenda` pages. */
  readonly agendaUrl?: string;
  /** FHIR base address of SAS, where appointments are told; same as the setting `sas`. */
  readonly sasUrl?: string;
  /** Tells this life's appointment identifiers from another's, for a SAS that remembers. */
  readonly run?: string;
}

export interface Vendor {
  readonly id: string;
  readonly seed: number;
  /** FHIR base address. */
  readonly url: string;
  readonly controlUrl: string;
  readonly practice: Practice;
  /** What `GET /state` answers. */
  state(): ReturnType<typeof describeState>;
  /** Throws on what the control port would refuse. */
  setFaults(faults: unknown): void;
  setAccountFaults(faults: unknown): void;
  accounts(): readonly Account[];
  /** Loses the account of `system|value`. */
  forgetAccount(key: string): void;
  setSettings(change: Partial<Settings>): void;
  /** An answer to serve word for word in place of searches. */
  serve(answer: { body: unknown; status?: number; headers?: Record<string, string>; times?: number }): void;
  reset(): void;
  close(): Promise<void>;
}

function nameVendor(seed: number): string {
  return seed >= 1 && seed <= 26 ? `agenda-${String.fromCharCode(96 + seed)}` : `agenda-${seed}`;
}

export async function startVendor(options: VendorOptions): Promise<Vendor> {
  const id = options.id ?? nameVendor(options.seed);
  const host = options.host ?? '127.0.0.1';
  const settings = changeSettings(DEFAULT_SETTINGS, {
    ...(options.sasUrl !== undefined && { sas: options.sasUrl }),
    ...options.settings,
  });
  if (typeof settings === 'string') throw new TypeError(settings);
  const faults = new FaultSet();
  faults.replace(acceptFaults(options.faults ?? []));
  const journal = new Journal();
  const pages = new Pages();
  const accounts = new Accounts();
  const override = new Override();
  let inside: VendorInside | undefined;
  const server = makeServer(
    {
      tls: options.tls ?? (await readTls(options.pki ?? DEFAULT_PKI_DIR, id)),
      clientCertificate: options.clientCertificate ?? 'ask',
      tlsMax: options.tlsMax ?? 'TLSv1.3',
      tlsMin: options.tlsMin ?? 'TLSv1.2',
    },
    {
      // Made once the port is known, before the first request can come.
      practice: () => {
        if (inside === undefined) throw new Error('requête avant le démarrage');
        return inside.practice;
      },
      faults,
      journal,
      pages,
      accounts,
      override,
      reset: (exchange) => sockets.reset(exchange.request.socket),
    },
  );
  const sockets = new OpenSockets(server);
  const port = await listen(server, options.port ?? 0, host);
  const origin = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const practice = new Practice({
    id,
    seed: options.seed,
    base: `${origin}/fhir`,
    agendaUrl: options.agendaUrl ?? `${origin}/agenda`,
    settings,
  });
  const client = new SasClient(() => readClient(options, id));
  const appointments = new Appointments(practice, client, options.run ?? '');
  inside = { practice, faults, journal, pages, accounts, appointments, client, override, sockets };
  return openControl(inside, server, options.controlPort ?? 0);
}

async function openControl(inside: VendorInside, server: Server, controlPort: number): Promise<Vendor> {
  const { practice, faults, override } = inside;
  const control = makeControlServer(inside);
  const controlSockets = new OpenSockets(control);
  try {
    const port = await listen(control, controlPort, '127.0.0.1');
    return {
      id: practice.id,
      seed: practice.seed,
      url: practice.base,
      controlUrl: `http://127.0.0.1:${port}`,
      practice,
      state: () => describeState(inside),
      setFaults: (input) => faults.replace(acceptFaults(input)),
      setAccountFaults: (input) => {
        const wanted = readAccountFaults(input);
        if (typeof wanted === 'string') throw new TypeError(wanted);
        inside.accounts.faults.replace(wanted);
      },
      accounts: () => inside.accounts.list(),
      forgetAccount: (key) => inside.accounts.forget(key),
      setSettings: (change) => {
        const settings = changeSettings(practice.settings, change);
        if (typeof settings === 'string') throw new TypeError(settings);
        practice.settings = settings;
      },
      serve: (answer) => {
        const problem = override.set(answer);
        if (problem !== undefined) throw new TypeError(problem);
      },
      reset: () => resetVendor(inside),
      close: async () => {
        inside.client.close();
        await Promise.all([shut(server, inside.sockets), shut(control, controlSockets)]);
        await inside.journal.untilIdle();
      },
    };
  } catch (error) {
    await shut(server, inside.sockets);
    throw error;
  }
}

function acceptFaults(input: unknown): readonly Fault[] {
  const faults = readFaults(input);
  if (typeof faults === 'string') throw new TypeError(faults);
  return faults;
}

async function readTls(dir: string, id: string): Promise<TlsMaterial> {
  const authority = await openAuthority(dir);
  const credential = await ensureVendorServer(authority, id);
  return {
    cert: await readFile(credential.certFile, 'utf8'),
    key: await readFile(credential.keyFile, 'utf8'),
    ca: await readFile(authority.files.caBundle, 'utf8'),
    crl: [
      await readFile(authority.files.rootCrl, 'utf8'),
      await readFile(authority.files.intermediateOrgCrl, 'utf8'),
    ],
  };
}

/** Its certificate as a client of SAS, of the authority's folder. */
async function readClient({ pki, tls }: VendorOptions, id: string): Promise<ClientMaterial> {
  if (pki === undefined && tls !== undefined)
    throw new Error('pas de dossier pki, donc pas de certificat client');
  const authority = await openAuthority(pki ?? DEFAULT_PKI_DIR);
  const credential = await ensureVendorClient(authority, id);
  return {
    cert: await readFile(credential.certFile, 'utf8'),
    key: await readFile(credential.keyFile, 'utf8'),
    ca: await readFile(authority.files.caBundle, 'utf8'),
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server, sockets: OpenSockets): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await Promise.all([closed, sockets.destroyAll()]);
}

// A simulated vendor that ANS's kit would accept, the settings of a relay that calls it, and whom to ask for: what
// the tests of the conformance run need together.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunInputs } from '../../../conformance/inputs.ts';
import { makeReport, type Report, type ReportRequirement } from '../../../conformance/report/model.ts';
import { type Run, runAll } from '../../../conformance/run.ts';
import { readConfig } from '../../../relay/base/config.ts';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import { ensureRefusedCertificates } from '../../../sandbox/pki/cases.ts';
import { ensureSandboxPki, type SandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { writeRelayConfig } from '../../../sandbox/platform/local/relay.ts';
import { startVendor, type Vendor, type VendorOptions } from '../../../sandbox/vendors/vendor.ts';
import type { KnownPractitioner } from '../../../sandbox/vendors/world/directory.ts';
import { TEST_KEYS } from '../samples/rsa-keys.ts';
import { appointment } from '../samples/valid/resources.ts';
import { removeFolder } from '../wait/remove-folder.ts';

/** A Monday morning: everybody's agenda has free slots on the three days. */
const NOW = '2026-06-01T08:00:00.000Z';
const KINDS = ['PUBLIC', 'PRO', 'SNP', 'CPTS'];
const TYPES = ['AMB', 'HH', 'VR'];

export interface ConformanceScene {
  readonly dir: string;
  readonly pki: SandboxPki;
  readonly vendor: Vendor;
  readonly configFile: string;
  readonly certificates: string;
  readonly rpps: readonly string[];
  readonly siret: readonly string[];
  /** Everything on. */
  inputs(change?: Partial<RunInputs>): RunInputs;
  close(): Promise<void>;
}

export async function openConformance(options: Partial<VendorOptions> = {}): Promise<ConformanceScene> {
  const dir = await mkdtemp(join(tmpdir(), 'conformance-'));
  const pki = await ensureSandboxPki(join(dir, 'pki'), { vendorIds: ['agenda-a'], ...TEST_KEYS });
  const certificates = join(dir, 'cases');
  // Before the vendor, which reads the revocation list when it starts.
  await ensureRefusedCertificates(pki, certificates);
  const vendor = await startVendor({
    seed: 1,
    id: 'agenda-a',
    pki: join(dir, 'pki'),
    ...options,
    settings: { ...standing(pki), ...options.settings },
  });
  const configFile = await writeRelayConfig({
    id: 'relay-a',
    dir,
    edgeUrl: 'http://127.0.0.1:1',
    pki,
    vendors: [{ id: 'agenda-a', name: 'Agenda A', url: vendor.url }],
    adminPort: 0,
  });
  ensureIdentityKey(join(dir, 'link.key.pem'));
  const { directory } = vendor.practice;
  const rpps = choosePractitioners(directory.practitioners);
  const siret = directory.associations.slice(0, 2).map(({ association }) => association.siret);
  return {
    dir,
    pki,
    vendor,
    configFile,
    certificates,
    rpps,
    siret,
    inputs: (change) => ({ ...makeInputs(configFile, certificates, rpps, siret), ...change }),
    close: async () => {
      await vendor.close();
      await removeFolder(dir);
    },
  };
}

/** Settings under which the vendor passes everything. */
export function standing({ relay }: SandboxPki): NonNullable<VendorOptions['settings']> {
  const { cn, ou } = relay.client;
  return { now: NOW, walkInPages: 'every', caller: { cn, ou } };
}

/** One place, two places, one CPTS, two CPTS, and a few more for every kind of slot to appear. */
function choosePractitioners(all: readonly KnownPractitioner[]): readonly string[] {
  const open = all.filter(
    ({ person, roles }) => person.identifier.startsWith('8') && roles.every(({ full }) => !full),
  );
  const kinds: readonly ((one: KnownPractitioner) => boolean)[] = [
    ({ roles, communities }) => roles.length === 1 && communities.length === 0,
    ({ roles }) => roles.length === 2,
    ({ roles, communities }) => roles.length === 1 && communities.length === 1,
    ({ communities }) => communities.length === 2,
  ];
  const chosen = kinds.flatMap((kind) => open.find(kind) ?? []);
  const others = open.filter((one) => !chosen.includes(one)).slice(0, 2);
  return [...new Set([...chosen, ...others])].map(({ person }) => person.identifier);
}

function makeInputs(
  configFile: string,
  certificates: string,
  rpps: readonly string[],
  siret: readonly string[],
): RunInputs {
  const config = readConfig(configFile);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const [editor] = config.value.editors;
  if (editor === undefined) throw new Error('no editor');
  return {
    editor,
    rpps,
    siret,
    onePlace: undefined,
    twoPlaces: undefined,
    cpts: true,
    accounts: true,
    regulator: undefined,
    newRegulator: undefined,
    redirect: true,
    origin: 'sas-preprod',
    kinds: KINDS,
    types: TYPES,
    certificates,
    declarations: { D1: 'Oui', D2: 'Oui', D3: 'Oui', D4: 'Oui', D5: 'Oui', D6: 'Oui' },
    appointments: [appointment(), waiting()],
    timeoutMs: 30_000,
    now: () => Date.parse(NOW),
  };
}

/** An appointment that a participant has not accepted yet. */
function waiting(): object {
  const sample = appointment();
  const [participant] = sample.participant as readonly object[];
  return { ...sample, status: 'pending', participant: [{ ...participant, status: 'needs-action' }] };
}

/** The searches alone: what most faults need. */
export const SEARCHES_ONLY: Partial<RunInputs> = {
  accounts: false,
  redirect: false,
  certificates: undefined,
};

export async function runReport(inputs: RunInputs): Promise<Report> {
  return makeReport(await runOrThrow(inputs));
}

export async function runOrThrow(inputs: RunInputs): Promise<Run> {
  const run = await runAll(inputs);
  if (!run.ok) throw new Error(run.error);
  return run.value;
}

/** Ids of what is failed or warned about. */
export function broken({ requirements }: Report): readonly string[] {
  return requirements.filter(({ status }) => status === 'failed' || status === 'warning').map(({ id }) => id);
}

export function find({ requirements }: Report, id: string): ReportRequirement {
  const found = requirements.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no requirement ${id}`);
  return found;
}

// Calls simulated vendors as the SAS would, with certificates of a fresh imitation authority in a temporary folder.

import { mkdtemp, readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, FhirResource, Slot } from 'fhir/r4';
import { type Authority, type Leaf, openAuthority } from '../../../sandbox/pki/authority.ts';
import { ensureVendorServer } from '../../../sandbox/pki/sandbox-pki.ts';
import type { TlsMaterial } from '../../../sandbox/vendors/server.ts';
import type { Directory, KnownPractitioner } from '../../../sandbox/vendors/world/directory.ts';
import { TEST_KEYS } from '../samples/rsa-keys.ts';
import { removeFolder } from '../wait/remove-folder.ts';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface SandboxScene {
  readonly authority: Authority;
  readonly tls: TlsMaterial;
  readonly client: Leaf;
  readonly agent: Agent;
  /** An agent that shows another certificate, or none. */
  agentOf(leaf: Leaf | undefined, options?: { readonly chain?: 'leaf only' }): Agent;
  close(): Promise<void>;
}

export const CALLER = { cn: 'sas-imitation', ou: '399990000100018' };

export async function openScene(): Promise<SandboxScene> {
  const dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const authority = await openAuthority(dir, { ...TEST_KEYS });
  const server = await ensureVendorServer(authority, 'agenda-test');
  const tls = {
    cert: await readFile(server.certFile, 'utf8'),
    key: await readFile(server.keyFile, 'utf8'),
    ca: await readFile(authority.files.caBundle, 'utf8'),
  };
  const client = await authority.issueClient(CALLER);
  const agents: Agent[] = [];
  const agentOf: SandboxScene['agentOf'] = (leaf, options) => {
    const shown = leaf && { cert: options ? leaf.leafPem : leaf.certPem, key: leaf.keyPem };
    const agent = new Agent({ ca: tls.ca, ...shown, keepAlive: true });
    agents.push(agent);
    return agent;
  };
  const agent = agentOf(client);
  const close = async () => {
    for (const opened of agents) opened.destroy();
    await removeFolder(dir);
  };
  return { authority, tls, client, agent, agentOf, close };
}

export function get(url: string, agent: Agent, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, bytes, text: bytes.toString('utf8') });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

export interface SlotQuery {
  readonly identifiers: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly cpts?: boolean;
}

export function slotQuery({ identifiers, from, to, cpts }: SlotQuery): string {
  const tokens = identifiers.map((value) => `urn:oid:1.2.250.1.71.4.2.1%7C${value}`).join(',');
  const includes = '_include=Slot:schedule&_include:iterate=Schedule:actor';
  const more = '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization';
  const dates = `start=ge${encodeURIComponent(from)}&start=le${encodeURIComponent(to)}`;
  return `${includes}${cpts ? more : ''}&${dates}&status=free&schedule.actor:Practitioner.identifier=${tokens}`;
}

export function scheduleQuery(sirets: readonly string[], from: string, to: string): string {
  const tokens = sirets.map((value) => `urn:oid:1.2.250.1.71.4.2.2%7C${value}`).join(',');
  const includes =
    '_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization';
  const start = '_has:Slot:schedule:start';
  const dates = `${start}=ge${encodeURIComponent(from)}&${start}=le${encodeURIComponent(to)}`;
  return `${includes}&${dates}&_has:Slot:schedule:status=free&actor:Location.organization.identifier=${tokens}`;
}

export function readBundle(text: string): Bundle<FhirResource> {
  return JSON.parse(text);
}

export function resources(bundle: Bundle<FhirResource>): FhirResource[] {
  return (bundle.entry ?? []).flatMap((entry) => entry.resource ?? []);
}

export function slots(bundle: Bundle<FhirResource>): Slot[] {
  return resources(bundle).filter((resource) => resource.resourceType === 'Slot');
}

/** Every reference that resolves neither inside the Bundle nor to a contained resource. */
export function danglingReferences(text: string): string[] {
  const present = new Set(resources(readBundle(text)).map(({ resourceType, id }) => `${resourceType}/${id}`));
  const found = [...text.matchAll(/"reference":"([^"#]+)"/g)].map((match) => match[1] ?? '');
  return found.filter((reference) => !present.has(reference));
}

/** Identifiers of those a vendor knows and whose agenda is not full. */
export function freeIdentifiers(directory: Directory): string[] {
  return freePractitioners(directory).map(({ person }) => person.identifier);
}

export function freePractitioners(directory: Directory): KnownPractitioner[] {
  return directory.practitioners.filter(({ roles }) => roles.every(({ full }) => !full));
}

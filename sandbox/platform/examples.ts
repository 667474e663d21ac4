// The commands `npm start` prints: searches that find something, made from what the simulated vendors hold today.

import { setTimeout as wait } from 'node:timers/promises';

const READY_MS = 30_000;

/** Polls /readyz: D1 answers and a relay is connected. */
export async function waitUntilReady(edgeUrl: string): Promise<void> {
  const endMs = Date.now() + READY_MS;
  for (;;) {
    const response = await fetch(`${edgeUrl}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > endMs) throw new Error('the relay did not reach the edge');
    await wait(50);
  }
}

interface Directory {
  readonly practitioners: readonly { readonly identifier: string; readonly full: boolean }[];
  readonly associations: readonly { readonly siret: string }[];
}

export interface ExampleSearch {
  readonly title: string;
  readonly command: string;
}

export async function exampleSearches(
  edgeUrl: string,
  vendors: readonly { readonly control: string }[],
): Promise<ExampleSearch[]> {
  const directories = await Promise.all(
    vendors.map(async ({ control }) => (await (await fetch(`${control}/directory`)).json()) as Directory),
  );
  const practitioners = mostShared(
    directories.map((directory) =>
      directory.practitioners.filter(({ full }) => !full).map(({ identifier }) => identifier),
    ),
  );
  const associations = mostShared(
    directories.map((directory) => directory.associations.map((item) => item.siret)),
  );
  const idnps = practitioners.slice(0, 5).map((id) => `urn:oid:1.2.250.1.71.4.2.1|${id}`);
  const idnst = associations.slice(0, 2).map((id) => `urn:oid:1.2.250.1.71.4.2.2|${id}`);
  const slots = [
    '_include=Slot:schedule',
    '_include:iterate=Schedule:actor',
    ...windowOf('start'),
    'status=free',
  ];
  const cpts = ['_include=Slot:service-type-reference', '_include:iterate=HealthcareService:organization'];
  const sos = [
    '_revinclude=Slot:schedule',
    '_include=Schedule:actor:Location',
    '_include:iterate=Location:organization',
    ...windowOf('_has:Slot:schedule:start'),
    '_has:Slot:schedule:status=free',
  ];
  const who = `schedule.actor:Practitioner.identifier=${idnps.join(',')}`;
  return [
    {
      title: 'Créneaux de cinq professionnels (INT_R01)',
      command: curl(`${edgeUrl}/fhir/Slot`, [...slots, who]),
    },
    {
      title: 'Les mêmes avec leurs CPTS (INT_R04)',
      command: curl(`${edgeUrl}/fhir/Slot`, [...slots, ...cpts, who]),
    },
    {
      title: 'Créneaux de deux associations SOS Médecins',
      command: curl(`${edgeUrl}/fhir/Schedule`, [
        ...sos,
        `actor:Location.organization.identifier=${idnst.join(',')}`,
      ]),
    },
    {
      title: 'Comme le portail du SAS : un jeton, puis une carte',
      command: frontCall(edgeUrl, practitioners[0]),
    },
  ];
}

/** The SAS front's own two calls, for one practitioner at an unknown address. */
function frontCall(edgeUrl: string, practitioner = ''): string {
  const api = `${edgeUrl}/aggregator/api-sas/v1`;
  const user = JSON.stringify({ username: 'read', password: 'secret' });
  const isAdeli = practitioner.startsWith('0');
  const card = { [isAdeli ? 'adeli' : 'rpps']: practitioner.slice(1), cp: '', phone: [''] };
  const lot = JSON.stringify([{ search_parameter: {} }, { 1: card }]);
  return (
    `curl -s -H "Authorization: Bearer $(curl -s -d '${user}' '${api}/login_check' | sed 's/.*"token":"//; s/".*//')"` +
    ` -d '${lot}' '${api}/PractitionerSlots'`
  );
}

/** A booking at the first vendor, told to SAS at once, and the same read back at the edge. */
export async function exampleAppointment(
  edgeUrl: string,
  vendors: readonly { readonly control: string }[],
): Promise<ExampleSearch[]> {
  const [vendor] = vendors;
  if (vendor === undefined) return [];
  const { practitioners } = (await (await fetch(`${vendor.control}/directory`)).json()) as Directory;
  const identifier = practitioners.find(({ full }) => !full)?.identifier;
  if (identifier === undefined) return [];
  return [
    {
      title: 'Réserver le premier créneau libre d’un professionnel, chez le premier éditeur (INT_R03)',
      command: `curl -s -d '{"identifier":"${identifier}"}' '${vendor.control}/appointments'`,
    },
    {
      title: 'Relire ses rendez-vous sur l’accès',
      command: curl(`${edgeUrl}/fhir/Appointment`, [`practitioner=${identifier}`, '_sort=-_lastUpdated']),
    },
  ];
}

/** Identifiers known to most vendors first; `full` ones have nothing to show. */
function mostShared(lists: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>();
  for (const id of lists.flat()) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([id]) => id);
}

/** From now to the end of the day after tomorrow, as SAS asks. */
function windowOf(name: string): string[] {
  const to = new Date(Date.now() + 2 * 24 * 3600 * 1000);
  to.setUTCHours(22, 59, 59, 999);
  const text = (date: Date): string => date.toISOString().replace('Z', '+00:00');
  return [`${name}=ge${text(new Date())}`, `${name}=le${text(to)}`];
}

function curl(url: string, parameters: readonly string[]): string {
  const data = parameters.map((parameter) => `--data-urlencode '${parameter}'`);
  return `curl -sG -H "Authorization: Bearer $TOKEN" ${data.join(' ')} '${url}'`;
}

// The commands `npm start` prints: searches that find something, made from what the simulated vendors hold today.

import { setTimeout as wait } from 'node:timers/promises';

const READY_MS = 30_000;
/** A slot that begins sooner may be gone before its command is typed. */
const SOON_MS = 10 * 60_000;

/** Polls /readyz: a relay is connected. */
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
  readonly practitioners: readonly {
    readonly identifier: string;
    readonly full: boolean;
    readonly communities: readonly string[];
    readonly places: readonly unknown[];
  }[];
  readonly associations: readonly { readonly siret: string }[];
}

export interface ExampleSearch {
  readonly title: string;
  readonly command: string;
}

export interface Examples {
  /** Shell variables that the commands of README and docs/ use, by name. */
  readonly variables: Readonly<Record<string, string>>;
  readonly searches: readonly ExampleSearch[];
}

const CPTS = ['_include=Slot:service-type-reference', '_include:iterate=HealthcareService:organization'];

/** `token`: of scope system/Slot.s. The first vendor knows everybody named in the variables. */
export async function makeExamples(
  edgeUrl: string,
  vendors: readonly { readonly control: string }[],
  token: string,
): Promise<Examples> {
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
  const trial = chooseForTrial(directories[0]);
  const one = await findSlots(edgeUrl, trial, token);
  return {
    variables: {
      EDGE: edgeUrl,
      TOKEN: token,
      RPPS: one.identifier,
      AT: one.first,
      RPPS_LIST: trial.join(','),
      SIRET: directories[0]?.associations[0]?.siret ?? '',
      CONTROL: vendors[0]?.control ?? '',
      SEARCH_URL: searchUrl(edgeUrl, [one.identifier], one.second),
    },
    searches: [
      {
        title: 'Deux créneaux d’un professionnel (INT_R01)',
        command: curl(`${edgeUrl}/fhir/Slot`, slotSearch([one.identifier], one.second)),
      },
      ...largeSearches(edgeUrl, practitioners.slice(0, 5), associations.slice(0, 2)),
      {
        title: 'Comme le portail du SAS : un jeton, puis une carte',
        command: frontCall(edgeUrl, practitioners[0]),
      },
    ],
  };
}

function largeSearches(
  edgeUrl: string,
  practitioners: readonly string[],
  associations: readonly string[],
): ExampleSearch[] {
  const sos = [
    '_include=Schedule:actor',
    '_revinclude=Slot:schedule',
    '_include:iterate=Location:organization',
    ...windowOf('_has:Slot:schedule:start'),
    '_has:Slot:schedule:status=free',
  ];
  const siret = associations.map((id) => `urn:oid:1.2.250.1.71.4.2.2|${id}`).join(',');
  const slots = slotSearch(practitioners);
  return [
    {
      title: 'Trois jours de cinq professionnels (INT_R01), une grande réponse',
      command: curl(`${edgeUrl}/fhir/Slot`, slots),
    },
    {
      title: 'Les mêmes avec leurs CPTS (INT_R04)',
      command: curl(`${edgeUrl}/fhir/Slot`, [...CPTS, ...slots]),
    },
    {
      title: 'Créneaux de deux associations SOS Médecins',
      command: curl(`${edgeUrl}/fhir/Schedule`, [...sos, `actor:Location.organization.identifier=${siret}`]),
    },
  ];
}

/** The address of that search. */
export function searchUrl(edgeUrl: string, practitioners: readonly string[], to?: string): string {
  return `${edgeUrl}/fhir/Slot?${slotSearch(practitioners, to).map(encodeParameter).join('&')}`;
}

/** INT_R01, until the given instant or as far as SAS asks. */
function slotSearch(practitioners: readonly string[], to?: string): string[] {
  const who = practitioners.map((id) => `urn:oid:1.2.250.1.71.4.2.1|${id}`).join(',');
  return [
    '_include=Slot:schedule',
    '_include:iterate=Schedule:actor',
    ...windowOf('start', to),
    'status=free',
    `schedule.actor:Practitioner.identifier=${who}`,
  ];
}

/** With free slots, by RPPS: of one place, of two, in one CPTS, in two; who can be found, each once. */
function chooseForTrial(directory: Directory | undefined): readonly string[] {
  const known = (directory?.practitioners ?? []).filter(
    ({ full, identifier }) => !full && identifier.startsWith('8'),
  );
  const chosen = [
    known.find(({ places, communities }) => places.length === 1 && communities.length === 0),
    known.find(({ places }) => places.length === 2),
    known.find(({ places, communities }) => places.length === 1 && communities.length === 1),
    known.find(({ communities }) => communities.length === 2),
  ];
  return [...new Set(chosen.flatMap((one) => (one === undefined ? [] : [one.identifier])))];
}

/** The first of these who has two slots ahead, and when they begin; far enough apart from now to be read at leisure. */
async function findSlots(
  edgeUrl: string,
  identifiers: readonly string[],
  token: string,
): Promise<{ identifier: string; first: string; second: string | undefined }> {
  for (const identifier of identifiers) {
    const response = await fetch(searchUrl(edgeUrl, [identifier]), {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { entry = [] } = (await response.json()) as {
      entry?: { resource: { resourceType: string; start?: string } }[];
    };
    const starts = entry.flatMap(({ resource }) =>
      resource.resourceType === 'Slot' ? [resource.start ?? ''] : [],
    );
    const later = starts.filter((start) => Date.parse(start) > Date.now() + SOON_MS);
    const [first, second] = later.sort((a, b) => Date.parse(a) - Date.parse(b));
    if (first !== undefined && second !== undefined) return { identifier, first, second };
  }
  return { identifier: identifiers[0] ?? '', first: new Date().toISOString(), second: undefined };
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

/** A booking at that vendor, told to SAS at once, and the same read back at the edge; of somebody who was searched for. */
export function exampleAppointment(
  edgeUrl: string,
  vendor: { readonly control: string } | undefined,
  identifier = '',
): ExampleSearch[] {
  if (vendor === undefined || identifier === '') return [];
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

/** From now to that instant, else to the end of the day after tomorrow, as SAS asks. */
function windowOf(name: string, until?: string): string[] {
  const to = until === undefined ? new Date(Date.now() + 2 * 24 * 3600 * 1000) : new Date(until);
  if (until === undefined) to.setUTCHours(22, 59, 59, 999);
  const text = (date: Date): string => date.toISOString().replace('Z', '+00:00');
  return [`${name}=ge${text(new Date())}`, `${name}=le${text(to)}`];
}

function encodeParameter(parameter: string): string {
  const at = parameter.indexOf('=');
  return `${parameter.slice(0, at)}=${encodeURIComponent(parameter.slice(at + 1))}`;
}

function curl(url: string, parameters: readonly string[]): string {
  const data = parameters.map((parameter) => `--data-urlencode '${parameter}'`);
  return `curl -sG -H "Authorization: Bearer $TOKEN" ${data.join(' ')} '${url}'`;
}

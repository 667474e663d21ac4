// Reads recorded exchanges of appointments against what the edge holds afterwards: what was acknowledged is
// there, nothing is doubled, and each state is the one that its recorded versions add up to.

import type { Answer } from '../../../bench/appointments/appointment-edge.ts';
import { type ModelMessage, stateAfter } from './appointment-model.ts';

/** One message, and what became of it: no status when no answer came. */
export interface Exchange {
  readonly value: string;
  readonly message: ModelMessage;
  readonly status: number | undefined;
  readonly location: string | undefined;
}

interface Held {
  readonly id: string;
  readonly status: string;
  readonly start: string;
}

const contentOf = ({ status, start }: { status: string; start: string }): string => `${status} ${start}`;

/** What is wrong, in words; nothing when all is well. */
export async function findFaults(
  exchanges: readonly Exchange[],
  get: (path: string) => Promise<Answer>,
): Promise<string[]> {
  const faults: string[] = [];
  const byValue = Map.groupBy(exchanges, ({ value }) => value);
  for (const [value, sent] of byValue) {
    const acknowledged = sent.filter(({ status }) => status !== undefined && status < 300);
    const found = await get(`/fhir/Appointment?identifier=${value}`);
    const held = ((found.json.entry ?? []) as { resource: Held }[]).map(({ resource }) => resource);
    if (held.length > 1) faults.push(`${value}: held ${held.length} times`);
    const [state] = held;
    if (state === undefined) {
      if (acknowledged.length > 0) faults.push(`${value}: acknowledged, and gone`);
      continue;
    }
    const history = await get(`/fhir/Appointment/${state.id}/_history?_count=100`);
    const versions = (history.json.entry as { resource: Held }[])
      .map(({ resource }) => contentOf(resource))
      .reverse();
    faults.push(...compare(value, sent, acknowledged, state, versions));
  }
  return faults;
}

function compare(
  value: string,
  sent: readonly Exchange[],
  acknowledged: readonly Exchange[],
  state: Held,
  versions: readonly string[],
): string[] {
  const faults: string[] = [];
  const created = acknowledged.filter(({ status }) => status === 201);
  if (created.length > 1) faults.push(`${value}: created ${created.length} times`);
  for (const { message, location } of acknowledged) {
    if (!versions.includes(message.content)) faults.push(`${value}: lost "${message.content}"`);
    if (location?.endsWith(`/${state.id}`) !== true) faults.push(`${value}: moved from ${location}`);
  }
  for (const version of versions) {
    if (!sent.some(({ message }) => message.content === version))
      faults.push(`${value}: invented "${version}"`);
  }
  const recorded = versions.flatMap(
    (content) => sent.find(({ message }) => message.content === content)?.message ?? [],
  );
  const expected = stateAfter(recorded);
  if (contentOf(state) !== expected)
    faults.push(`${value}: is "${contentOf(state)}", should be "${expected}"`);
  return faults;
}

// What an answer must hold, computed from the simulated vendors' own agendas and from who of them is well: each free
// slot by vendor, practitioner and instants, and the state of each identifier. Reads nothing of the gateway's code.

import type { Practitioner, Schedule, Slot } from 'fhir/r4';
import { searchSlots } from '../../../sandbox/vendors/search/slot-search.ts';
import type { Vendor } from '../../../sandbox/vendors/vendor.ts';
import { IDNPS, type SearchAnswer, type SearchWindow } from '../scenes/system.ts';

export interface AgendaQuestion {
  readonly subjects: readonly string[];
  readonly window: SearchWindow;
  /** INT_R04: CPTS resources, and the slots that are for them only. */
  readonly cpts: boolean;
}

export interface Expected {
  /** `editor subject start end`, sorted, one for each slot. */
  readonly slots: readonly string[];
  /** By identifier. */
  readonly states: ReadonlyMap<string, string>;
}

/** Who tells of one identifier, and whether that is every vendor there is. */
export interface Telling {
  readonly told: readonly Vendor[];
  readonly isWhole: boolean;
}

export function expectOf(question: AgendaQuestion, tellingOf: (subject: string) => Telling): Expected {
  const slots: string[] = [];
  const states = new Map<string, string>();
  for (const subject of question.subjects) {
    const { told, isWhole } = tellingOf(subject);
    const before = slots.length;
    for (const vendor of told) slots.push(...freeSlotsOf(vendor, subject, question));
    const shown = slots.length > before;
    states.set(subject, shown ? 'slots' : isWhole ? 'none' : 'unknown');
  }
  return { slots: slots.sort(), states };
}

/** The slots of an answer in the same form. */
export function slotsIn(answer: SearchAnswer, editors: readonly string[]): readonly string[] {
  const schedules = new Map(answer.resources<Schedule>('Schedule').map((one) => [`Schedule/${one.id}`, one]));
  const people = new Map(
    answer.resources<Practitioner>('Practitioner').map((one) => [`Practitioner/${one.id}`, one]),
  );
  return answer
    .resources<Slot>('Slot')
    .map(({ id = '', schedule, start, end }) => {
      const actors = schedules.get(schedule.reference ?? '')?.actor ?? [];
      const person = actors.map(({ reference = '' }) => people.get(reference)).find(Boolean);
      const subject = person?.identifier?.find(({ system }) => system === IDNPS)?.value;
      const editor = editors.find((one) => id.startsWith(one));
      return slotKey(editor, subject, start, end);
    })
    .sort();
}

function freeSlotsOf(vendor: Vendor, subject: string, { window, cpts }: AgendaQuestion): string[] {
  const known = vendor.practice.directory.findPractitioner(subject, false);
  if (known === undefined) return [];
  const request = {
    practitioners: [known],
    within: { fromMs: Date.parse(window.from), toMs: Date.parse(window.to) },
    includeSchedule: false,
    includeActor: false,
    includeService: cpts,
    includeOrganization: cpts,
  };
  return searchSlots(request, '', vendor.practice).entries.map((text) => {
    const { resource } = JSON.parse(text) as { resource: Slot };
    return slotKey(vendor.id, subject, resource.start, resource.end);
  });
}

function slotKey(
  editor: string | undefined,
  subject: string | undefined,
  start: string,
  end: string,
): string {
  return `${editor} ${subject} ${new Date(start).toISOString()} ${new Date(end).toISOString()}`;
}

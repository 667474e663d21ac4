// One search per practitioner and flow, before anything is judged: who has slots, at how many places, in how many
// CPTS. Every group chooses its practitioner here, by one count, or says what it lacks; the engineer may name them
// instead, and what came is then judged, not guessed.

import { asList, asObject, objectsOf } from '../shared/fhir/json.ts';
import { EXTENSION, PROFILE } from '../shared/sas/canonical.ts';
import type { Flow } from '../shared/sas/query.ts';
import { type BundleView, type Found, firstValue, idOf, kindsOf, referenceOf } from './bundle-view.ts';
import { type Answer, search } from './calls/search.ts';
import type { Scene } from './scene.ts';
import { whyUnread } from './whole-answer.ts';

export interface Survey {
  readonly flow: Flow;
  readonly answers: readonly Answer[];
  /** The first who has slots. */
  readonly anyone: Answer | undefined;
  /** Who has slots at one place, at two; a French sentence when the practitioners given have none such. */
  readonly onePlace: Answer | string;
  readonly twoPlaces: Answer | string;
}

export async function survey(scene: Scene, flow: Flow): Promise<Survey> {
  const { rpps, onePlace, twoPlaces } = scene.inputs;
  const answers: Answer[] = [];
  for (const one of rpps) answers.push(await search(scene, flow, [one], 'un professionnel'));
  const open = answers.filter((answer) => countOf(answer, 'Slot') > 0);
  const choose = (count: 1 | 2, named: string | undefined): Answer | string => {
    const found =
      named === undefined
        ? open.find((answer) => placesOf(answer) === count)
        : open.find(({ subjects }) => subjects[0] === named);
    return found ?? missing(answers, open, count, named);
  };
  return {
    flow,
    answers,
    anyone: open[0],
    onePlace: choose(1, onePlace),
    twoPlaces: choose(2, twoPlaces),
  };
}

export function countOf({ view }: Answer, type: string): number {
  return view?.of(type).length ?? 0;
}

/**
 * Places where the practitioner asked for practises, as the answer describes them. The same place described twice
 * counts once; what belongs to somebody else does not count. Without PractitionerRole, the agendas of the slots are
 * counted.
 */
function placesOf({ view, subjects }: Answer): number {
  if (view === undefined) return 0;
  const [subject = ''] = subjects;
  const others = new Set(
    view
      .of('Practitioner')
      .filter(({ resource }) => {
        const value = firstValue(resource.identifier);
        return value !== undefined && value !== subject && value !== subject.slice(1);
      })
      .map((found) => idOf(found)),
  );
  const roles = view
    .of('PractitionerRole')
    .filter(({ resource }) => !others.has(referenceOf(resource.practitioner)?.split('/').at(-1) ?? ''));
  if (roles.length > 0) return new Set(roles.map(namePlace)).size;
  return new Set(view.of('Slot').map(({ resource }) => referenceOf(resource.schedule))).size;
}

/** Its structure and its address; its own id when neither is there. */
function namePlace(role: Found): string {
  const [location] = objectsOf(role.resource.contained);
  const { line, postalCode, city } = asObject(location?.address) ?? {};
  const structure = asObject(asObject(role.resource.organization)?.identifier)?.value;
  const parts = [structure, firstValue(location?.identifier), asList(line).join(' '), postalCode, city];
  return parts.some((part) => typeof part === 'string' && part !== '')
    ? JSON.stringify(parts)
    : `PractitionerRole/${idOf(role)}`;
}

/** What the run would need, and what it was given. */
function missing(
  answers: readonly Answer[],
  open: readonly Answer[],
  count: 1 | 2,
  named: string | undefined,
): string {
  if (answers.length === 0) return 'Donner --rpps.';
  const option = count === 1 ? '--one-place' : '--two-places';
  if (named !== undefined) return `Non jugé : ${named} (${option}) n’a aucun créneau dans la fenêtre.`;
  if (open.length === 0) return describeNoSlot(answers);
  const seen = open.map((answer) => `${answer.subjects[0]} : ${placesOf(answer)}`).join(', ');
  const places = count === 1 ? 'à un seul lieu' : 'à deux lieux';
  return `Non jugé : aucun des professionnels donnés n’a de créneaux ${places} (lieux reçus, ${seen}). En ajouter un à --rpps.`;
}

/** Why nothing about slots can be judged. */
export function describeNoSlot(answers: readonly Answer[]): string {
  const unread = answers.flatMap((answer) => whyUnread(answer) ?? [])[0];
  return unread === undefined ? NO_SLOT : `Non jugé : ${unread}.`;
}

const NO_SLOT =
  'Non jugé : aucun des professionnels donnés n’a de créneau dans la fenêtre. En donner un qui en a, dans --rpps.';

/** CPTS in which the practitioner's slots are shared: those that the slots name, else those described, else one. */
export function communitiesOf(answer: Answer): number {
  const { view } = answer;
  if (view === undefined) return 0;
  const slots = cptsSlots(view);
  const named = new Set(slots.flatMap(({ resource }) => servicesOf(resource)));
  return Math.max(named.size, countOf(answer, 'HealthcareService'), slots.length > 0 ? 1 : 0);
}

/** The practitioner whose slots are shared with one CPTS, or with two or more. */
export function withCommunities({ answers }: Survey, count: 1 | 2): Answer | undefined {
  return answers.find((answer) => {
    const found = communitiesOf(answer);
    return count === 1 ? found === 1 : found >= 2;
  });
}

/** By profile, as the kit tells them apart; by what they say of themselves when none declares it. */
export function cptsSlots(view: BundleView): readonly Found[] {
  const declared = view.under('Slot', PROFILE.slotCpts);
  return declared.length > 0
    ? declared
    : view.of('Slot').filter(({ resource }) => kindsOf(resource).includes('CPTS'));
}

/** HealthcareServices that a slot refers to. */
export function servicesOf(slot: Found['resource']): readonly string[] {
  return objectsOf(slot.serviceType).flatMap(({ extension }) =>
    objectsOf(extension).flatMap(({ url, valueReference }) => {
      const reference = url === EXTENSION.slotService ? referenceOf(asObject(valueReference)) : undefined;
      return reference ?? [];
    }),
  );
}

/** Ids of the CPTS flow's requirements are those of the practitioners' flow, marked. */
export function mark<R extends { readonly id: string }>(requirement: R, flow: Flow): R {
  return flow === 'INT_R04' ? { ...requirement, id: `${requirement.id}@CPTS` } : requirement;
}

export const GROUP_SUFFIX: Readonly<Record<Flow, string>> = {
  INT_R01: '',
  INT_R04: ' (CPTS)',
  SOS: ' (SOS)',
};

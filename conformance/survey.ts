// One search per practitioner and flow, before anything is judged: who has one place, who has two, who belongs to
// one CPTS or to two. The engineer may name them instead; what came is then judged, not guessed.

import type { Flow } from '../shared/sas/query.ts';
import type { Scene } from './scene.ts';
import { type Answer, search } from './search.ts';

export interface Survey {
  readonly flow: Flow;
  readonly answers: readonly Answer[];
  /** Whoever practises at one place, else the first who has slots, else the first. */
  readonly onePlace: Answer | undefined;
  readonly twoPlaces: Answer | undefined;
}

export async function survey(scene: Scene, flow: Flow): Promise<Survey> {
  const { rpps, onePlace, twoPlaces } = scene.inputs;
  const answers: Answer[] = [];
  for (const one of rpps) answers.push(await search(scene, flow, [one], 'un professionnel'));
  const of = (rpps: string): Answer | undefined => answers.find(({ subjects }) => subjects[0] === rpps);
  const byPlaces = (count: number): Answer | undefined =>
    answers.find((answer) => countOf(answer, 'PractitionerRole') === count);
  return {
    flow,
    answers,
    onePlace:
      onePlace === undefined
        ? (byPlaces(1) ?? answers.find((answer) => countOf(answer, 'Slot') > 0) ?? answers[0])
        : of(onePlace),
    twoPlaces: twoPlaces === undefined ? byPlaces(2) : of(twoPlaces),
  };
}

export function countOf({ view }: Answer, type: string): number {
  return view?.of(type).length ?? 0;
}

/** The practitioner whose slots are shared with so many CPTS. */
export function withCommunities({ answers }: Survey, count: number): Answer | undefined {
  const exact = answers.find((answer) => countOf(answer, 'HealthcareService') === count);
  return (
    exact ?? (count > 1 ? answers.find((answer) => countOf(answer, 'HealthcareService') > 1) : undefined)
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

// A29..A34: one practitioner at two places, then two practitioners in one search.

import { objectsOf } from '../../shared/fhir/json.ts';
import { type BundleView, forEach, idOf, referenceOf } from '../bundle-view.ts';
import { search } from '../calls/search.ts';
import { defineRequirements, type Problem, passUnless, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { countOf, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const PLACES = defineRequirements({
  A29: 'failure [FAQ] Un professionnel à deux lieux donne un Practitioner, deux PractitionerRole et deux Schedule.',
  A30: 'failure [FAQ] Chaque PractitionerRole désigne ce Practitioner.',
  A31: 'failure [FAQ] Chaque Schedule a exactement un acteur Practitioner, le bon.',
  A32: 'failure [FAQ] Chaque acteur PractitionerRole d’un Schedule est dans la réponse.',
  A33: 'failure [FAQ] Chaque PractitionerRole désigne le lieu qu’il contient.',
});
const PEOPLE = defineRequirements({
  A34: 'failure [FAQ] Deux professionnels demandés donnent exactement deux Practitioner, au moins deux PractitionerRole et deux Schedule.',
});

type Check = (scene: Scene, view: BundleView) => readonly Problem[] | string;

const CHECKS: Readonly<Record<keyof typeof PLACES, Check>> = {
  A29: (_scene, view) => compareCounts(view, { Practitioner: 1, PractitionerRole: 2, Schedule: 2 }),
  A30: (scene, view) =>
    forEach(view, 'PractitionerRole', ({ resource, path }) => {
      const wanted = nameFirst(view);
      if (referenceOf(resource.practitioner) === wanted) return [];
      const example = `"practitioner": { "reference": "${wanted}" }`;
      return [
        scene.problem(view.bundle, `practitioner n’est pas ${wanted}.`, `${path}.practitioner`, example),
      ];
    }),
  A31: (scene, view) =>
    forEach(view, 'Schedule', ({ resource, path }) => {
      const wanted = nameFirst(view);
      const actors = objectsOf(resource.actor).map(referenceOf);
      const people = actors.filter((reference) => reference?.startsWith('Practitioner/'));
      if (people.length === 1 && people[0] === wanted) return [];
      const example = `"actor": [{ "reference": "${wanted}" }, { "reference": "PractitionerRole/…" }]`;
      return [
        scene.problem(
          view.bundle,
          `L’agenda n’a pas ${wanted} pour seul professionnel.`,
          `${path}.actor`,
          example,
        ),
      ];
    }),
  A32: (scene, view) => {
    const known = new Set(view.of('PractitionerRole').map((role) => `PractitionerRole/${idOf(role)}`));
    return forEach(view, 'Schedule', ({ resource, path }) => {
      const roles = objectsOf(resource.actor)
        .map(referenceOf)
        .filter((one) => one?.includes('PractitionerRole/'));
      if (roles.length > 0 && roles.every((role) => known.has(role ?? ''))) return [];
      const example = `"actor": [{ "reference": "${nameFirst(view)}" }, { "reference": "${[...known][0] ?? 'PractitionerRole/exercice-1'}" }]`;
      return [
        scene.problem(
          view.bundle,
          'Le PractitionerRole de l’agenda n’est pas dans la réponse.',
          `${path}.actor`,
          example,
        ),
      ];
    });
  },
  A33: (scene, view) =>
    forEach(view, 'PractitionerRole', ({ resource, path }) => {
      const ids = objectsOf(resource.contained).map(({ id }) => `#${String(id)}`);
      const references = objectsOf(resource.location).map(referenceOf);
      if (ids.length > 0 && references.length === ids.length && references.every((one, i) => one === ids[i]))
        return [];
      const example = `"location": [{ "reference": "${ids[0] ?? '#lieu'}" }]`;
      return [
        scene.problem(view.bundle, 'location ne désigne pas le lieu contenu.', `${path}.location`, example),
      ];
    }),
};

function compareCounts(view: BundleView, wanted: Readonly<Record<string, number>>): readonly Problem[] {
  return Object.entries(wanted).flatMap(([type, count]) => {
    const found = view.of(type);
    if (found.length === count) return [];
    const expression = found[0]?.path ?? 'Bundle.entry';
    return [
      {
        text: `${found.length} ${type} au lieu de ${count}.`,
        expression,
        example: `${count} ressources ${type}`,
      },
    ];
  });
}

function nameFirst(view: BundleView): string {
  const [practitioner] = view.of('Practitioner');
  return `Practitioner/${practitioner === undefined ? 'praticien-1' : idOf(practitioner)}`;
}

export function runPlaces(scene: Scene, { flow, twoPlaces }: Survey): void {
  const group = `Un professionnel, deux lieux${GROUP_SUFFIX[flow]}`;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement = mark(PLACES[id as keyof typeof PLACES], flow);
    if (typeof twoPlaces === 'string') scene.judge(group, requirement, skip(twoPlaces));
    else if (twoPlaces.view !== undefined)
      scene.judge(group, requirement, passUnless(check(scene, twoPlaces.view)), twoPlaces.exchange);
  }
}

export async function runPeople(scene: Scene, { flow, answers }: Survey): Promise<void> {
  const group = `Deux professionnels${GROUP_SUFFIX[flow]}`;
  const requirement = mark(PEOPLE.A34, flow);
  if (answers.length < 2)
    return scene.judge(group, requirement, skip('Donner deux professionnels : --rpps A,B.'));
  const [first, second] = answers
    .filter((answer) => countOf(answer, 'Slot') > 0)
    .flatMap(({ subjects }) => subjects);
  if (first === undefined || second === undefined) {
    const reason =
      'Non jugé : il faut deux professionnels qui ont des créneaux dans la fenêtre (--rpps A,B).';
    return scene.judge(group, requirement, skip(reason));
  }
  const { view, exchange } = await search(scene, flow, [first, second], 'deux professionnels');
  if (view === undefined)
    return scene.judge(
      group,
      requirement,
      skip('Non jugé : la recherche des deux n’a pas rendu de Bundle (A2).'),
      exchange,
    );
  const problems = [
    ...compareCounts(view, { Practitioner: 2 }),
    ...['PractitionerRole', 'Schedule'].flatMap((type) =>
      view.of(type).length >= 2
        ? []
        : [
            {
              text: `Moins de deux ${type}.`,
              expression: 'Bundle.entry',
              example: `deux ressources ${type} au moins`,
            },
          ],
    ),
  ];
  scene.judge(group, requirement, passUnless(problems), exchange);
}

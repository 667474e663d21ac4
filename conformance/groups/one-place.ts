// A7..A11, A16..A19: one practitioner at one place. How many of each resource, and how they refer to each other.
// The kit tells resources apart by their single profile; so does this.

import { asList, asObject, objectsOf } from '../../shared/fhir/json.ts';
import { canonicalName, PROFILE } from '../../shared/sas/canonical.ts';
import { POSTAL_CODE } from '../../shared/sas/rules/r4/formats.ts';
import { type BundleView, type Found, firstValue, forEach, idOf, none, referenceOf } from '../bundle-view.ts';
import type { Answer } from '../calls/search.ts';
import { showModel } from '../report/model-resources.ts';
import { defineRequirements, type Problem, passUnless, type Requirement, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const ROWS = defineRequirements({
  A7: 'failure [PS] Un professionnel à un lieu donne exactement un Practitioner, un Schedule et un PractitionerRole, chacun sous son profil.',
  A8: 'failure [FAQ] Le PractitionerRole contient exactement une ressource : son lieu.',
  A9: 'warning [PS] total est le nombre de créneaux.',
  A10: 'failure [PS] Il y a au moins un Slot, un Schedule, un Practitioner et un PractitionerRole.',
  A11: 'failure [FAQ] Le premier identifiant du Practitioner est le numéro demandé, préfixé.',
  A16: 'failure [PS] PractitionerRole.practitioner désigne le Practitioner par Practitioner/id.',
  A17: 'failure [FAQ] Schedule.actor désigne le Practitioner et le PractitionerRole.',
  A18: 'failure [FAQ] PractitionerRole.location désigne le lieu contenu par #id.',
  A19: 'failure [PS] L’adresse du lieu a line, city et un postalCode de cinq chiffres.',
});

const PROFILES = {
  Practitioner: PROFILE.practitioner,
  Schedule: PROFILE.schedule,
  PractitionerRole: PROFILE.practitionerRole,
} as const;
const SLOT_PROFILES = [PROFILE.slotIndividual, PROFILE.slotCpts];

type Check = (scene: Scene, answer: Answer, view: BundleView) => readonly Problem[] | string;

/** Those that count what one place gives; the others hold wherever the practitioner practises. */
const ONE_PLACE_ONLY: readonly string[] = ['A7', 'A8', 'A17'];

const CHECKS: Readonly<Record<keyof typeof ROWS, Check>> = {
  A7: (scene, answer, view) =>
    Object.entries(PROFILES).flatMap(([type, profile]) => {
      const count = view.under(type, profile).length;
      if (count === 1) return [];
      const all = view.of(type);
      const other =
        all.length === count
          ? ''
          : ` (${all.length} en tout, dont ${all.length - count} sous un autre profil ou aucun)`;
      const text = `${count} ${type} sous le profil ${canonicalName(profile)} au lieu de 1${other}.`;
      const path = all[0] === undefined ? 'Bundle.entry' : `${all[0].path}.meta`;
      return [scene.problem(view.bundle, text, path, showModel(view.bundle, path, answer.flow))];
    }),
  A8: (scene, answer, view) => {
    const roles = view.of('PractitionerRole');
    const count = roles.reduce((sum, { resource }) => sum + asList(resource.contained).length, 0);
    const [role] = roles;
    if (role === undefined) return none('PractitionerRole');
    if (count === 1) return [];
    const path = `${role.path}.contained`;
    return [
      scene.problem(
        view.bundle,
        `${count} ressources contenues au lieu de 1.`,
        path,
        showModel(view.bundle, path, answer.flow),
      ),
    ];
  },
  A9: (scene, _answer, view) => {
    const slots = view.under('Slot', ...SLOT_PROFILES).length;
    if (view.bundle.total === slots) return [];
    const text = `total ne vaut pas le nombre de créneaux (${slots}).`;
    return [scene.problem(view.bundle, text, 'Bundle.total', `"total": ${slots}`)];
  },
  A10: (_scene, _answer, view) =>
    ['Slot', 'Schedule', 'Practitioner', 'PractitionerRole'].flatMap((type) =>
      view.of(type).length > 0
        ? []
        : [{ text: `Aucun ${type} dans la réponse.`, expression: 'Bundle.entry' }],
    ),
  A11: (scene, { subjects, flow }, view) => {
    const [subject = ''] = subjects;
    return forEach(view, 'Practitioner', ({ resource, path }) => {
      const value = firstValue(resource.identifier);
      // The kit only knows RPPS; an ADELI number (0…) is still legal in the guide.
      if (value === subject) return [];
      const at = `${path}.identifier`;
      const text = `Le premier identifiant n’est pas ${subject}.`;
      return [
        scene.problem(
          view.bundle,
          text,
          at,
          showModel(view.bundle, at, flow).replace(/"8\d{11}"/, `"${subject}"`),
        ),
      ];
    });
  },
  A16: (scene, _answer, view) =>
    forEach(view, 'PractitionerRole', (role) =>
      checkReference(scene, view, role, 'practitioner', expected(view, 'Practitioner')),
    ),
  A17: (scene, _answer, view) => {
    for (const type of ['Practitioner', 'PractitionerRole']) {
      if (view.of(type).length === 0) return none(type);
    }
    return forEach(view, 'Schedule', ({ resource, path }) => {
      const actors = objectsOf(resource.actor).map(referenceOf);
      const wanted = [...expected(view, 'Practitioner'), ...expected(view, 'PractitionerRole')];
      const missing = wanted.filter((reference) => !actors.includes(reference));
      if (missing.length === 0) return [];
      const text = `Schedule.actor ne désigne pas ${missing.join(' ni ')}.`;
      const example = JSON.stringify({ actor: wanted.map((reference) => ({ reference })) }, null, 2);
      return [scene.problem(view.bundle, text, `${path}.actor`, example)];
    });
  },
  A18: (scene, _answer, view) =>
    forEach(view, 'PractitionerRole', ({ resource, path }) => {
      const ids = objectsOf(resource.contained).map(({ id }) => `#${String(id)}`);
      const references = objectsOf(resource.location).map(referenceOf);
      if (references.length > 0 && references.every((reference) => ids.includes(reference ?? ''))) return [];
      const text = 'location ne désigne pas le lieu contenu.';
      return [
        scene.problem(
          view.bundle,
          text,
          `${path}.location`,
          `"location": [{ "reference": "${ids[0] ?? '#lieu'}" }]`,
        ),
      ];
    }),
  A19: (scene, { flow }, view) => {
    const places = view.of('PractitionerRole').flatMap(({ resource, path }) =>
      objectsOf(resource.contained).map((location, index) => ({
        at: `${path}.contained[${index}].address`,
        address: asObject(location.address) ?? {},
      })),
    );
    if (places.length === 0) return 'aucun lieu contenu n’est reçu (A8)';
    return places.flatMap(({ at, address: { line, city, postalCode } }) => {
      const coded = typeof postalCode === 'string' && POSTAL_CODE.test(postalCode);
      if (asList(line).length > 0 && typeof city === 'string' && coded) return [];
      const text = 'L’adresse du lieu est incomplète.';
      return [scene.problem(view.bundle, text, at, showModel(view.bundle, at, flow))];
    });
  },
};

function expected(view: BundleView, type: string): readonly string[] {
  return view.of(type).map((found) => `${type}/${idOf(found)}`);
}

function checkReference(
  scene: Scene,
  view: BundleView,
  { resource, path }: Found,
  element: string,
  wanted: readonly string[],
): readonly Problem[] {
  const reference = referenceOf(resource[element]);
  if (reference !== undefined && wanted.includes(reference)) return [];
  const text = `${element} ne désigne pas ${wanted[0] ?? 'une ressource de la réponse'}.`;
  const example = `"${element}": { "reference": "${wanted[0] ?? 'Practitioner/praticien-1'}" }`;
  return [scene.problem(view.bundle, text, `${path}.${element}`, example)];
}

export function runOnePlace(scene: Scene, { flow, answers, anyone, onePlace }: Survey): void {
  const group = `Un professionnel, un lieu${GROUP_SUFFIX[flow]}`;
  const alone = typeof onePlace === 'string' ? undefined : onePlace;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement: Requirement = mark(ROWS[id as keyof typeof ROWS], flow);
    const chosen = alone ?? (ONE_PLACE_ONLY.includes(id) ? undefined : anyone);
    if (chosen?.view === undefined) {
      scene.judge(
        group,
        requirement,
        skip(typeof onePlace === 'string' ? onePlace : describeNoSlot(answers)),
      );
    } else {
      scene.judge(group, requirement, passUnless(check(scene, chosen, chosen.view)), chosen.exchange);
    }
  }
}

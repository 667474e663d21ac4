// A25..A28, A40..A46: slots shared with a CPTS (INT_R04). One practitioner of one CPTS, then one of two.

import { objectsOf } from '../../shared/fhir/json.ts';
import { CPTS_CODE, SYSTEM } from '../../shared/sas/canonical.ts';
import {
  type BundleView,
  type Found,
  firstValue,
  forEach,
  idOf,
  kindsOf,
  none,
  referenceOf,
} from '../bundle-view.ts';
import { showModel } from '../report/model-resources.ts';
import { defineRequirements, type Problem, passUnless, type Requirement, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import {
  communitiesOf,
  countOf,
  cptsSlots,
  describeNoSlot,
  type Survey,
  servicesOf,
  withCommunities,
} from '../survey.ts';

const ONE = defineRequirements({
  A25: 'failure [CPTS] Il y a autant de HealthcareService que d’Organization, au moins un.',
  A26: 'failure [CPTS] HealthcareService.providedBy désigne son Organization.',
  A27: 'failure [CPTS] L’entrée 604 de chaque créneau CPTS désigne le HealthcareService.',
  A28: 'failure [FAQ] L’Organization est identifiée par 1 et son FINESS.',
  A46: 'failure [CPTS] L’Organization a un nom et un téléphone.',
});
const TWO = defineRequirements({
  A40: 'failure [FAQ] Deux CPTS donnent au moins deux HealthcareService et deux Organization.',
  A41: 'draft [KIT] Les créneaux CPTS n’ont pas d’autre nature (contredit par la FAQ : sans effet).',
  A42: 'failure [CPTS] Une entrée serviceType est codée 604 dans TRE_R66.',
  A43: 'failure [CPTS] Une entrée serviceType désigne un HealthcareService de la réponse.',
  A44: 'failure [FAQ] Un créneau de deux CPTS porte deux références distinctes, présentes dans la réponse.',
  A45: 'failure [FAQ] Chaque HealthcareService désigne une Organization présente ; deux au moins sont distinctes.',
});

type Check = (scene: Scene, view: BundleView) => readonly Problem[] | string;

const at = (scene: Scene, view: BundleView, text: string, path: string): Problem =>
  scene.problem(view.bundle, text, path, showModel(view.bundle, path, 'INT_R04'));

const CHECKS: Readonly<Record<keyof typeof ONE | keyof typeof TWO, Check>> = {
  A25: (_scene, view) => {
    const [services, organizations] = [view.of('HealthcareService').length, view.of('Organization').length];
    return services > 0 && services === organizations
      ? []
      : [
          {
            text: `${services} HealthcareService et ${organizations} Organization.`,
            expression: 'Bundle.entry',
            example: 'un HealthcareService et une Organization par CPTS',
          },
        ];
  },
  A26: (scene, view) => {
    const [service] = view.of('HealthcareService');
    const [organization] = view.of('Organization');
    if (service === undefined) return none('HealthcareService');
    if (organization === undefined) return none('Organization');
    return referenceOf(service.resource.providedBy) === `Organization/${idOf(organization)}`
      ? []
      : [at(scene, view, 'providedBy ne désigne pas l’Organization.', `${service.path}.providedBy`)];
  },
  A27: (scene, view) => {
    const [service] = view.of('HealthcareService');
    const wanted = `HealthcareService/${service === undefined ? '' : idOf(service)}`;
    const slots = cptsSlots(view);
    if (slots.length === 0) return 'aucun créneau CPTS n’est reçu';
    return slots
      .filter(
        ({ resource }) =>
          !servicesOf(resource).every((reference) => reference === wanted) ||
          servicesOf(resource).length === 0,
      )
      .slice(0, 5)
      .map(({ path }) => at(scene, view, `L’entrée 604 ne désigne pas ${wanted}.`, `${path}.serviceType`));
  },
  A28: (scene, view) => {
    const [organization] = view.of('Organization');
    if (organization === undefined) return none('Organization');
    return /^1\d{9}$/.test(firstValue(organization.resource.identifier) ?? '')
      ? []
      : [at(scene, view, 'L’identifiant n’est pas 1 et neuf chiffres.', `${organization.path}.identifier`)];
  },
  A46: (scene, view) =>
    forEach(view, 'Organization', ({ resource, path }) => {
      const phone = objectsOf(resource.telecom)[0]?.value;
      return typeof resource.name === 'string' && typeof phone === 'string'
        ? []
        : [at(scene, view, 'name ou telecom manque.', path)];
    }),
  A40: (_scene, view) =>
    ['HealthcareService', 'Organization'].flatMap((type) =>
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
  A41: () => [],
  A42: (_scene, view) =>
    cptsSlots(view).some(({ resource }) => entries(resource).length > 0)
      ? []
      : [
          {
            text: 'Aucune entrée 604 dans le système attendu.',
            expression: 'Slot.serviceType',
            example: `"coding": [{ "system": "${SYSTEM.establishment}", "code": "604" }]`,
          },
        ],
  A43: (_scene, view) =>
    cptsSlots(view).some(({ resource }) =>
      servicesOf(resource).some((reference) => isPresent(view, reference)),
    )
      ? []
      : [
          {
            text: 'Aucune référence de créneau ne mène à un HealthcareService de la réponse.',
            expression: 'Slot.serviceType.extension',
          },
        ],
  A44: (_scene, view) => {
    const shared = cptsSlots(view)
      .map(({ resource }) => [...new Set(servicesOf(resource))])
      .filter((references) => references.length >= 2);
    if (shared.length === 0)
      return 'aucun créneau ne nomme deux CPTS ; donner à --rpps un professionnel qui en partage un avec deux';
    if (shared.some((references) => references.every((reference) => isPresent(view, reference)))) return [];
    return [
      {
        text: 'Aucun créneau ne porte deux références de CPTS présentes dans la réponse.',
        expression: 'Slot.serviceType.extension',
        example: 'une entrée 604 par CPTS, chacune avec son extension',
      },
    ];
  },
  A45: (scene, view) => {
    const known = new Set(
      view.of('Organization').map((organization) => `Organization/${idOf(organization)}`),
    );
    const services = view.of('HealthcareService');
    const lost = services.filter(({ resource }) => !known.has(referenceOf(resource.providedBy) ?? ''));
    const distinct = new Set(services.map(({ resource }) => referenceOf(resource.providedBy)));
    return [
      ...lost.map(({ path }) =>
        at(scene, view, 'L’Organization de ce service n’est pas dans la réponse.', `${path}.providedBy`),
      ),
      ...(distinct.size >= 2
        ? []
        : [{ text: 'Moins de deux Organization désignées.', expression: 'HealthcareService.providedBy' }]),
    ];
  },
};

/** The serviceType entries coded 604 in the right spelling of TRE_R66. */
function entries(slot: Found['resource']): readonly Found['resource'][] {
  return objectsOf(slot.serviceType).filter(({ coding }) =>
    objectsOf(coding).some(({ system, code }) => system === SYSTEM.establishment && code === CPTS_CODE),
  );
}

function isPresent(view: BundleView, reference: string): boolean {
  return view.of('HealthcareService').some((service) => reference === `HealthcareService/${idOf(service)}`);
}

/** Without a survey: the CPTS flow is not asked for. */
export function runCpts(scene: Scene, survey: Survey | undefined): void {
  runOn(scene, survey, 1, ONE, 'Une CPTS');
  runOn(scene, survey, 2, TWO, 'Deux CPTS');
}

function describeLack({ answers }: Survey, count: 1 | 2): string {
  if (answers.length === 0) return 'Donner --rpps.';
  if (answers.every((answer) => countOf(answer, 'Slot') === 0)) return describeNoSlot(answers);
  const seen = answers.map((answer) => `${answer.subjects[0]} : ${communitiesOf(answer)}`).join(', ');
  const wanted = count === 1 ? 'une seule CPTS' : 'deux CPTS';
  return `Non jugé : aucun des professionnels donnés n’a de créneaux dans ${wanted} (CPTS reçues, ${seen}). En ajouter un à --rpps.`;
}

function runOn(
  scene: Scene,
  survey: Survey | undefined,
  count: 1 | 2,
  rows: Readonly<Record<string, Requirement>>,
  group: string,
): void {
  const answer = survey && withCommunities(survey, count);
  const view = answer?.view;
  for (const requirement of Object.values(rows)) {
    const check = CHECKS[requirement.id as keyof typeof CHECKS];
    if (answer === undefined || view === undefined) {
      scene.judge(
        group,
        requirement,
        skip(survey === undefined ? 'Donner --cpts.' : describeLack(survey, count)),
      );
    } else if (requirement.id === 'A41') {
      const mixed = cptsSlots(view).some(({ resource }) => kindsOf(resource).length > 1);
      const note = mixed
        ? 'Certains créneaux CPTS ont aussi une autre nature, ce que la FAQ admet.'
        : 'CPTS seule.';
      scene.judge(group, requirement, { does: 'pass', note }, answer.exchange);
    } else scene.judge(group, requirement, passUnless(check(scene, view)), answer.exchange);
  }
}

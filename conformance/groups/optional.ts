// A35..A37: what a vendor sends when it knows it: the practitioner's name, a phone, the structure.

import { asList, asObject, objectsOf } from '../../shared/fhir/json.ts';
import { PHONE_FRENCH } from '../../shared/sas/rules/formats.ts';
import { type BundleView, type Found, firstValue } from '../bundle-view.ts';
import { defineRequirements, type Problem, passUnless, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const ROWS = defineRequirements({
  A35: 'failure [FAQ] Le Practitioner porte son RPPS et un nom : family et given.',
  A36: 'optional [FAQ] Le premier téléphone du PractitionerRole est +33 (ou +262, +590, +594, +596) et neuf chiffres.',
  A37: 'failure [FAQ] La structure est identifiée par FINESS (1…), SIRET (3…) ou RPPS rang (4…).',
});
const STRUCTURE = /^(1\d{9}|[34]\d{14})$/;

type Check = (scene: Scene, view: BundleView) => readonly Problem[] | string;

const CHECKS: Readonly<Record<keyof typeof ROWS, Check>> = {
  A35: (scene, view) =>
    view.of('Practitioner').flatMap(({ resource, path }) => {
      const problems: Problem[] = [];
      if (!/^8\d{11}$/.test(firstValue(resource.identifier) ?? '')) {
        problems.push(
          scene.problem(
            view.bundle,
            'Le premier identifiant n’est pas 8 et le RPPS.',
            `${path}.identifier`,
            '"value": "899900000019"',
          ),
        );
      }
      const name = asObject(asList(resource.name)[0]);
      const given = asList(name?.given)[0];
      if (!isFilled(name?.family) || !isFilled(given)) {
        problems.push(
          scene.problem(
            view.bundle,
            'name.family ou name.given manque.',
            `${path}.name`,
            '"name": [{ "family": "EXEMPLE", "given": ["Camille"] }]',
          ),
        );
      }
      return problems;
    }),
  A36: (scene, view) => {
    const roles = view
      .of('PractitionerRole')
      .filter(({ resource }) => objectsOf(resource.telecom).length > 0);
    if (roles.length === 0) return 'Aucun PractitionerRole n’a de téléphone.';
    return roles.flatMap(({ resource, path }) => {
      const { value } = objectsOf(resource.telecom)[0] ?? {};
      if (typeof value === 'string' && PHONE_FRENCH.test(value)) return [];
      const at = `${path}.telecom[0]`;
      return [
        scene.problem(
          view.bundle,
          'Le téléphone n’est pas au format attendu.',
          at,
          '{ "system": "phone", "value": "+33199000001" }',
        ),
      ];
    });
  },
  A37: (scene, view) => view.of('PractitionerRole').flatMap((role) => checkStructure(scene, view, role)),
};

function checkStructure(scene: Scene, view: BundleView, { resource, path }: Found): readonly Problem[] {
  const identifier = asObject(asObject(resource.organization)?.identifier);
  const value = identifier?.value;
  if (typeof value === 'string' && STRUCTURE.test(value)) return [];
  const example =
    '"organization": { "identifier": {\n  "system": "urn:oid:1.2.250.1.71.4.2.2",\n  "value": "1990000011"\n} }';
  return [
    scene.problem(
      view.bundle,
      'La structure n’a pas d’identifiant national préfixé.',
      `${path}.organization`,
      example,
    ),
  ];
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** The kit asks for a practitioner of whom all this is known: whoever has a phone is the best candidate. */
export function runOptional(scene: Scene, { flow, answers, onePlace }: Survey): void {
  const hasPhone = (view: BundleView): boolean =>
    view.of('PractitionerRole').some(({ resource }) => objectsOf(resource.telecom).length > 0);
  const chosen = answers.find(({ view }) => view !== undefined && hasPhone(view)) ?? onePlace;
  const group = `Données facultatives${GROUP_SUFFIX[flow]}`;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement = mark(ROWS[id as keyof typeof ROWS], flow);
    if (chosen?.view === undefined) {
      scene.judge(group, requirement, skip('La recherche n’a pas rendu de Bundle.'));
      continue;
    }
    const result = check(scene, chosen.view);
    const verdict = typeof result === 'string' ? skip(result) : passUnless(result);
    scene.judge(group, requirement, verdict, chosen.exchange);
  }
}

// A35..A37: what a vendor sends when it knows it: the practitioner's name, a phone, the structure.

import { asList, asObject, objectsOf } from '../../shared/fhir/json.ts';
import { PHONE_FRENCH } from '../../shared/sas/rules/r4/formats.ts';
import { type BundleView, type Found, firstValue, none } from '../bundle-view.ts';
import { defineRequirements, type Problem, passUnless, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const ROWS = defineRequirements({
  A35: 'failure [FAQ] Le Practitioner porte son RPPS et un nom : family et given.',
  A36: 'optional [FAQ] Le premier téléphone du PractitionerRole est +33 (ou +262, +590, +594, +596) et neuf chiffres.',
  A37: 'failure [FAQ] La structure est identifiée par FINESS (1…), SIRET (3…) ou RPPS rang (4…).',
});
const STRUCTURE = /^(1\d{9}|[34]\d{14})$/;

type Check = (scene: Scene, view: BundleView) => readonly Problem[] | string;

const CHECKS: Readonly<Record<keyof typeof ROWS, Check>> = {
  A35: (scene, view) => {
    const people = view.of('Practitioner');
    if (people.length === 0) return none('Practitioner');
    const problems = people.flatMap((found) => checkPerson(scene, view, found));
    if (problems.length > 0 || people.some(({ resource }) => asList(resource.name).length > 0))
      return problems;
    return 'aucun des professionnels donnés n’a de nom, que le guide n’impose pas à qui l’ignore';
  },
  A36: (scene, view) => {
    const roles = view
      .of('PractitionerRole')
      .filter(({ resource }) => objectsOf(resource.telecom).length > 0);
    if (roles.length === 0) return 'aucun PractitionerRole n’a de téléphone, que le guide n’impose pas';
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
  A37: (scene, view) => {
    const roles = view.of('PractitionerRole').filter(({ resource }) => resource.organization !== undefined);
    if (roles.length === 0) return 'aucun PractitionerRole ne nomme de structure, que le profil n’impose pas';
    return roles.flatMap((role) => checkStructure(scene, view, role));
  },
};

function checkPerson(scene: Scene, view: BundleView, { resource, path }: Found): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (text: string, at: string, example: string): void => {
    problems.push(scene.problem(view.bundle, text, `${path}.${at}`, example));
  };
  if (!/^8\d{11}$/.test(firstValue(resource.identifier) ?? ''))
    report('Le premier identifiant n’est pas 8 et le RPPS.', 'identifier', '"value": "899900000019"');
  const [first] = asList(resource.name);
  const name = asObject(first);
  if (first !== undefined && (!isFilled(name?.family) || !isFilled(asList(name?.given)[0]))) {
    const example = '"name": [{ "family": "EXEMPLE", "given": ["Camille"] }]';
    report('name.family ou name.given manque.', 'name', example);
  }
  return problems;
}

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

/** The kit asks for a practitioner of whom all this is known: each requirement takes the first who has what it judges. */
export function runOptional(scene: Scene, { flow, answers, anyone }: Survey): void {
  const group = `Données facultatives${GROUP_SUFFIX[flow]}`;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement = mark(ROWS[id as keyof typeof ROWS], flow);
    const chosen =
      answers.find(({ view }) => view !== undefined && HAS[id as keyof typeof ROWS](view)) ?? anyone;
    if (chosen?.view === undefined) scene.judge(group, requirement, skip(describeNoSlot(answers)));
    else scene.judge(group, requirement, passUnless(check(scene, chosen.view)), chosen.exchange);
  }
}

const HAS: Readonly<Record<keyof typeof ROWS, (view: BundleView) => boolean>> = {
  A35: (view) => view.of('Practitioner').some(({ resource }) => asList(resource.name).length > 0),
  A36: (view) => view.of('PractitionerRole').some(({ resource }) => objectsOf(resource.telecom).length > 0),
  A37: (view) => view.of('PractitionerRole').some(({ resource }) => resource.organization !== undefined),
};

// SOS1..SOS10: SOS Médecins, from later drafts of ANS's kit. Shown, without effect on the exit code.

import { asObject, objectsOf } from '../../shared/fhir/json.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import { PHONE_FRENCH, POSTAL_CODE } from '../../shared/sas/rules/r4/formats.ts';
import { type BundleView, codesOf, firstValue, forEach, idOf, kindsOf, referenceOf } from '../bundle-view.ts';
import { describeEnd } from '../calls/exchange.ts';
import { type Answer, search } from '../calls/search.ts';
import { showModel } from '../report/model-resources.ts';
import {
  breaks,
  defineRequirements,
  type Problem,
  pass,
  passUnless,
  type Requirement,
  skip,
  type Verdict,
} from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { whyUnread } from '../whole-answer.ts';
import { judgeLinks, judgeSlots } from './slots.ts';
import { judgeProfiles } from './validation.ts';

const GROUP = 'SOS Médecins';
const ROWS = defineRequirements({
  SOS1: 'draft [SOS] La recherche répond 200 et un Bundle qui a des créneaux.',
  SOS2: 'draft [profil sas-sos-bundle-aggregator] La réponse est conforme aux profils SOS Médecins.',
  SOS3: 'draft [FAQ] Chaque Organization est identifiée par un SIRET demandé, préfixé de 3.',
  SOS4: 'draft [SOS] Slot, Schedule, Location et Organization se désignent par des références présentes.',
  SOS5: 'draft [SOS] Chaque lieu a un nom, un code postal de cinq chiffres et un téléphone normalisé.',
  SOS6: 'draft [SOS] L’identifiant d’un lieu est interne (INTRN) ou un numéro national préfixé.',
  SOS7: 'draft [SOS] Les créneaux sont libres, datés, à venir, dans l’ordre.',
  SOS8: 'draft [SOS] Chaque créneau a une nature (PUBLIC, SNP), ROUTINE ou WALKIN, et une consultation AMB, VR ou HH.',
  SOS9: 'draft [SOS] Chaque créneau donne l’URL du point de consultation dans comment.',
  SOS10: 'draft [SOS] Bundle.link.url porte les paramètres de la requête.',
});
const NATIONAL = /^(1\d{9}|[34]\d{14})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}$/;

type Check = (scene: Scene, answer: Answer, view: BundleView) => readonly Problem[] | string;

const CHECKS: Readonly<Partial<Record<keyof typeof ROWS, Check>>> = {
  SOS3: (scene, { subjects }, view) =>
    forEach(view, 'Organization', ({ resource, path }) => {
      const value = firstValue(resource.identifier);
      return value !== undefined && subjects.includes(value)
        ? []
        : [at(scene, view, 'L’association n’est pas une de celles demandées.', `${path}.identifier`)];
    }),
  SOS4: (scene, _answer, view) => {
    const known = new Set(
      view.resources.map((found) => `${String(found.resource.resourceType)}/${idOf(found)}`),
    );
    const links = [
      ...view
        .of('Slot')
        .map((one) => ({ ...one, at: 'schedule', reference: referenceOf(one.resource.schedule) })),
      ...view
        .of('Schedule')
        .map((one) => ({ ...one, at: 'actor[0]', reference: referenceOf(objectsOf(one.resource.actor)[0]) })),
      ...view.of('Location').map((one) => ({
        ...one,
        at: 'managingOrganization',
        reference: referenceOf(one.resource.managingOrganization),
      })),
    ];
    if (links.length === 0) return 'aucune ressource n’est reçue';
    return links
      .filter(({ reference }) => reference === undefined || !known.has(reference))
      .slice(0, 5)
      .map((link) =>
        at(scene, view, 'La référence manque ou ne mène à rien dans la réponse.', `${link.path}.${link.at}`),
      );
  },
  SOS5: (scene, _answer, view) =>
    forEach(view, 'Location', ({ resource, path }) => {
      const postalCode = asObject(resource.address)?.postalCode;
      const phone = objectsOf(resource.telecom)[0]?.value;
      const sound =
        typeof resource.name === 'string' &&
        typeof postalCode === 'string' &&
        POSTAL_CODE.test(postalCode) &&
        (phone === undefined || (typeof phone === 'string' && PHONE_FRENCH.test(phone)));
      return sound
        ? []
        : [at(scene, view, 'name, address.postalCode ou telecom manque ou n’a pas la forme attendue.', path)];
    }),
  SOS6: (scene, _answer, view) =>
    forEach(view, 'Location', ({ resource, path }) => {
      const [identifier] = objectsOf(resource.identifier);
      const internal = codesOf(identifier?.type).includes('INTRN');
      const value = identifier?.value;
      const sound =
        internal ||
        (identifier?.system === SYSTEM.idnst && typeof value === 'string' && NATIONAL.test(value));
      return sound
        ? []
        : [
            at(
              scene,
              view,
              'L’identifiant n’est ni INTRN ni un numéro national préfixé.',
              `${path}.identifier`,
            ),
          ];
    }),
};

function at(scene: Scene, view: BundleView, text: string, path: string): Problem {
  return scene.problem(view.bundle, text, path, showModel(view.bundle, path, 'SOS'));
}

export async function runSos(scene: Scene): Promise<void> {
  const { siret } = scene.inputs;
  if (siret.length === 0) {
    for (const requirement of Object.values(ROWS)) scene.judge(GROUP, requirement, skip('Donner --siret.'));
    return;
  }
  const answer = await search(scene, 'SOS', siret, 'associations');
  const { view, exchange } = answer;
  const sound = view !== undefined && exchange.received?.status === 200;
  const first: Verdict = !sound
    ? breaks({
        text: `La recherche SOS Médecins ne rend pas de Bundle : ${describeEnd(exchange)}.`,
        example: showModel({}, 'Bundle', 'SOS'),
      })
    : view.of('Slot').length > 0
      ? pass()
      : skip(
          `Non jugé : ${whyUnread(answer) ?? 'les associations données n’ont aucun créneau dans la fenêtre ; en donner une qui en a (--siret)'}.`,
        );
  scene.judge(GROUP, ROWS.SOS1, first, exchange);
  judgeProfiles(scene, GROUP, ROWS.SOS2, [answer]);
  for (const requirement of Object.values<Requirement>(ROWS).slice(2)) {
    scene.judge(GROUP, requirement, judgeOne(scene, requirement.id as keyof typeof ROWS, answer), exchange);
  }
}

function judgeOne(scene: Scene, id: keyof typeof ROWS, answer: Answer): Verdict {
  const { view } = answer;
  if (view === undefined) return skip('Non jugé : la recherche n’a pas rendu de Bundle (SOS1).');
  switch (id) {
    case 'SOS7':
      return judgeSlots(scene, [answer], ({ resource: { status, start, end } }, { nowMs }) => {
        const dates = [start, end].map(String);
        const sound = status === 'free' && dates.every((date) => INSTANT.test(date));
        const [from = Number.NaN, to = Number.NaN] = dates.map((date) => Date.parse(date));
        if (sound && from >= nowMs && from < to) return undefined;
        const example =
          '"status": "free", "start": "2026-03-02T09:00:00.000+01:00", "end": "2026-03-02T09:20:00.000+01:00"';
        return {
          text: 'status, start ou end n’est pas celui d’un créneau libre à venir.',
          at: 'start',
          example,
        };
      });
    case 'SOS8':
      return judgeSlots(scene, [answer], ({ resource }) => {
        const kinds = kindsOf(resource);
        const types = codesOf(resource.serviceType);
        const bookable = codesOf(resource.appointmentType);
        if (kinds.length === 0 || kinds.some((kind) => kind !== 'PUBLIC' && kind !== 'SNP'))
          return {
            text: 'La nature n’est ni PUBLIC ni SNP.',
            at: 'meta.security',
            example: '"code": "PUBLIC"',
          };
        if (bookable.some((code) => code !== 'ROUTINE' && code !== 'WALKIN'))
          return {
            text: 'appointmentType n’est ni ROUTINE ni WALKIN.',
            at: 'appointmentType',
            example: '"code": "ROUTINE"',
          };
        if (types.every((code) => ['AMB', 'VR', 'HH'].includes(code))) return undefined;
        return { text: 'Type de consultation inattendu.', at: 'serviceType', example: '"code": "AMB"' };
      });
    case 'SOS9':
      return judgeSlots(scene, [answer], ({ resource: { comment } }) =>
        typeof comment === 'string' && comment.trim() !== ''
          ? undefined
          : {
              text: 'Le créneau n’a pas de comment.',
              at: 'comment',
              example: '"comment": "https://agenda.example/pfg?id=2"',
            },
      );
    case 'SOS10':
      return judgeLinks(scene, [answer], false);
    default:
      return passUnless(CHECKS[id]?.(scene, answer, view) ?? []);
  }
}

// Faults of an answer as a whole, seen at servers in the field, that the rules of its resources do not name: another
// encoding, entries in another shape, an outcome that says the answer is not whole, agendas and places out of use.
// This reading shares nothing with the gateway's reader, so that one misreading cannot hide in both.

import { asList, asObject, objectsOf } from '../shared/fhir/json.ts';
import type { BundleView, Found } from './bundle-view.ts';
import type { Answer } from './calls/search.ts';
import type { Problem } from './requirement.ts';
import type { Scene } from './scene.ts';

const SHAPE_EXAMPLE =
  '"entry": [{ "fullUrl": "…", "resource": { "resourceType": "Slot", … }, "search": { "mode": "match" } }]';
/** What is no longer in use has `false` there. */
const ACTIVE = ['Schedule', 'Practitioner', 'PractitionerRole', 'HealthcareService', 'Organization'];

export function findWholeProblems(scene: Scene, answer: Answer): readonly Problem[] {
  const { view, exchange } = answer;
  if (view === undefined) return [];
  return [
    ...(exchange.received?.transcoded === true ? [describeEncoding(answer)] : []),
    ...findShape(scene, view),
    ...findOutcomes(scene, view),
    ...findOutOfUse(scene, view),
  ];
}

/** Why no slot can be read, when it is not that there is none; a piece of French sentence. */
export function whyUnread({ view }: Answer): string | undefined {
  if (view === undefined) return 'aucun Bundle n’est reçu (A1, A2)';
  const shape = shapeProblem(view);
  if (shape !== undefined) return `${shape.text} (A6)`;
  const { total } = view.bundle;
  if (typeof total === 'number' && total > 0 && view.of('Slot').length === 0)
    return `total annonce ${total} créneaux, aucun n’est reçu (A6)`;
  return undefined;
}

function describeEncoding({ exchange }: Answer): Problem {
  const type = exchange.received?.headers['content-type'];
  return {
    text: 'Le corps n’est pas en UTF-8, seul encodage de FHIR : ses accents sont perdus pour qui le lit comme tel.',
    fragment: `Content-Type: ${type ?? '(absent)'}`,
    example: 'Content-Type: application/fhir+json; charset=utf-8\n\nun corps écrit en UTF-8',
    page: 'R4',
  };
}

function shapeProblem({ bundle }: BundleView): { readonly text: string; readonly path: string } | undefined {
  const { entry } = bundle;
  if (entry === undefined) return undefined;
  if (!Array.isArray(entry))
    return { text: 'Bundle.entry n’est pas une liste d’entrées', path: 'Bundle.entry' };
  for (const [index, one] of entry.entries()) {
    const path = `Bundle.entry[${index}]`;
    const resource = asObject(asObject(one)?.resource);
    if (resource === undefined)
      return { text: 'une entrée n’est pas un objet qui porte une ressource', path };
    if (resource.resourceType === 'Bundle') return { text: 'une entrée porte un Bundle', path };
  }
  return undefined;
}

function findShape(scene: Scene, view: BundleView): readonly Problem[] {
  const found = shapeProblem(view);
  if (found === undefined) return [];
  const text = `${found.text.charAt(0).toUpperCase()}${found.text.slice(1)} : ce qu’elle contient ne peut pas être lu.`;
  return [{ ...scene.problem(view.bundle, text, found.path, SHAPE_EXAMPLE), page: 'R4' }];
}

function findOutcomes(scene: Scene, view: BundleView): readonly Problem[] {
  return view.of('OperationOutcome').flatMap(({ resource, path }) =>
    objectsOf(resource.issue).flatMap(({ severity }, index) => {
      if (severity !== 'error' && severity !== 'fatal') return [];
      const text =
        'La réponse dit elle-même qu’elle n’est pas entière : un OperationOutcome y porte une erreur.';
      const example = 'tous les créneaux, ou une erreur HTTP (5xx) et l’OperationOutcome seul';
      return [{ ...scene.problem(view.bundle, text, `${path}.issue[${index}]`, example), page: 'R4' }];
    }),
  );
}

function findOutOfUse(scene: Scene, view: BundleView): readonly Problem[] {
  const problem = (type: string, path: string, element: string, right: string): Problem => {
    const text = `Des créneaux dépendent d’un ${type} hors service (${element}) : ils ne doivent pas être envoyés.`;
    return { ...scene.problem(view.bundle, text, `${path}.${element.split(' ')[0]}`, right), page: 'PS' };
  };
  return view.resources.flatMap((found) => {
    const { resource, path } = found;
    const type = String(resource.resourceType);
    const inactive =
      ACTIVE.includes(type) && resource.active === false
        ? [problem(type, path, 'active = false', '"active": true, ou aucun créneau de cette ressource')]
        : [];
    const closed = locationsOf(found)
      .filter(({ resource: { status } }) => status === 'suspended' || status === 'inactive')
      .map((place) =>
        problem(
          'Location',
          place.path,
          `status = ${String(place.resource.status)}`,
          '"status": "active", ou aucun créneau de ce lieu',
        ),
      );
    return [...inactive, ...closed];
  });
}

/** The resource when it is a Location, and those it contains. */
function locationsOf({ resource, path }: Found): readonly Found[] {
  const contained = asList(resource.contained).flatMap((one, index) => {
    const inner = asObject(one);
    return inner === undefined ? [] : [{ resource: inner, path: `${path}.contained[${index}]` }];
  });
  return [{ resource, path }, ...contained].filter((one) => one.resource.resourceType === 'Location');
}

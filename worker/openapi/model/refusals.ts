// Refusals as the description shows them: by status, one example per reason, each made by the functions that answer
// refusals, so that it cannot differ from them.

import { GatewayError, REASONS, type Reason } from '../../../shared/error.ts';
import { errorOutcome } from '../../../shared/fhir/operation-outcome.ts';
import { FRONT_PREFIX } from '../../front/error.ts';
import { refusalHeaders } from '../../http/http.ts';
import type { Route } from '../../http/route.ts';
import { type Answer, JSON_TYPE, object, oneOf, ref, type Schema, text } from './operation.ts';

type Sentences = Partial<Readonly<Record<Reason, string>>>;

const EVERYWHERE: Sentences = {
  internal: 'Erreur interne ; elle est enregistrée.',
  misconfigured: 'La passerelle est mal configurée ; son exploitant est prévenu.',
};
/** Not of the operation, but of its path: what another method hears there. */
const OTHER_METHOD: Sentences = {
  'method-not-allowed': "La méthode PATCH n'est pas admise ici.",
};
const WITH_TOKEN: Sentences = {
  'token-missing': 'Un jeton est nécessaire (Authorization: Bearer …).',
  'token-invalid': 'Le jeton n’est pas valable pour ce service.',
  'token-expired': 'Le jeton a expiré.',
};
/** Whoever exceeds what CALLER_LIMITS allows. */
const OF_CALLER: Sentences = {
  ...WITH_TOKEN,
  'too-many-requests': 'Trop de recherches à la fois sous ce jeton ; recommencer dans 2 s.',
};
const OF_ISSUER: Sentences = {
  ...OF_CALLER,
  'issuer-unavailable': 'Les clés de l’émetteur des jetons ne peuvent être lues.',
};
const AS_SAS: Sentences = {
  ...OF_ISSUER,
  'scope-missing': 'Le jeton ne porte pas le droit nécessaire : system/Slot.s.',
};
const IN_JSON: Sentences = {
  'format-not-supported': 'Seul le format JSON est servi (application/fhir+json).',
};
const AS_OPERATOR: Sentences = {
  ...OF_ISSUER,
  'scope-missing': 'Le jeton ne porte pas le droit nécessaire : admin.',
};
const AT_SERVER_DOOR: Sentences = {
  'not-found': 'Cet appel n’est pas servi à cette adresse : il a une autre porte.',
};
/** Refusals of what reads or writes D1. */
export const STORED: Sentences = {
  'storage-unavailable': 'L’enregistrement est momentanément impossible ; recommencer est sans risque.',
};
/** Refusals of what asks the hub. */
export const OF_HUB: Sentences = {
  'hub-lost': 'Le service interne qui porte les recherches a redémarré ; recommencer est sans risque.',
  'hub-overloaded': 'La passerelle est surchargée ; recommencez dans quelques instants.',
};
/** Of what takes a body of any kind. */
export const LATE_BODY: Sentences = { 'body-late': 'Le corps n’est pas arrivé en 10 secondes.' };
/** Refusals of what takes a JSON body. */
export const bodied = (kibibytes: number): Sentences => ({
  'body-malformed': 'Le corps n’est pas du JSON.',
  'body-too-large': `Le corps dépasse ${kibibytes} Kio.`,
  ...LATE_BODY,
});

const EXAMPLE_ID = '7b0d6c1e-4c0e-4b53-9f0a-0d9a1c2e3f40';

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'La demande ne peut être lue.',
  401: 'L’appelant n’est pas reconnu.',
  403: 'Le jeton ne donne pas ce droit.',
  404: 'Rien de tel ici.',
  405: 'Pour une autre méthode sur ce chemin.',
  406: 'Accept ou _format ne laissent pas de place au JSON.',
  408: 'Le corps n’est pas arrivé à temps.',
  410: 'Effacé.',
  412: 'La version attendue n’est pas la version courante.',
  413: 'Le corps est trop long.',
  414: 'L’adresse est trop longue.',
  415: 'Le corps n’est pas du type attendu.',
  422: 'La demande est lisible mais ne peut être acceptée.',
  429: 'Trop de demandes ; Retry-After dit quand recommencer.',
  500: 'Erreur interne, enregistrée sous le X-Request-Id de la réponse.',
  503: 'Momentanément impossible ; Retry-After dit quand recommencer.',
};

/** Every refusal of a route by status: what its token, its door and its own work bring. */
export function refusalsOf(route: Route, own: Sentences = {}): Readonly<Record<number, Answer>> {
  const sentences = {
    ...EVERYWHERE,
    ...OTHER_METHOD,
    ...refusalsByNeed(route),
    ...(route.door === 'server' ? AT_SERVER_DOOR : {}),
    ...own,
  };
  const isFront = route.path.startsWith(FRONT_PREFIX);
  const byStatus = new Map<number, Reason[]>();
  for (const reason of Object.keys(sentences) as Reason[]) {
    const { status } = REASONS[reason];
    byStatus.set(status, [...(byStatus.get(status) ?? []), reason]);
  }
  const answers = [...byStatus].map(([status, reasons]): [number, Answer] => {
    const errors = reasons.map((reason) => new GatewayError({ reason, text: sentences[reason] ?? '' }));
    const shown = errors.map((error): [string, unknown] => [error.reason, exampleOf(error, isFront)]);
    return [
      status,
      {
        description: STATUS_TEXTS[status] ?? '',
        headers: headersOf(errors),
        content: {
          type: isFront ? JSON_TYPE : 'application/fhir+json',
          schema: ref(isFront ? 'Refus' : 'OperationOutcome'),
          examples: Object.fromEntries(shown),
        },
      },
    ];
  });
  return Object.fromEntries(answers);
}

function refusalsByNeed({ needs, path }: Route): Sentences {
  if (needs === 'open') return {};
  if (needs === 'front') return OF_CALLER;
  if (needs === 'relay') return { ...WITH_TOKEN, ...IN_JSON };
  return path.startsWith('/fhir/') ? { ...AS_SAS, ...IN_JSON } : AS_OPERATOR;
}

function exampleOf(error: GatewayError, isFront: boolean): unknown {
  return isFront
    ? { code: REASONS[error.reason].status, message: error.text }
    : errorOutcome(error, EXAMPLE_ID);
}

function headersOf(errors: readonly GatewayError[]): Readonly<Record<string, string>> {
  const isRetryable = errors.every((error) => 'Retry-After' in refusalHeaders(error));
  const isMethod = errors.some(({ reason }) => reason === 'method-not-allowed');
  return {
    ...(isRetryable ? { 'Retry-After': 'Secondes à attendre avant de recommencer.' } : {}),
    ...(isMethod ? { Allow: 'Les méthodes admises, séparées par des virgules.' } : {}),
  };
}

/** By name in components. */
export const REFUSAL_SCHEMAS: Readonly<Record<string, Schema>> = {
  Refus: object(
    {
      code: { type: 'integer', description: 'Le statut HTTP.', minimum: 400, maximum: 599 },
      message: text('Une phrase en français. Le portail en garde les cent premiers caractères.'),
    },
    [],
    { description: 'Refus, tel que le portail le lit.' },
  ),
  OperationOutcome: object(
    {
      resourceType: { const: 'OperationOutcome' },
      id: text('Le X-Request-Id de la réponse, que la ligne du journal porte aussi.'),
      issue: {
        type: 'array',
        minItems: 1,
        items: object(
          {
            severity: oneOf(
              ['fatal', 'error', 'warning', 'information'],
              'fatal : la passerelle n’a pas pu.',
            ),
            code: text('Code IssueType de FHIR R4.'),
            details: object({
              coding: {
                type: 'array',
                items: object({
                  system: { const: 'urn:x-passerelle:reason' },
                  code: oneOf(Object.keys(REASONS), 'La raison, pour les programmes.'),
                }),
              },
              text: text('Une phrase en français.'),
            }),
            diagnostics: text('Référence de la demande, et qui est en cause.'),
            expression: {
              type: 'array',
              items: { type: 'string' },
              description: 'Ce qui est en cause dans la demande.',
            },
          },
          ['diagnostics', 'expression'],
        ),
      },
    },
    [],
    { description: 'Refus, tel que FHIR R4 le dit.' },
  ),
};

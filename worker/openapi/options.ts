// OPTIONS, which every path answers alike (worker/router.ts): described with each path, and told once on the page.

import type { DocumentedOperation } from './model/documented.ts';

/** `beside`: an operation of the same path. */
export function describeOptions({ operationId, tags, parameters }: DocumentedOperation): DocumentedOperation {
  const ofPath = parameters?.filter((parameter) => parameter.in === 'path') ?? [];
  const header = (description: string) => ({ description, schema: { type: 'string' } });
  return {
    operationId: `${operationId}Options`,
    tags,
    summary: 'Méthodes admises sur ce chemin',
    security: [],
    ...(ofPath.length === 0 ? {} : { parameters: ofPath }),
    responses: {
      204: {
        description: 'Sans corps.',
        headers: {
          'X-Request-Id': header('Référence de la demande.'),
          Allow: header('Les méthodes, séparées par des virgules.'),
        },
      },
    },
  };
}

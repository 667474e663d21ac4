// GET /admin/metrics: worker/operators/metrics/.

import { type Operations, text } from '../model/operation.ts';

const EXAMPLE =
  '# HELP passerelle_edge_hubs_up Whether every hub answered\n# TYPE passerelle_edge_hubs_up gauge\npasserelle_edge_hubs_up 1\n';

/** The page for Prometheus. */
export const METRICS_OPERATIONS: Operations = {
  'GET /admin/metrics': {
    id: 'adminMetrics',
    tag: 'admin',
    summary: 'Mesures pour Prometheus',
    description:
      'Sous la portée metrics, qui n’ouvre rien d’autre. OpenMetrics 1.0 quand Accept le nomme, sinon le format texte 0.0.4. Ce qui n’a pu être lu est absent, jamais zéro : hubs_up et database_up le disent.',
    answers: {
      200: {
        description: 'Moins de 3 000 séries, par éditeur et par état ; aucune ne désigne une personne.',
        content: [
          {
            type: 'text/plain',
            schema: text('Format texte 0.0.4.'),
            examples: { exemple: EXAMPLE },
          },
          {
            type: 'application/openmetrics-text',
            schema: text('OpenMetrics 1.0.'),
            examples: { exemple: `${EXAMPLE}# EOF\n` },
          },
        ],
      },
    },
  },
};

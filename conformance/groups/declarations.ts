// D1..D6: what no request can show. Answered by --declarations FILE, else listed as to be declared.

import { defineRequirements, skip } from '../requirement.ts';
import type { Scene } from '../scene.ts';

const ROWS = defineRequirements({
  D1: 'declaration [KIT] Le logiciel identifie les professionnels par un identifiant national (RPPS).',
  D2: 'declaration [KIT] Tous les professionnels en ont un.',
  D3: 'declaration [KIT] Les structures sont identifiées par FINESS, SIRET ou RPPS rang.',
  D4: 'declaration [KIT] Les règles de l’hébergement des données de santé sont respectées.',
  D5: 'declaration [KIT] L’authentification des praticiens a deux facteurs.',
  D6: 'declaration [KIT] L’accès est restreint après plusieurs échecs d’authentification.',
});

export const DECLARATION_IDS: readonly string[] = Object.keys(ROWS);

export function runDeclarations(scene: Scene): void {
  for (const requirement of Object.values(ROWS)) {
    const text = scene.inputs.declarations?.[requirement.id];
    const verdict =
      text === undefined
        ? skip('À déclarer (--declarations FICHIER).')
        : ({ does: 'declare', text } as const);
    scene.judge('Déclarations', requirement, verdict);
  }
}

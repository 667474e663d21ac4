// Who decided something, for the log and for the record: the subject of the operator's token. A subject that could be a person's (an address,
// a national number) is withheld: the request id then leads to it at the issuer. And what an operator says when something is
// erased: it stays behind for years, so nothing of it may name a person (docs/exploitation/effacement.md).

import * as v from 'valibot';
import type { Caller } from './auth.ts';
import { readAs } from './body.ts';
import type { RequestContext } from './http.ts';

const ID = /^[A-Za-z][\w.:-]{0,63}$/;
/** Eleven digits are an RPPS, nine and more an ADELI or a telephone. */
export const NO_PERSONS_NUMBER = /^(?![\s\S]*\d{9})/;

/** The subject, or `withheld`. */
export function operatorOf(caller: Caller | undefined): string {
  const subject = caller?.subject ?? '';
  return ID.test(subject) && NO_PERSONS_NUMBER.test(subject) ? subject : 'withheld';
}

const BODY_BYTES_MAX = 1_024;
const REFERENCE_LENGTH_MAX = 40;

/** Why something is erased. */
export const ERASURE_REASONS = ['person-request', 'wrong-record', 'authority-order', 'test-data'] as const;

/** The body of an erasure. */
export const ERASURE = v.strictObject({
  reason: v.pipe(
    v.picklist(ERASURE_REASONS),
    v.description('Demande de la personne ; enregistré à tort ; décision d’une autorité ; données d’essai.'),
  ),
  reference: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(REFERENCE_LENGTH_MAX),
      // Nine digits and more may be a national number or a telephone (operator.ts).
      v.regex(/^(?!.*\d{9})[A-Za-z0-9][A-Za-z0-9._/-]*$/),
      v.description(
        'Numéro du dossier : lettres sans accent, chiffres, points, tirets et barres. Gardé des années : ni nom, ni adresse, ni numéro de personne (neuf chiffres de suite sont refusés).',
      ),
    ),
  ),
});

/** An erasure as it is kept. `by`: of `operatorOf`. */
export interface ErasureWord {
  readonly reason: (typeof ERASURE_REASONS)[number];
  readonly reference: string | undefined;
  readonly by: string;
}

/** @throws GatewayError parameter-invalid, body-*. */
export async function readErasure({ request, caller }: RequestContext): Promise<ErasureWord> {
  const { reason, reference } = await readAs(
    request,
    ERASURE,
    BODY_BYTES_MAX,
    `Attendu : {"reason": "${ERASURE_REASONS.join('" | "')}", "reference": "dossier, sans donnée personnelle, de ${REFERENCE_LENGTH_MAX} caractères au plus"}.`,
  );
  return { reason, reference, by: operatorOf(caller) };
}

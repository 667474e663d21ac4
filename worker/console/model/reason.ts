// What each act asks: a reason in words, and that the box was ticked.

import { GatewayError } from '../../../shared/error.ts';
import { NO_PERSONS_NUMBER } from '../../http/operator.ts';

const REASON_MIN = 3;
const REASON_MAX = 200;

/** The reason of an act that was confirmed. @throws GatewayError parameter-invalid. */
export function readReason({ form }: { readonly form: URLSearchParams }): string {
  const reason = (form.get('motif') ?? '').trim();
  if (form.get('confirme') !== 'oui') {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'L’acte n’a pas été confirmé ; rien n’a été changé.',
    });
  }
  if (reason.length < REASON_MIN || reason.length > REASON_MAX || !NO_PERSONS_NUMBER.test(reason)) {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Un motif de 3 à 200 caractères est attendu, sans nom ni numéro de personne ; rien n’a été changé.',
    });
  }
  return reason;
}

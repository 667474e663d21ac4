// Who decided something, for the log: the subject of the operator's token. A subject that could be a person's (an address,
// a national number) is withheld: the request id then leads to it at the issuer. Pure.

import type { Caller } from './auth.ts';

const ID = /^[A-Za-z][\w.:-]{0,63}$/;
/** Eleven digits are an RPPS, nine and more an ADELI or a telephone. */
const NUMBER = /\d{9}/;

/** The subject, or `withheld`. */
export function operatorOf(caller: Caller | undefined): string {
  const subject = caller?.subject ?? '';
  return ID.test(subject) && !NUMBER.test(subject) ? subject : 'withheld';
}

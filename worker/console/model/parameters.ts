// What the address of a screen may say: the table of screens lists each parameter and its values, and the guard calls
// `refuseParameters` before it runs a screen. Hence a copied address shows the same, and a wrong one is never half obeyed. Pure.

import { GatewayError } from '../../../shared/error.ts';

/** By name; the expression matches each value admitted. */
export type ParameterTable = Readonly<Record<string, RegExp>>;

/** @throws GatewayError parameter-invalid: a name that is not listed or is given twice, or a value that is not admitted. */
export function refuseParameters(given: URLSearchParams, listed: ParameterTable = {}): void {
  for (const name of new Set(given.keys())) {
    const [value = '', ...others] = given.getAll(name);
    if (!Object.hasOwn(listed, name) || others.length > 0 || !listed[name]?.test(value)) {
      throw invalidParameter(name);
    }
  }
}

/** The refusal of one parameter; it names it, and never repeats its value. */
export function invalidParameter(name: string): GatewayError {
  return new GatewayError({
    reason: 'parameter-invalid',
    text: `Le paramètre « ${name.slice(0, 40)} » de cette adresse n’est pas admis.`,
  });
}
